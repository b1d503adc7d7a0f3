// Nobody touches the screen: it asks, counts down, and is wiped.

const SIGN = 20000; // the server hears of touches no more often, in ms

/** `somebody()`: there is something to wipe. `stay()`: he is still here; the server holds his time on. */
export function attend({ somebody, leave, stay }) {
  const dialog = document.getElementById('still');
  const seconds = document.getElementById('still-seconds');
  const limit = Number(document.body.dataset.idle) * 1000;
  const warning = Number(document.body.dataset.warning) * 1000;
  let touched = Date.now(), told = Date.now();

  function touch() {
    touched = Date.now();
    if (touched - told < SIGN) return;
    told = touched;
    stay();
  }

  function close() {
    if (dialog.open) dialog.close();
  }

  function look() {
    if (!somebody()) {
      close();
      touched = Date.now();
      return;
    }
    const left = touched + limit - Date.now();
    if (left <= 0) {
      close();
      leave();
    } else if (left <= warning) {
      if (!dialog.open) dialog.showModal();
      seconds.textContent = Math.ceil(left / 1000);
    }
  }

  function here() {
    close();
    told = 0;
    touch();
  }

  for (const kind of ['pointerdown', 'keydown']) {
    document.addEventListener(kind, () => { if (!dialog.open) touch(); }, { capture: true, passive: true });
  }
  dialog.addEventListener('close', touch);
  document.getElementById('stay').addEventListener('click', here);
  document.getElementById('leave-now').addEventListener('click', () => { close(); leave(); });
  setInterval(look, 250);
}
