// The operator's workplace: the telephone and the server's view of it, shown as one.
import { alive, get, live, post, say } from './site.mjs';
import { Softphone } from './softphone.mjs';
import { Ringer } from './ringer.mjs';

const $ = (id) => document.getElementById(id);
const desk = $('desk');
const words = JSON.parse(desk.dataset.words);
const TONE = { READY: 'ok', RINGING: 'warn', TALKING: 'info', WRAPUP: 'warn', BREAK: '', OFFLINE: 'bad' };
const PROBLEMS = {
  microphone_refused: 'Браузер не пускает к микрофону: разрешите его в адресной строке и обновите страницу.',
  microphone_missing: 'Микрофон не найден: подключите гарнитуру.',
  lost: 'Связь с телефонной станцией оборвалась.',
  busy: 'Занято.', declined: 'Отклонили.', no_answer: 'Не отвечают.', not_found: 'Такого номера нет.', unavailable: 'Недоступен.',
  not_allowed: 'Телефон не зарегистрирован: обновите страницу.', failed: 'Звонок не получился.',
};
const ringer = new Ringer('Входящий звонок');
let phone; // the softphone
let me = null; // what the server says of this operator
let news = 0; // events about this operator
let queue = { waiting: [], free: 0 };
let shownCall = null; // whose data is on the page
let state = { link: 'connecting', call: null, consult: null, problem: null };
let callSince = null;
let retry = null;
let stale = false; // the password that the telephone has
let summed = null; // the call that is being summed up

// --- the telephone

async function register() {
  clearTimeout(retry);
  stale = false;
  try {
    const { websocket, login } = await post('/desk/phone');
    phone?.stop();
    phone = new Softphone({
      ws: websocket, login, audio: $('voice'), onState: changed, onLeave: giveBack,
      onLevel: ({ heard, spoken }) => { $('heard').value = heard; $('spoken').value = spoken; },
    });
    window.phone = phone; // what the network does to a talk is looked up here
    changed(phone.state);
    $('own-number').textContent = `номер ${login.number}`;
    for (const [id, set] of [['speaker', (v) => phone.setSink(v)], ['microphone', (v) => phone.setMicrophone(v)]]) {
      const kept = localStorage.getItem(`desk.${id}`);
      if (kept) set(kept);
    }
    await refresh();
  } catch (problem) {
    warn(problem.message);
    retry = setTimeout(register, 3000);
  }
}

// A talk goes on while the site has started anew: it is told who talks, and the telephone gets its new password afterwards.
async function comeBack() {
  clearTimeout(retry);
  try {
    await post('/desk/phone');
    stale = true;
    await refresh();
  } catch (problem) {
    warn(problem.message);
    retry = setTimeout(refresh, 3000);
  }
}

// The page is loaded again in mid-talk: the caller hears music and comes back to this operator.
function giveBack() {
  if (state.call?.stage !== 'talking') return false;
  const form = new FormData();
  form.append('csrf_token', document.querySelector('meta[name=csrf-token]').content);
  return navigator.sendBeacon('/desk/away', form);
}

function changed(now) {
  const before = state;
  state = now;
  const talk = now.call?.stage === 'talking';
  if (talk !== (before.call?.stage === 'talking')) callSince = talk ? Date.now() : null;
  if (talk && before.call?.stage === 'ringing' && now.call.key) openRegistry(now.call.key);
  if (!talk) press('record', false, 'Запись идёт ');
  if (now.call?.key && now.call.key !== before.call?.key) pop(now.call.key);
  const ownNo = now.problem === 'declined' && before.call?.stage === 'ringing'; // he knows what he pressed
  if (now.problem && now.problem !== before.problem && PROBLEMS[now.problem] && !ownNo) say(PROBLEMS[now.problem], 'bad');
  ringer.ring(now.call?.stage === 'ringing');
  if (now.call && !before.call) watchQuality();
  if (stale && !now.call) register();
  show();
  if (now.call?.stage === 'ringing' && !before.call && !typing()) $('answer').focus();
}

// Somebody who is writing is not interrupted; F2 answers from wherever the focus is.
function typing() {
  const inside = document.activeElement === $('work') ? $('work').contentDocument?.activeElement : document.activeElement;
  return Boolean(inside?.matches('input, textarea, select'));
}

// --- what the server says

async function refresh() {
  const before = news;
  const now = await get('/desk/state');
  queue = now.queue;
  if (news === before) me = now.me; // else an event tells what is newer
  // The site has started anew and knows nobody yet.
  if (!me && phone) return state.call ? comeBack() : register();
  if (me?.call && me.call !== shownCall) pop(me.call);
  show();
}

live('me', (now) => {
  news += 1;
  const before = me?.state;
  me = now;
  if (now.state === 'WRAPUP' && (before !== 'WRAPUP' || now.call !== summed)) suggestResult(now.call);
  if (now.state === 'READY' || now.state === 'BREAK') clearPop();
  if (before === 'WRAPUP' && now.state !== 'WRAPUP') closeRegistry();
  if (now.state === 'WRAPUP' && now.call) pop(now.call); // after the ring of a colleague: the earlier caller again
  show();
});
live('ring', ({ call }) => pop(call));
live('queue', (now) => { queue = now; showQueue(); });
live('phone', register);
live('again', refresh);
live('exchange', ({ up }) => warn(up ? null : 'Телефонная станция не отвечает. Запись работает.'));
live('calls', ({ refs }) => { if (shownCall && refs?.includes(shownCall)) pop(shownCall, true); });

// --- the caller before the operator

async function pop(key, again = false) {
  if (key === shownCall && !again) return;
  shownCall = key;
  try {
    const answer = await fetch(`/desk/calls/${encodeURIComponent(key)}`, { headers: { 'X-Background': '1' } });
    if (key !== shownCall) return;
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    $('pop').innerHTML = text;
  } catch {
    if (key !== shownCall) return;
    shownCall = null; // asked for again when the server is heard again
    $('pop').replaceChildren(Object.assign(document.createElement('p'), { className: 'notice bad', textContent: 'Данные о звонке не загрузились.' }));
  }
}

function clearPop() {
  shownCall = null;
  $('pop').replaceChildren();
}

// The registry opens with the caller's patient when the talk begins, unless the operator is in the middle of something.
function openRegistry(key) {
  const tab = $('tab-registry');
  if (!tab) return;
  const path = new URL(tab.href).pathname;
  let at = '';
  try { at = $('work').contentWindow.location.pathname; } catch { /* a page that is just loading */ }
  if (at === path || at === 'blank') $('work').src = withCall(key);
}

const withCall = (key) => `${$('tab-registry').href}?call=${encodeURIComponent(key)}`;

// A talk that is summed up takes its patient off the page: the next caller must not be booked into his card.
function closeRegistry() {
  const tab = $('tab-registry');
  if (!tab) return;
  let at = '';
  try { at = $('work').contentWindow.location.pathname; } catch { /* a page that is just loading */ }
  if (at.startsWith(new URL(tab.href).pathname)) $('work').src = tab.href;
}

async function bookHeld() {
  const button = $('book-held');
  button.disabled = true;
  try {
    $('pop').innerHTML = await post(`/desk/calls/${encodeURIComponent(shownCall)}/book`);
  } catch (problem) {
    say(problem.message, 'bad');
    button.disabled = false;
  }
}

async function pauseRecording() {
  const paused = $('record').getAttribute('aria-pressed') !== 'true';
  await post('/desk/record', { on: !paused });
  press('record', paused, paused ? 'Запись на паузе ' : 'Запись идёт ');
}

async function suggestResult(key) {
  if (key && key === summed) return; // a colleague rang meanwhile: what was written stays
  summed = key;
  $('note').value = '';
  $('wrapup-error').textContent = '';
  if (!key) return;
  try {
    $('result').value = (await get(`/desk/calls/${encodeURIComponent(key)}/result`)).result;
  } catch { /* the operator chooses */ }
  $('result').focus();
}

// --- showing

function show() {
  const now = me?.state ?? 'OFFLINE';
  const lost = state.link !== 'online';
  const text = lost ? { connecting: 'Телефон подключается', lost: 'Телефон отключён', refused: 'Телефон не пускают' }[state.link]
    : now === 'BREAK' ? words.breaks[me.reason] : words.states[now];
  put('state', text);
  $('state').className = `badge ${lost ? 'bad' : TONE[now]}`;
  document.title = `${state.call?.stage === 'ringing' ? '☎ Звонок' : text} · Рабочее место`;
  const busy = ['RINGING', 'TALKING', 'WRAPUP'].includes(now);
  $('ready').disabled = lost || busy || now === 'READY';
  $('break').disabled = !me || (now === 'BREAK' && me.reason !== 'missed' && me.reason !== 'begin');
  $('break').firstChild.textContent = busy ? 'Перерыв потом ' : 'Перерыв ';
  warn(now === 'BREAK' && me.reason === 'missed' ? 'Вы не взяли звонок, поэтому стоите на паузе. Нажмите «Готов», когда сможете отвечать.' : lostWarning(), true);
  showCall();
  $('wrapup').hidden = now !== 'WRAPUP';
  showQueue();
}

const lostWarning = () => (me?.after ? `После разговора начнётся перерыв: ${words.breaks[me.after]}.` : null);

function showCall() {
  const { call, consult } = state;
  $('call').hidden = !call;
  if (!call) { for (const id of ['transfer', 'keypad']) $(id).hidden = true; return; }
  $('call').classList.toggle('is-ringing', call.stage === 'ringing');
  $('ringing').hidden = call.stage !== 'ringing';
  $('talking').hidden = call.stage === 'ringing';
  put('call-state', { ringing: 'Входящий звонок', calling: `Вызов ${call.number}`, talking: call.held ? 'На удержании: слышит музыку' : 'Разговор' }[call.stage]);
  press('mute', call.muted, call.muted ? 'Микрофон выключен ' : 'Микрофон ');
  press('hold', call.held, call.held ? 'Вернуться ' : 'Удержать ');
  for (const id of ['hold', 'transfer-open']) $(id).disabled = call.stage !== 'talking' || Boolean(consult);
  $('consulting').hidden = !consult;
  if (consult) {
    $('transfer').hidden = true;
    put('consult-state', consult.stage === 'talking' ? `Говорите с коллегой (${consult.number}), пациент слышит музыку` : `Звоним коллеге (${consult.number})`);
    $('consult-complete').disabled = consult.stage !== 'talking';
  }
}

function showQueue() {
  put('waiting', String(queue.waiting.length));
  put('free', String(queue.free));
  tick();
}

function press(id, on, text) {
  $(id).setAttribute('aria-pressed', String(on));
  $(id).firstChild.textContent = text;
}

// Only what is new: a status that is written again is read out again.
function put(id, text) { if ($(id).textContent !== text) $(id).textContent = text; }

let warned = null;
function warn(text, soft = false) {
  if (soft && warned && !text) return;
  warned = soft ? null : text;
  $('warning').hidden = !text;
  if (text) put('warning', text);
}

function tick() {
  const now = Date.now() / 1000;
  put('clock', me ? span(now - me.since) : '');
  put('call-clock', callSince ? span(now - callSince / 1000) : '');
  const longest = Math.min(...queue.waiting.map((one) => one.since));
  put('longest', queue.waiting.length ? span(now - longest) : '—');
  const left = $('left');
  if (left) {
    left.dataset.shown ??= now;
    const seconds = Math.max(0, Math.round(left.dataset.left - (now - left.dataset.shown)));
    put('left', String(seconds));
  }
  if (state.call) alive();
}

function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (n) => String(n).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

// --- pressing

const told = (promise) => promise.catch((problem) => say(problem.message, 'bad'));
$('ready').onclick = () => told(post('/desk/ready'));
$('break').onclick = () => told(post('/desk/break', { reason: $('break-reason').value }));
$('answer').onclick = () => phone.answer();
$('reject').onclick = () => phone.reject();
$('hang-up').onclick = () => phone.hangUp();
$('mute').onclick = () => phone.mute(!state.call.muted);
$('hold').onclick = () => phone.hold(!state.call.held);
$('record').onclick = () => told(pauseRecording());
$('keypad-open').onclick = () => unfold('keypad');
$('transfer-open').onclick = async () => { if (unfold('transfer')) await showColleagues(); };
$('blind').onclick = () => transfer($('number').value);
$('consult').onclick = () => consult($('number').value);
$('to-queue').onclick = () => told(post('/desk/requeue'));
$('consult-complete').onclick = async () => { if (!await phone.completeConsult()) say('Соединить не получилось: пациент остался у вас.', 'bad'); };
$('consult-cancel').onclick = () => phone.cancelConsult();
$('keypad').onclick = ({ target }) => target.dataset.digit && phone.digit(target.dataset.digit);
$('pop').addEventListener('click', ({ target }) => target.closest('#book-held') && bookHeld());
$('echo').onclick = () => { if (!phone.call('600')) say('Сначала закончите разговор.'); };
$('wrapup').onsubmit = async (event) => {
  event.preventDefault();
  try {
    await post('/desk/wrapup', { result: $('result').value, note: $('note').value });
  } catch (problem) { $('wrapup-error').textContent = problem.message; }
};
document.querySelector('.desk-right nav')?.addEventListener('click', (event) => {
  const { target, currentTarget } = event;
  const chosen = target.closest('a');
  if (chosen && chosen === $('tab-registry') && shownCall) { event.preventDefault(); $('work').src = withCall(shownCall); }
  if (chosen) for (const tab of currentTarget.querySelectorAll('a')) tab.toggleAttribute('aria-current', tab === chosen);
});

// Escape folds what a key has unfolded, and gives the focus back to its button.
document.addEventListener('keydown', (event) => {
  const open = event.key === 'Escape' && ['transfer', 'keypad'].find((id) => !$(id).hidden);
  if (!open) return;
  event.preventDefault();
  unfold(open);
  $(`${open}-open`).focus();
});

function unfold(id) {
  const open = $(id).hidden;
  $(id).hidden = !open;
  $(`${id}-open`).setAttribute('aria-expanded', String(open));
  if (open) $(id).querySelector('input, button')?.focus();
  return open;
}

async function showColleagues() {
  const { colleagues } = await get('/desk/colleagues');
  $('colleagues').replaceChildren(...colleagues.map((one) => {
    const line = document.createElement('li');
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'button' });
    const [name, about] = [document.createElement('span'), document.createElement('span')];
    name.textContent = `${one.name} · ${one.number}`;
    about.textContent = words.states[one.state];
    about.className = `badge ${TONE[one.state]}`;
    button.append(name, about);
    button.onclick = () => { $('number').value = one.number; $('consult').focus(); };
    line.append(button);
    return line;
  }));
  $('nobody').hidden = colleagues.length > 0;
}

const dialled = (text) => text.replace(/[\s()-]/g, '');

async function transfer(number) {
  if (!dialled(number)) return say('Выберите, кому перевести.', 'warn');
  if (!await phone.blindTransfer(dialled(number))) say('Перевести не получилось: пациент остался у вас.', 'bad');
  return null;
}

async function consult(number) {
  if (!dialled(number)) return say('Выберите, кого спросить.', 'warn');
  if (!await phone.consult(dialled(number))) say('Позвонить коллеге не получилось.', 'bad');
  return null;
}

async function showDevices() {
  const { microphones, speakers } = await phone.devices();
  for (const [id, found, set] of [['microphone', microphones, (v) => phone.setMicrophone(v)], ['speaker', speakers, (v) => phone.setSink(v)]]) {
    const kept = localStorage.getItem(`desk.${id}`);
    $(id).replaceChildren(...found.map((one, n) => new Option(one.label || `Устройство ${n + 1}`, one.id, false, one.id === kept)));
    $(id).onchange = () => { localStorage.setItem(`desk.${id}`, $(id).value); set($(id).value); };
  }
}
$('headset').ontoggle = () => { if ($('headset').open && phone) told(showDevices()); };

function watchQuality() {
  const timer = setInterval(async () => {
    if (!state.call) { clearInterval(timer); $('quality').textContent = ''; return; }
    const seen = await phone.stats();
    if (!seen) return;
    const lost = seen.packetsLost / Math.max(1, seen.packetsHeard + seen.packetsLost);
    const poor = lost > 0.03 || seen.jitter > 60 || seen.roundTrip > 400;
    $('quality').textContent = `Связь ${poor ? 'плохая' : 'хорошая'}: потеряно ${(lost * 100).toFixed(1)} %, дрожание ${Math.round(seen.jitter)} мс`;
  }, 3000);
}

// --- one workplace a browser, and no talk lost by a slip of the finger
const tabs = new BroadcastChannel('ivr-desk');
tabs.onmessage = ({ data }) => {
  if (data === 'here?') tabs.postMessage('here');
  else if (data === 'here' && !phone) { warn('Рабочее место уже открыто в другой вкладке этого браузера.'); taken = true; }
};
let taken = false;
addEventListener('beforeunload', (event) => { if (state.call?.stage === 'talking') event.preventDefault(); });

tabs.postMessage('here?');
setTimeout(() => { if (!taken) register(); }, 150);
setInterval(tick, 1000);
show();
