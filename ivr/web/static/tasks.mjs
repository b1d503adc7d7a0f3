// The list of tasks stays true by itself; a taken task stays taken while its page is open.
import { live, post, say, seldom } from './site.mjs';

const list = document.getElementById('list');
const kept = document.getElementById('kept');
const MINUTE = 60000;

async function refresh() {
  const answer = await fetch(list.dataset.list + location.search, { headers: { 'X-Background': '1' } });
  if (!answer.ok) return;
  const text = await answer.text();
  const focused = list.contains(document.activeElement) ? document.activeElement.id : '';
  list.innerHTML = text;
  if (focused) document.getElementById(focused)?.focus();
}

// Every booking changes the list somewhere, and many pages show it.
const soon = seldom(refresh, 3000);

async function keep() {
  try {
    const { until } = await post(kept.dataset.keep);
    kept.textContent = `Задача за вами до ${until}`;
  } catch (problem) {
    kept.textContent = problem.message;
    say(problem.message, 'bad');
    clearInterval(keeping);
  }
}

let keeping;
if (list) {
  for (const kind of ['tasks', 'waiting', 'again']) live(kind, soon);
  setInterval(soon, MINUTE); // times that are left grow shorter
}
if (kept) keeping = setInterval(keep, 5 * MINUTE);
