// What every page has: the stream of events, the forgery token, messages, signs of life, shortcuts.

import { EventStream } from './event_stream.mjs';

const body = document.body;
const csrf = () => document.querySelector('meta[name=csrf-token]').content;

/** POST and get the answer; throws an Error with the server's own words. */
export async function post(path, data = {}) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': csrf() },
    body: JSON.stringify(data),
  });
  if (answer.status === 401) window.top.location.assign('/login');
  const text = await answer.text();
  const isJson = (answer.headers.get('Content-Type') || '').includes('json');
  if (!answer.ok) throw new Error(isJson ? JSON.parse(text).message : text.trim() || 'Не получилось.');
  return isJson ? JSON.parse(text) : text;
}

export async function get(path) {
  const answer = await fetch(path, { headers: { Accept: 'application/json', 'X-Background': '1' } });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

/** A short message in the corner, read out by screen readers. */
export function say(text, kind = '') {
  const line = document.createElement('p');
  line.className = `notice ${kind}`;
  line.textContent = text;
  document.getElementById('toasts').append(line);
  setTimeout(() => line.remove(), 7000);
}

const heard = new Map();
let want; // asks the stream for further kinds of events

/** Call `tell(data)` at each event of this kind. `again`: look at everything anew, something was missed. */
export function live(kind, tell) {
  heard.set(kind, [...(heard.get(kind) || []), tell]);
  want?.([kind]);
}

function pass(kind, data) {
  for (const tell of heard.get(kind) || []) tell(data);
  body.dispatchEvent(new CustomEvent(`live:${kind}`, { detail: data }));
}

function listen() {
  const lamp = document.getElementById('lamp');
  let lost = false;
  const seen = (ok) => {
    lamp.classList.toggle('lost', !ok);
    lamp.firstElementChild.textContent = ok ? 'Связь с сервером есть' : 'Связь с сервером потеряна';
    if (ok && lost) pass('again', {});
    lost = !ok;
  };
  const own = { hello: () => seen(true), lost: () => seen(false), bye: () => window.top.location.assign('/login') };
  want = connect((kind, data) => (own[kind] ? own[kind]() : pass(kind, JSON.parse(data))));
  want([...heard.keys(), 'again', 'slots', 'tasks', 'waiting', 'calls', 'queue', 'agents']);
}

// All pages of a session share a stream where the browser can; its name keeps those of another session away from it.
function connect(tell) {
  const url = new URL(body.dataset.events, location.href).href;
  if (!window.SharedWorker) {
    const own = new EventStream(url, tell);
    addEventListener('pagehide', () => own.close());
    return (kinds) => own.want(kinds);
  }
  const { port } = new SharedWorker(new URL('./event_worker.mjs', import.meta.url), { type: 'module', name: body.dataset.session });
  port.onmessage = ({ data: { kind, data } }) => tell(kind, data);
  addEventListener('pagehide', () => port.postMessage({ gone: true }));
  addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });
  return (kinds) => port.postMessage({ url, kinds });
}

/** Calls `look` soon after being asked, however often; at most every so many ms, and not while nobody sees the page. */
export function seldom(look, every) {
  let timer = null, last = 0, missed = false;
  const run = () => {
    timer = null;
    missed = document.hidden;
    if (missed) return;
    last = Date.now();
    look().catch(() => {});
  };
  const ask = () => { timer ??= setTimeout(run, Math.max(200, last + every - Date.now())); };
  document.addEventListener('visibilitychange', () => { if (missed && !document.hidden) ask(); });
  return ask;
}

// --- a session ends when nobody is there; keys, the mouse and a talk are signs of life
let lastLife = 0;
export function alive() {
  if (!body.dataset.alive || Date.now() - lastLife < 60000) return;
  lastLife = Date.now();
  post(body.dataset.alive).catch(() => {});
}

/** Shortcuts: elements with data-key="F2" or "Alt+1" are pressed by that key; shown beside them by .kbd. */
function keyed(event) {
  const name = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', event.shiftKey && event.key.length > 1 && 'Shift', key(event)].filter(Boolean).join('+');
  const typing = event.target?.matches?.('input, textarea, select') && !event.ctrlKey && !event.altKey && !/^F\d+$/.test(event.key);
  if (typing) return;
  const own = [...document.querySelectorAll(`[data-key="${CSS.escape(name)}"]`)].find((e) => e.offsetParent && !e.disabled);
  if (!own) return toParent(event);
  event.preventDefault();
  if (own.matches('input, select, textarea')) own.focus(); else own.click();
}

// Shortcuts of the workplace work while the registry inside it has the focus.
function toParent(event) {
  if (window.parent === window) return;
  const { key, code, ctrlKey, altKey, shiftKey } = event;
  const same = new KeyboardEvent('keydown', { key, code, ctrlKey, altKey, shiftKey, cancelable: true });
  window.parent.document.dispatchEvent(same);
  if (same.defaultPrevented) event.preventDefault();
}

// The place on the keyboard, so that a shortcut works in the Russian layout too.
function key(event) {
  const letter = /^Key([A-Z])$/.exec(event.code);
  const digit = /^Digit(\d)$/.exec(event.code);
  return letter ? letter[1] : digit && !event.shiftKey ? digit[1] : event.key;
}

document.addEventListener('htmx:config:request', (event) => { event.detail.ctx.request.headers['X-CSRFToken'] = csrf(); });
document.addEventListener('htmx:error', () => say('Сервер не ответил. Введённое осталось на странице, повторите.', 'bad'));
if (body.dataset.user) {
  for (const kind of ['keydown', 'pointerdown']) document.addEventListener(kind, alive, { passive: true });
  document.addEventListener('keydown', keyed);
  listen();
}
document.querySelector('[aria-invalid]')?.focus(); // what is to be mended comes first
document.documentElement.dataset.ready = 'yes'; // keys are heard from now on
