// One stream of events for all pages of a session in this browser. A browser opens six connections to a site and no more:
// with a stream in each, the sixth page would wait for ever, and all others with it.
import { EventStream } from './event_stream.mjs';

const pages = new Set();
let stream;

const toAll = (kind, data) => { for (const page of pages) page.postMessage({ kind, data }); };

self.onconnect = ({ ports: [page] }) => {
  page.onmessage = ({ data: { url, kinds, gone } }) => {
    if (gone) { pages.delete(page); return; }
    if (!pages.has(page)) {
      pages.add(page);
      if (stream?.isOpen) page.postMessage({ kind: 'hello', data: '{}' });
    }
    stream ??= new EventStream(url, toAll);
    stream.want(kinds);
  };
};
