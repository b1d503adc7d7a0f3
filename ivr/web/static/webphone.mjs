// The web phone of a guest: one call to the automatic assistant, its words as text.
import { post } from './site.mjs';
import { Softphone } from './softphone.mjs';

const $ = (id) => document.getElementById(id);
const LINES = 60;
const PROBLEMS = {
  microphone_refused: 'Браузер не пускает к микрофону. Нажмите на значок замка в адресной строке, разрешите микрофон и позвоните снова.',
  microphone_missing: 'Микрофон не найден. Подключите гарнитуру и позвоните снова.',
  lost: 'Связь оборвалась. Позвоните снова: помощник предложит продолжить с того же места.',
  busy: 'Все линии заняты. Попробуйте через минуту.', declined: 'Звонок не приняли. Обновите страницу и попробуйте снова.',
  unavailable: 'Помощник сейчас недоступен. Позвоните по телефону регистратуры.', cancelled: null,
};
let phone = null;
let leaving = null;

async function call() {
  $('call').disabled = true;
  show('Соединяем');
  $('problem').hidden = true;
  $('captions').replaceChildren();
  $('pressed').textContent = '';
  try {
    const { websocket, token, extension } = await post('/phone/session');
    phone = new Softphone({ ws: websocket, audio: $('voice'), onState: changed, onCaption: caption, onLevel: level });
    window.phone = phone; // what the network does to a call is looked up here
    await linked();
    phone.call(extension, { token });
  } catch (problem) {
    fail(problem.message);
  }
}

// The call is made as soon as the exchange is reached; ten seconds are more than any network needs.
function linked() {
  return new Promise((done, failed) => {
    const given = setTimeout(() => failed(new Error('До телефонной станции не дозвониться. Попробуйте позже.')), 10000);
    leaving = () => { if (phone.state.link === 'online') { clearTimeout(given); leaving = null; done(); } };
    leaving();
  });
}

function changed({ call: now, problem }) {
  leaving?.();
  const stage = now?.stage;
  if (stage) show({ calling: 'Вызов', talking: 'Разговор', ringing: 'Вызов' }[stage]);
  $('call').hidden = Boolean(now);
  $('hang-up').hidden = !now;
  for (const key of document.querySelectorAll('[data-digit]')) key.disabled = stage !== 'talking';
  if (!now && began) over(problem);
  began = Boolean(now);
}
let began = false;

function over(problem) {
  const text = problem ? PROBLEMS[problem] ?? 'Звонок не получился. Попробуйте ещё раз.' : null;
  if (text && problem !== 'cancelled') fail(text); else show('Звонок завершён');
  $('call').disabled = false;
  $('call').focus();
  level({ heard: 0, spoken: 0 });
  const used = phone;
  phone = null;
  setTimeout(() => used.stop());
}

function fail(text) {
  show('Звонок не получился');
  $('problem').hidden = false;
  $('problem').textContent = text;
  $('call').disabled = false;
}

function show(text) { if ($('state').textContent !== text) $('state').textContent = text; }

function level({ heard, spoken }) { $('heard').value = heard; $('spoken').value = spoken; }

function caption(text) {
  $('captions-hint').hidden = true;
  const line = document.createElement('p');
  line.textContent = text;
  $('captions').append(line);
  while ($('captions').childElementCount > LINES) $('captions').firstElementChild.remove();
  $('captions').scrollTop = $('captions').scrollHeight;
}

function digit(key) {
  if (phone?.state.call?.stage !== 'talking') return;
  phone.digit(key);
  // What is keyed may be a policy number: dots are enough to count by.
  $('pressed').textContent += key === '#' ? '# ' : '•';
}

$('call').onclick = call;
$('hang-up').onclick = () => phone?.hangUp();
document.querySelector('.keys').addEventListener('click', ({ target }) => target.dataset.digit && digit(target.dataset.digit));
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !/^[0-9*#]$/.test(event.key)) return;
  event.preventDefault();
  digit(event.key);
});
