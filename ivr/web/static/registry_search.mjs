// The search: what was found takes the keyboard, so that Tab leads to the first patient.
const found = document.querySelector('#found');
if (found) found.focus();
