// Keys on the screen, and a scanner that types: its characters come faster than anybody's, and Enter ends them.

const FAST = 60; // ms between two characters of a scanner, at most
const QUIET = 120; // after Enter: a scanned text may go on in a further line

/** Buttons with data-type and data-erase write into the field of their form. */
export function keysOnScreen(screen) {
  screen.addEventListener('click', (event) => {
    const key = event.target.closest('[data-type], [data-erase]');
    if (!key) return;
    const field = key.form.querySelector('input:not([type=hidden])');
    if (key.dataset.type) typed(field, key.dataset.type);
    else field.value = key.dataset.erase === 'all' ? '' : field.value.slice(0, -1);
  });
}

function typed(field, text) {
  const most = Number(field.dataset.most);
  if (field.value.length < most) field.value += text;
}

/** Characters go to the field wherever the focus is; a scan on another screen does nothing. */
export function hearKeys(screen) {
  let last = 0, run = 0, ending = null;

  function keyed(event) {
    const now = Date.now(), fast = now - last < FAST;
    const plain = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (!plain && event.key !== 'Enter' && event.key !== 'Tab') return;
    run = fast ? run + Number(plain) : 0; // Tab and Enter of quick fingers are no scan
    last = now;
    const field = screen.querySelector('input[data-scan]');
    if (plain && field) return into(field);
    if (plain) {
      if (fast && event.key === ' ') event.preventDefault(); // a blank within it presses none, either
      return;
    }
    const scanned = fast && run > 3;
    if (!field || (!scanned && document.activeElement !== field)) {
      if (scanned) event.preventDefault(); // Enter of a scan presses no button
      return;
    }
    if (event.key === 'Tab' && !scanned) return;
    event.preventDefault();
    field.value += ' ';
    if (event.key === 'Enter') finish(field);
  }

  function into(field) {
    clearTimeout(ending);
    if (document.activeElement !== field && !document.querySelector('dialog[open]')) field.focus();
  }

  function finish(field) {
    clearTimeout(ending);
    ending = setTimeout(() => { if (field.isConnected) field.form.requestSubmit(field.form.querySelector('.go')); }, QUIET);
  }

  document.addEventListener('keydown', keyed);
}
