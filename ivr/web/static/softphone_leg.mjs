// One call of the telephone in the browser, from its first ring to its end.
import JsSIP from './vendor/jssip-3.13.8/jssip.mjs';

const CANDIDATES_MS = 500; // whatever the network knows of itself later is not waited for
const C = JsSIP.C.causes;
const WHY = {
  [C.BUSY]: 'busy', [C.REJECTED]: 'declined', [C.CANCELED]: 'cancelled', [C.NO_ANSWER]: 'no_answer', [C.BYE]: 'over',
  [C.NOT_FOUND]: 'not_found', [C.UNAVAILABLE]: 'unavailable', [C.AUTHENTICATION_ERROR]: 'not_allowed',
  [C.CONNECTION_ERROR]: 'lost', [C.REQUEST_TIMEOUT]: 'lost', [C.RTP_TIMEOUT]: 'lost',
};

export class Leg {
  constructor(phone, session, incoming, key = null) {
    Object.assign(this, { phone, session, incoming, key });
    Object.assign(this, { number: session.remote_identity.uri.user, stage: incoming ? 'ringing' : 'calling' });
    Object.assign(this, { held: false, muted: false, stream: null, connection: null });
    let gathering;
    session.on('icecandidate', ({ ready }) => { gathering ??= setTimeout(ready, CANDIDATES_MS); });
    // An incoming call has no connection before it is answered.
    if (session.connection) this.#listen(session.connection);
    else session.on('peerconnection', ({ peerconnection }) => this.#listen(peerconnection));
    session.on('accepted', () => this.#is('talking'));
    session.on('getusermediafailed', problem => { this.microphone = microphoneProblem(problem); });
    for (const end of ['failed', 'ended']) session.on(end, event => phone.over(this, this.#reason(event)));
  }

  get shown() {
    const { stage, incoming, number, key, held, muted } = this;
    return { stage, incoming, number, key, held, muted };
  }

  #is(stage) { this.stage = stage; this.phone.tell(); }

  #reason({ cause }) {
    return this.microphone ?? (cause === C.USER_DENIED_MEDIA_ACCESS ? 'microphone_refused' : WHY[cause] ?? 'failed');
  }

  #listen(connection) {
    this.connection = connection;
    connection.addEventListener('track', ({ streams, track }) => {
      this.stream = streams[0] ?? new MediaStream([track]);
      this.phone.listen();
    });
  }

  mute(on) { this.session[on ? 'mute' : 'unmute']({ audio: true }); this.muted = on; this.phone.tell(); }

  hold(on) {
    if (on === this.held || !this.session.isEstablished()) return Promise.resolve(on === this.held);
    return new Promise(done => {
      const sent = this.session[on ? 'hold' : 'unhold']({}, () => { this.held = on; this.phone.tell(); done(true); });
      if (!sent) done(false);
    });
  }

  refer(target, options = {}) {
    return new Promise(done => this.session.refer(target, { ...options, eventHandlers: {
      accepted: () => done(true), failed: () => done(false), requestFailed: () => done(false),
    } }));
  }

  end(options) { if (!this.session.isEnded()) this.session.terminate(options); }
}

function microphoneProblem(problem) {
  return problem?.name === 'NotFoundError' ? 'microphone_missing' : 'microphone_refused';
}
