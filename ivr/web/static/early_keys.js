// Shortcuts pressed before the page's modules are here wait for them: who works by heart is faster than a page.
(() => {
  const pressed = [];
  const isShortcut = ({ key, ctrlKey, altKey }) => altKey || (ctrlKey && key === 'Enter') || /^F[2-9]$/.test(key) && key !== 'F5';
  const keep = (event) => {
    if (!isShortcut(event)) return;
    event.preventDefault();
    pressed.push(event);
  };
  addEventListener('keydown', keep, true);
  addEventListener('DOMContentLoaded', () => { // modules have run
    removeEventListener('keydown', keep, true);
    for (const { key, code, ctrlKey, altKey, shiftKey } of pressed) {
      const again = new KeyboardEvent('keydown', { key, code, ctrlKey, altKey, shiftKey, bubbles: true, cancelable: true });
      (document.activeElement || document.body).dispatchEvent(again);
    }
  });
})();
