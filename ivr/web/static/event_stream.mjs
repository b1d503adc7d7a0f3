// The stream of events, opened anew however it ended: by itself a browser gives up at the first answer that is no stream.

const AGAIN = 2000;

export class EventStream {
  #url; #tell; #source; #kinds = new Set(['hello', 'bye']); #closed = false;

  /** `tell(kind, data)`, data as text; `lost` while there is no connection, `bye` where the session is over. */
  constructor(url, tell) {
    [this.#url, this.#tell] = [url, tell];
    this.#open();
  }

  get isOpen() { return this.#source.readyState === EventSource.OPEN; }

  /** Tell these kinds, too. */
  want(kinds) {
    for (const kind of kinds) {
      if (this.#kinds.has(kind)) continue;
      this.#kinds.add(kind);
      this.#source.addEventListener(kind, this.#pass);
    }
  }

  close() {
    this.#closed = true;
    this.#source.close();
  }

  #pass = ({ type, data }) => {
    if (type === 'bye') this.close();
    this.#tell(type, data);
  };

  #open() {
    const source = new EventSource(this.#url);
    for (const kind of this.#kinds) source.addEventListener(kind, this.#pass);
    source.onerror = () => {
      this.#tell('lost', '{}');
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#again(), AGAIN);
    };
    this.#source = source;
  }

  // A session that ended meanwhile has no stream any more; a database that is down has one again.
  async #again() {
    if (this.#closed) return;
    const stop = new AbortController();
    const answer = await fetch(this.#url, { signal: stop.signal }).catch(() => ({ status: 0 }));
    stop.abort();
    if (this.#closed) return;
    if (answer.status === 401) this.#pass({ type: 'bye', data: '{}' }); else this.#open();
  }
}
