// The wallboard: queue and operators by events, the rest fetched when something has changed.
import { get, live, post, seldom } from './site.mjs';

const $ = (id) => document.getElementById(id);
const wall = $('wall');
const words = JSON.parse(wall.dataset.words);
const maySpy = 'spy' in wall.dataset;
const LIVE_ROWS = 10;
const GOAL = 0.8;
const SOON = 20, LONG = 60;

let agents = [], queue = { waiting: [], free: 0 }, calls = [], skew = 0, chosen = null;

const now = () => Date.now() / 1000 + skew;
const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const tail = `${String(Math.floor(whole / 60) % 60).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
  return whole < 3600 ? tail : `${Math.floor(whole / 3600)}:${tail}`;
};
const percent = (share) => (share === null ? '—' : `${Math.round(share * 100)}%`);
const tone = (id, kind) => { $(id).className = `tile ${kind}`; };
const put = (id, text) => { if ($(id).textContent !== String(text)) $(id).textContent = text; };

function showQueue() {
  const since = queue.waiting.map((one) => one.since);
  const longest = since.length ? now() - Math.min(...since) : 0;
  put('waiting', queue.waiting.length);
  put('longest', since.length ? clock(longest) : '—');
  tone('t-waiting', !since.length ? '' : longest > LONG ? 'bad' : longest > SOON ? 'warn' : 'ok');
  const free = agents.filter((one) => one.state === 'READY').length;
  put('free', free);
  put('staff', agents.length);
  tone('t-free', since.length && !free ? 'bad' : free ? 'ok' : '');
}

function what(agent) {
  return agent.state === 'BREAK' ? words.breaks[agent.reason] || words.states.BREAK : words.states[agent.state];
}

function seat(agent) {
  const item = document.createElement('li');
  const box = document.createElement(maySpy ? 'button' : 'div');
  box.className = `seat ${agent.state}`;
  box.id = `seat-${agent.user}`;
  if (maySpy) { box.type = 'button'; box.addEventListener('click', () => open(agent.user)); }
  for (const [name, text] of [['name', agent.name], ['what', what(agent)], ['time', '']]) {
    const part = document.createElement('span');
    part.className = name;
    part.textContent = text;
    if (name === 'time') { part.dataset.since = agent.since; part.textContent = clock(now() - agent.since); }
    box.append(part, ' ');
  }
  item.append(box);
  return item;
}

function showAgents() {
  const focused = document.activeElement?.id;
  wall.dataset.many = agents.length > 24 ? 'many' : agents.length > 9 ? 'some' : 'few';
  $('agents').replaceChildren(...agents.map(seat));
  $('no-agents').hidden = agents.length > 0;
  if (focused?.startsWith('seat-')) $(focused)?.focus();
  if (chosen !== null) describe();
  showQueue();
}

function showCalls() {
  const elsewhere = new Set([...queue.waiting, ...agents].map((one) => one.call));
  const talking = calls.filter((one) => !elsewhere.has(one.call));
  put('live-count', talking.length);
  $('live').replaceChildren(...talking.slice(0, LIVE_ROWS).map((one) => {
    const row = document.createElement('tr');
    const step = row.insertCell(), time = row.insertCell();
    step.textContent = one.step ? words.steps[one.step] || one.step : 'Приветствие';
    time.dataset.since = one.since;
    time.textContent = clock(now() - one.since);
    return row;
  }));
  $('live-more').hidden = talking.length <= LIVE_ROWS;
  put('live-more', `и ещё ${talking.length - LIVE_ROWS}`);
}

function tick() {
  for (const part of document.querySelectorAll('[data-since]')) part.textContent = clock(now() - part.dataset.since);
  showQueue();
}

// However many events come, one look a second is enough for people.
const refresh = seldom(async () => {
  const state = await get(wall.dataset.state);
  ({ agents, queue, calls } = state);
  skew = state.now - Date.now() / 1000;
  $('trouble').hidden = state.exchange;
  showAgents();
  showCalls();
}, 1000);

const figures = seldom(async () => {
  const day = await get(wall.dataset.today);
  put('level', percent(day.level));
  tone('t-level', day.level === null ? '' : day.level >= GOAL ? 'ok' : day.level >= GOAL - 0.1 ? 'warn' : 'bad');
  put('abandoned', day.abandoned);
  put('offered', day.offered);
  put('handled', day.handled === null ? '—' : `${Math.floor(day.handled / 60)}:${String(Math.floor(day.handled) % 60).padStart(2, '0')}`);
  put('talks', day.talks);
  put('alone', percent(day.alone));
  put('calls-today', day.calls);
}, 5000);

live('queue', (told) => { queue = told; showQueue(); showCalls(); figures(); });
live('agents', (told) => { agents = told.agents; showAgents(); showCalls(); figures(); });
live('calls', () => { refresh(); figures(); });
live('exchange', ({ up }) => { $('trouble').hidden = up; });
live('again', () => { refresh(); figures(); });
setInterval(tick, 1000);
setInterval(refresh, 30000);
setInterval(figures, 60000);
refresh();
figures();

// --- what a supervisor does
function describe() {
  const agent = agents.find((one) => one.user === chosen);
  if (!agent) return $('agent').close();
  put('agent-name', agent.name);
  put('agent-state', what(agent));
  for (const button of document.querySelectorAll('[data-do^="spy/"]')) button.disabled = agent.state !== 'TALKING';
}

function open(user) {
  chosen = user;
  put('agent-said', '');
  describe();
  $('agent').showModal();
}

async function act(button) {
  const said = $('agent-said');
  try {
    const answer = await post(`${wall.dataset.agents}/${chosen}/${button.dataset.do}`);
    said.className = 'notice ok';
    said.textContent = answer.message;
  } catch (problem) {
    said.className = 'notice bad';
    said.textContent = problem.message;
  }
}

if (maySpy) {
  for (const button of document.querySelectorAll('[data-do]')) button.addEventListener('click', () => act(button));
  $('agent-close').addEventListener('click', () => $('agent').close());
  $('agent').addEventListener('close', () => { $(`seat-${chosen}`)?.focus(); chosen = null; });
}
