// Booking: purpose, speciality, the grid with a list of free times beside it, a hold that everybody sees, the booking.
import { live, say } from './site.mjs';
import { Grid, signs } from './registry_grid.mjs';

const visit = document.getElementById('visit');
const paths = JSON.parse(visit.dataset.paths);
const $ = (id) => document.getElementById(id);
const patient = Number(visit.dataset.patient);
const pageKey = visit.dataset.pageKey;
const moves = Number(visit.dataset.moves) || null;
const mayOverride = Boolean(visit.dataset.mayOverride);

let cells = new Map();
let doctors = [];
let held = null;
let lapses;
let waitingReason = 'NO_SLOTS';
let asked = 0;
let chosen = 0; // an answer to an older choice comes too late and is not shown
// What a held time may have become: the workplace books it, too, with a key of its own.
const LOST = { OWN: ['Пациент записан на это время.', 'ok'], FREE: ['Бронь истекла. Выберите время ещё раз.', 'warn'], BOOKED: ['Это время занял другой пациент. Выберите другое.', 'bad'] };
const grid = new Grid($('grid'), { picked, moved: load });

/** POST; the answer, or an Error with `field`: its message goes to that field. */
async function ask(what, data) {
  const answer = await fetch(paths[what], {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content },
    body: JSON.stringify(data),
  });
  if (answer.status === 401) location.assign('/login');
  const isJson = (answer.headers.get('Content-Type') || '').includes('json');
  const told = isJson ? await answer.json() : { message: (await answer.text()).trim() };
  if (!answer.ok) throw Object.assign(new Error(told.message || 'Не получилось.'), { field: told.field });
  return told;
}

function complain(problem) {
  const place = $(`${problem.field}-error`);
  if (!place || place.closest('[hidden]') && place.closest('[hidden]') !== place) { say(problem.message, 'bad'); return; }
  place.textContent = problem.message;
  place.hidden = false;
  const field = place.closest('.field')?.querySelector('input, select');
  if (field) { field.setAttribute('aria-invalid', 'true'); field.setAttribute('aria-describedby', place.id); field.focus(); }
}

function forgive() {
  for (const place of document.querySelectorAll('#visit .error, #moving .error')) place.hidden = true;
  for (const field of document.querySelectorAll('#visit [aria-invalid], #moving [aria-invalid]')) field.removeAttribute('aria-invalid');
}

const wish = () => ({ patient, key: pageKey, purpose: $('purpose').value, speciality: $('speciality').value, moves });
// Why the hospital moves the visit; null where the patient wants it.
const clinicReason = () => $('moving')?.elements.moved_by.value === 'clinic' ? $('clinic-reason').value.trim() : null;
const unique = () => crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`;

// --- the purpose comes first (S2.4); it leads to the grid or to an ending that is said (S2.5)
async function choosePurpose() {
  const mine = ++chosen;
  hide('ending', 'schedule', 'waiting', 'speciality-field', 'referral-field');
  $('availability').replaceChildren();
  if (!$('purpose').value) return;
  const led = await ask('route', { patient, purpose: $('purpose').value });
  if (mine !== chosen) return;
  if (led.ending) {
    $('ending').replaceChildren(...led.ending.map(paragraph));
    $('ending').hidden = false;
    await letGo();
    return;
  }
  const before = visit.dataset.speciality || $('speciality').value;
  $('speciality').replaceChildren(new Option('Выберите', ''), ...led.specialities.map((one) => {
    const option = new Option(one.fits ? one.name : `${one.name} — не подходит по возрасту или полу`, one.key);
    option.dataset.referral = one.referral ? '1' : '';
    option.disabled = !one.fits && !mayOverride;
    return option;
  }));
  visit.dataset.speciality = '';
  $('speciality').value = before;
  if ($('speciality').selectedIndex < 0) $('speciality').value = '';
  $('speciality-field').hidden = false;
  if ($('speciality').value) await chooseSpeciality(); else $('speciality').focus();
}

async function chooseSpeciality() {
  const mine = ++chosen;
  hide('waiting', 'schedule');
  $('availability').replaceChildren();
  const option = $('speciality').selectedOptions[0];
  $('referral-field').hidden = !(option?.dataset.referral || $('purpose').value === 'REFERRAL');
  if (!$('speciality').value) return;
  const found = await ask('days', wish());
  if (mine !== chosen) return;
  tellAvailability(found);
  $('schedule').hidden = false;
  const wanted = held?.speciality === $('speciality').value ? held.day : found.days[0]?.day;
  await grid.open(wanted);
}

function tellAvailability(found) {
  const told = [];
  if (found.nearest) {
    told.push(paragraph(`Свободное время есть, ближайшее: ${found.nearest.said}. Горизонт записи — до ${found.last}.`));
    if (found.nearest.late) told.push(paragraph('Участковый врач должен принять за 24 часа: предложите дежурного врача или оператора.', 'notice warn'));
    const chips = document.createElement('div');
    chips.className = 'chips';
    for (const one of found.days) {
      const chip = button(one.short, safely(() => grid.open(one.day)), { day: one.day });
      chip.setAttribute('aria-label', one.said);
      chips.append(chip);
    }
    const none = button('Время не подходит', () => offerWaiting('NO_SUITABLE_TIME'));
    none.id = 'unsuitable';
    chips.append(none);
    told.push(chips);
  } else if (found.unreferred) {
    told.push(paragraph('Действующего направления к этому специалисту у пациента нет, а это время открывает только оно. Без направления запишите по другой цели.', 'notice warn'));
  } else {
    told.push(paragraph(`Свободного времени нет до ${found.last}. Предложите лист ожидания.`, 'notice warn'));
    offerWaiting('NO_SLOTS');
  }
  $('availability').replaceChildren(...told);
}

// --- the grid and the list beside it
async function load(first, last) {
  const mine = ++asked;
  const seen = await ask('slots', { ...wish(), first, last });
  if (mine !== asked) return;
  doctors = seen.doctors;
  cells = new Map(seen.cells.map((cell) => [cell.id, cell]));
  fillDoctors();
  show();
}

function show() {
  const only = Number($('only-doctor').value) || null;
  grid.show(doctors.filter((one) => !only || one.id === only), [...cells.values()]);
  $('range').textContent = grid.title;
  for (const chip of document.querySelectorAll('.chips [data-day]')) chip.setAttribute('aria-pressed', String(grid.shows(chip.dataset.day)));
  listTimes(only);
  wakeAtLapse();
}

function fillDoctors() {
  const options = () => doctors.map((one) => new Option(one.name, one.id));
  for (const [id, all] of [['only-doctor', 'Все врачи'], ['waiting-doctor', 'К любому врачу'], ['override-doctor', '']]) {
    if (!$(id)) continue;
    const before = $(id).value || (id === 'only-doctor' ? visit.dataset.doctor : '');
    $(id).replaceChildren(...(all ? [new Option(all, '')] : []), ...options());
    if ([...$(id).options].some((one) => one.value === before)) $(id).value = before;
  }
  visit.dataset.doctor = '';
}

function listTimes(only) {
  const free = [...cells.values()].filter((cell) => ['FREE', 'YOURS'].includes(cell.mark) && (!only || cell.doctor === only) && grid.shows(cell.start.slice(0, 10)));
  const focused = document.activeElement?.dataset?.slot;
  const told = [];
  let day; let doctor; let list;
  for (const cell of free.sort((a, b) => a.start.slice(0, 10).localeCompare(b.start.slice(0, 10)) || a.doctor - b.doctor || a.start.localeCompare(b.start))) {
    if (day !== cell.start.slice(0, 10)) { day = cell.start.slice(0, 10); doctor = null; told.push(heading('h3', grid.said(day))); }
    if (doctor !== cell.doctor) {
      doctor = cell.doctor;
      const own = doctors.find((one) => one.id === doctor);
      told.push(heading('h4', `${own.short}, каб. ${own.room}`));
      list = document.createElement('div'); list.className = 'list'; told.push(list);
    }
    const one = button(cell.start.slice(11), () => picked(cell), { slot: cell.id });
    one.setAttribute('aria-label', `${cell.start.slice(11)}, ${cell.kind_said}, ${doctors.find((d) => d.id === cell.doctor).name}, ${cell.said}`);
    if (cell.mark === 'YOURS') one.classList.add('primary');
    list.append(one);
  }
  $('times').replaceChildren(...(told.length ? told : [paragraph('В эти дни свободного времени нет.', 'muted')]));
  if (focused) $('times').querySelector(`[data-slot="${focused}"]`)?.focus();
}

$('times').addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey) return;
  const all = [...$('times').querySelectorAll('button')];
  all[all.indexOf(document.activeElement) + step]?.focus();
  event.preventDefault();
});

// --- a click holds; others see it at once
async function picked(cell) {
  forgive();
  $('picked').hidden = true;
  if (cell.mark === 'FREE' || cell.mark === 'YOURS' || (cell.mark === 'OUTSIDE' && mayOverride)) { await hold(cell); return; }
  const told = [paragraph(`${cell.start.slice(11)}, ${cell.kind_said}: ${cell.said}.`)];
  if (cell.patient) told.push(link('Карта этого пациента', visit.dataset.card.replace(/\/0$/, `/${cell.patient}`)));
  $('picked').replaceChildren(...told);
  $('picked').hidden = false;
  if (mayOverride) proposeOverride(cell, 'OVERBOOK');
}

async function hold(cell) {
  try {
    tellHeld(await ask('hold', { patient, key: pageKey, slot: cell.id, moves }));
    if (cell.mark === 'OUTSIDE') proposeOverride(cell, 'HORIZON');
  } catch (problem) {
    say(problem.message, 'bad');
  }
  await refresh([...cells.keys()].filter((id) => id === cell.id || cells.get(id).mark === 'YOURS'));
}

function tellHeld(now) {
  held = { ...now, until: Date.now() + now.seconds * 1000, command: unique() };
  $('held-said').textContent = now.said;
  $('held').hidden = false;
  hide('done');
  tick();
  if (document.activeElement === document.body || !document.activeElement.dataset.slot) $('confirm').focus({ preventScroll: true });
}

function tick() {
  if (!held) return;
  const left = Math.max(0, Math.round((held.until - Date.now()) / 1000));
  $('held-left').textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  if (left === 30) $('held-warning').textContent = 'Бронь кончится через 30 секунд.';
  if (left === 0) { dropHeld(); say('Бронь истекла. Выберите время ещё раз.', 'warn'); return; }
  setTimeout(tick, 500);
}

function dropHeld() { held = null; $('held').hidden = true; $('held-warning').textContent = ''; }

async function letGo() {
  if (!held) return;
  const mine = held.slot;
  dropHeld();
  await ask('release', { key: pageKey }).catch((problem) => say(problem.message, 'bad'));
  await refresh([mine]);
}

async function confirm() {
  if (!held) return;
  forgive();
  $('confirm').disabled = true;
  try {
    finish(await ask('book', { patient, key: pageKey, purpose: $('purpose').value, slot: held.slot, referral: $('referral').value.trim(), moves, clinic_reason: clinicReason(), command: held.command }));
  } catch (problem) {
    complain(problem);
    if (problem.field === 'waived' && mayOverride) proposeOverride(cells.get(held.slot), 'ADMISSION');
    if (held) refresh([held.slot]);
  } finally {
    $('confirm').disabled = false;
  }
}

function finish(made) {
  const slot = held?.slot;
  dropHeld();
  $('done-said').textContent = made.said;
  $('done-talon').href = made.talon;
  $('consent').dataset.booking = made.booking;
  $('consent').hidden = !made.present; // who is not here is not asked
  $('consent-done').textContent = '';
  $('done').hidden = false;
  $('done').focus();
  hide('waiting');
  if ($('override')) $('override').open = false;
  if (slot) refresh([slot]); else grid.reload();
}

async function agree(event) {
  event.preventDefault();
  forgive();
  try {
    const told = await ask('consent', { booking: Number($('consent').dataset.booking), key: pageKey, method: event.submitter.value, phone: $('consent-phone').value.trim() });
    $('consent').hidden = true;
    $('consent-done').textContent = told.said;
  } catch (problem) { complain(problem); }
}

// --- what others did: only the slots that changed are asked for again
async function refresh(ids) {
  if (!ids.length || !$('speciality').value || $('schedule').hidden) return;
  const seen = await ask('changed', { ...wish(), ids });
  const shown = seen.cells.filter((cell) => cells.has(cell.id) || grid.shows(cell.start.slice(0, 10)));
  const other = shown.filter((cell) => cells.get(cell.id)?.mark !== cell.mark);
  for (const cell of shown) cells.set(cell.id, cell);
  if (other.length) {
    // What stays as it is is not drawn again: a week of eight doctors has some hundreds of pieces.
    const only = Number($('only-doctor').value) || null;
    grid.change(other.filter((cell) => !only || cell.doctor === only));
    listTimes(only);
  }
  wakeAtLapse();
  const kept = held && cells.get(held.slot)?.mark;
  if (kept && kept !== 'YOURS') { dropHeld(); say(...(LOST[kept] || LOST.BOOKED)); }
}

function wakeAtLapse() {
  clearTimeout(lapses);
  const waiting = [...cells.values()].filter((cell) => cell.lapses !== null && cell.mark !== 'YOURS');
  if (!waiting.length) return;
  const soonest = Math.min(...waiting.map((cell) => cell.lapses));
  lapses = setTimeout(() => refresh(waiting.filter((cell) => cell.lapses <= soonest + 500).map((cell) => cell.id)), soonest + 300);
}

live('slots', ({ refs }) => { if ($('schedule').hidden) return; if (refs) refresh(refs.map(Number)); else grid.reload(); });
live('again', () => { if (!$('schedule').hidden) grid.reload(); });

// --- the waiting list, where there is no time or none suits (S2.7)
function offerWaiting(reason) {
  waitingReason = reason;
  $('waiting-why').textContent = reason === 'NO_SLOTS' ? 'Свободного времени в горизонте записи нет.' : 'Предложенное время не подошло.';
  $('waiting').hidden = false;
  $('waiting-done').hidden = true;
  $('waiting-form').hidden = false;
  $('waiting').dataset.command = unique();
  $('waiting-suspicion').checked = false;
  if (reason !== 'NO_SLOTS') $('waiting-part').focus();
}

async function join(event) {
  event.preventDefault();
  forgive();
  const reason = $('purpose').value === 'REFERRAL' ? 'REFERRAL' : waitingReason;
  try {
    ended(await ask('waiting', { patient, speciality: $('speciality').value, doctor: Number($('waiting-doctor').value) || null, part: $('waiting-part').value, reason, suspicion: $('waiting-suspicion').checked, phone: $('waiting-phone').value.trim(), command: $('waiting').dataset.command }));
  } catch (problem) { complain(problem); }
}

async function decline() {
  try { ended(await ask('declined', { patient, speciality: $('speciality').value })); } catch (problem) { complain(problem); }
}

function ended(told) {
  $('waiting-form').hidden = true;
  $('waiting-done').textContent = told.said;
  $('waiting-done').hidden = false;
}

// --- a rule set aside, with a reason
function proposeOverride(cell, waiver) {
  $('override').open = true;
  for (const box of $('override-form').elements.waived) if (box.value === waiver) box.checked = true;
  if (!cell) return;
  $('override-doctor').value = cell.doctor;
  $('override-day').value = cell.start.slice(0, 10);
  $('override-at').value = cell.start.slice(11);
}

async function override(event) {
  event.preventDefault();
  forgive();
  const form = $('override-form');
  form.dataset.command ||= unique();
  const waived = [...form.elements.waived].filter((box) => box.checked).map((box) => box.value);
  if (!waived.length) { complain({ field: 'waived', message: 'Отметьте хотя бы одно правило.' }); return; }
  try {
    finish(await ask('override', {
      patient, key: pageKey, purpose: $('purpose').value, slot: held?.slot || 0, referral: $('referral').value.trim(), moves, clinic_reason: clinicReason(), command: form.dataset.command, waived,
      reason: $('override-reason').value, doctor: Number($('override-doctor').value) || null, day: $('override-day').value || null, at: $('override-at').value || null, minutes: Number($('override-minutes').value) || 15,
    }));
    form.reset();
    form.dataset.command = '';
  } catch (problem) { complain(problem); }
}

function paragraph(text, kind = '') { const one = document.createElement('p'); one.textContent = text; one.className = kind; return one; }
function heading(level, text) { const one = document.createElement(level); one.textContent = text; return one; }
function link(text, href) { const one = document.createElement('a'); one.textContent = text; one.href = href; return one; }
function button(text, press, data = {}) {
  const one = document.createElement('button');
  one.type = 'button'; one.className = 'button'; one.textContent = text;
  Object.assign(one.dataset, data);
  one.addEventListener('click', press);
  return one;
}
function hide(...ids) { for (const id of ids) $(id).hidden = true; }
const safely = (act) => async (event) => { try { await act(event); } catch (problem) { complain(problem); } };

$('purpose').addEventListener('change', safely(choosePurpose));
$('speciality').addEventListener('change', safely(chooseSpeciality));
$('only-doctor').addEventListener('change', show);
$('earlier').addEventListener('click', safely(() => grid.step(-1)));
$('later').addEventListener('click', safely(() => grid.step(1)));
$('view').addEventListener('click', safely(() => { $('view').setAttribute('aria-pressed', String(grid.toggle())); }));
$('moving')?.addEventListener('change', () => { $('clinic-reason-field').hidden = clinicReason() === null; });
$('moving')?.addEventListener('submit', (event) => event.preventDefault());
$('confirm').addEventListener('click', confirm);
$('renew').addEventListener('click', () => held && hold({ id: held.slot, mark: 'YOURS' }));
$('let-go').addEventListener('click', letGo);
$('consent').addEventListener('submit', agree);
$('waiting-form').addEventListener('submit', join);
$('waiting-declined').addEventListener('click', decline);
$('override-form')?.addEventListener('submit', override);
document.addEventListener('keydown', (event) => {
  if (event.altKey && event.code === `Digit${$('times').dataset.keyFocus.at(-1)}`) { event.preventDefault(); $('times').querySelector('button')?.focus(); }
});
addEventListener('pagehide', () => {
  // A call keeps what it holds; a page that is left does not.
  if (!held || !pageKey.startsWith('desk-')) return;
  fetch(paths.release, { method: 'POST', keepalive: true, headers: { 'Content-Type': 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }, body: JSON.stringify({ key: pageKey }) });
});

if (visit.dataset.held) tellHeld(JSON.parse(visit.dataset.held));
if ($('purpose').value) safely(choosePurpose)(); else $('purpose').focus();
visit.dataset.ready = signs ? '1' : '';
