// The kiosk: one page, whose screens are answers to forms. Nothing is kept in the browser: no history, no storage.
import { attend } from './kiosk_idle.mjs';
import { hearKeys, keysOnScreen } from './kiosk_keys.mjs';
import { send } from './kiosk_send.mjs';

const screen = document.getElementById('screen');
const first = document.getElementById('start');
const lost = document.getElementById('lost');
const leaving = document.getElementById('leave');
const FRESH = 6 * 3600 * 1000; // ms
const loaded = Date.now();
let current = null; // the request on its way; who leaves takes it with him

/** The first screen, with nothing of anybody on it. */
function begin() {
  current?.abort();
  current = null;
  show(first.content.cloneNode(true));
  leaving.hidden = true;
  tell('');
}

/** Somebody goes: the server forgets him, too. Where it cannot be reached, it forgets him by itself. */
function leave() {
  const visit = visitHere();
  begin();
  if (visit) post(document.body.dataset.end, visit);
}

/** Whose screen it is; undefined: nobody's. */
const visitHere = () => screen.querySelector('input[name=visit]')?.value;

function post(address, visit) {
  const body = new FormData();
  body.append('visit', visit);
  fetch(address, { method: 'POST', headers: headers(), body, keepalive: true }).catch(() => {});
}

function show(content) {
  screen.replaceChildren(content);
  screen.removeAttribute('aria-busy');
  scrollTo(0, 0);
  const target = screen.querySelector('[aria-invalid]') ?? screen.querySelector('input:not([type=hidden])') ?? screen.querySelector('h1');
  target?.focus({ preventScroll: true });
  if (target?.value) target.setSelectionRange(target.value.length, target.value.length); // keys go on where they were
  const talon = screen.querySelector('[data-print]');
  if (talon) printOut(talon);
}

async function printOut(talon) {
  await Promise.allSettled([...talon.querySelectorAll('img')].map((image) => image.decode()));
  window.print();
}

async function sent(form, button) {
  if (current) return;
  const mine = current = new AbortController();
  const body = new FormData(form, button);
  const address = button?.getAttribute('formaction') || form.action;
  busy(form);
  try {
    const answer = await send(address, body, { headers: headers(), signal: mine.signal, trouble: tell });
    if (mine.signal.aborted) return;
    if (answer.reload) return location.reload();
    current = null;
    const parsed = new DOMParser().parseFromString(answer.html, 'text/html');
    const content = document.createDocumentFragment();
    content.append(...parsed.body.childNodes);
    leaving.hidden = false;
    show(content);
  } catch (problem) {
    if (!mine.signal.aborted) throw problem;
  } finally {
    if (current === mine) current = null;
  }
}

function busy(form) {
  screen.setAttribute('aria-busy', 'true');
  for (const button of form.querySelectorAll('button')) button.disabled = true;
}

const somebody = () => !leaving.hidden || current !== null || Boolean(screen.querySelector('input')?.value);

/** The page of months ago would meet another program, and its forgery token be too old. */
async function renew() {
  if (somebody() || Date.now() - loaded < FRESH) return;
  const answer = await fetch(location.href, { cache: 'no-store' }).catch(() => null);
  if (answer?.ok && !somebody()) location.reload(); // without the network there would be no page at all
}

/** What is wrong with the connection; empty: nothing. */
function tell(text) {
  lost.hidden = !text;
  lost.textContent = text;
}

const headers = () => ({ 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content, Accept: 'text/html' });

screen.addEventListener('submit', (event) => { event.preventDefault(); sent(event.target, event.submitter); });
screen.addEventListener('click', (event) => { if (event.target.closest('[data-leave]')) leave(); });
leaving.addEventListener('click', leave);
keysOnScreen(screen);
hearKeys(screen);
attend({
  somebody,
  leave,
  stay: () => {
    const visit = visitHere();
    if (visit && !current) post(document.body.dataset.alive, visit);
  },
});

setInterval(renew, 60000);

// Neither "back" nor a page kept in memory shows what was on the screen.
addEventListener('pagehide', () => screen.replaceChildren());
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
addEventListener('contextmenu', (event) => event.preventDefault());
begin();
document.documentElement.dataset.ready = 'yes';
