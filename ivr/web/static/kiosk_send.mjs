// Sends a form until the server has answered: the same form with the same key, so that what it does is done once.

const PATIENCE = 15000;
const AGAIN = 2000;
const LOST = 'Связь с больницей прервалась. Подождите: запись не пропадёт и не удвоится. Если связи нет долго, позвоните в регистратуру.';

/** `{html}`, or `{reload: true}` where the page itself is too old. `trouble(text)` is told what the patient may read. */
export async function send(address, body, { headers, signal, trouble }) {
  for (;;) {
    const answer = await once(address, body, headers, signal);
    if (!answer.wait) {
      trouble('');
      return answer;
    }
    signal.throwIfAborted();
    trouble(answer.wait);
    await pause(signal);
  }
}

async function once(address, body, headers, signal) {
  try {
    const answer = await fetch(address, { method: 'POST', body, headers, cache: 'no-store', signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) });
    if (answer.status >= 502 && answer.status <= 504) return { wait: await reason(answer) };
    if ([400, 401, 403].includes(answer.status)) return { reload: true };
    return { html: await answer.text() };
  } catch {
    return { wait: LOST }; // no connection, or no answer in time: nobody knows what was done
  }
}

/** Why the server asks for patience, where it says so itself; a proxy does not. */
const reason = async (answer) => (answer.headers.get('Content-Type')?.startsWith('text/plain') && await answer.text()) || LOST;

const pause = (signal) => new Promise((done) => {
  const timer = setTimeout(done, AGAIN);
  const now = () => { clearTimeout(timer); done(); };
  signal.addEventListener('abort', now, { once: true });
  addEventListener('online', now, { once: true });
});
