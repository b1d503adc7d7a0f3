// The telephone in the browser: one call and one consultation, told to the page as one state.
import JsSIP from './vendor/jssip-3.13.8/jssip.mjs';
import { Leg } from './softphone_leg.mjs';
import { measure } from './softphone_level.mjs';

const KEY_TONE = { transportType: 'RFC2833', duration: 120, interToneGap: 80 };
const DOMAIN = 'ivr.invalid'; // Asterisk looks at the user alone
const UNHEARD = [JsSIP.C.causes.CONNECTION_ERROR, JsSIP.C.causes.REQUEST_TIMEOUT];

export class Softphone {
  #ua; #audio; #call = null; #consult = null; #link = 'connecting'; #problem = null; #microphone = null;
  #told; #caption; #level; #quiet = null; #joining = false;

  /** ws: address of Asterisk's WebSocket; login: {phone, ha1, realm} of an operator, none for a guest;
      audio: the element that sounds; onState(state), onCaption(text), onLevel({heard, spoken}: 0 to 1).
      state: {link: connecting|online|lost|refused, call, consult: {stage: calling|ringing|talking, incoming, number,
      key, held, muted} or null, problem: why the last call ended or could not be made, null while all is well}. */
  constructor({ ws, login = null, audio = new Audio(), iceServers = [],
    onState = () => {}, onCaption = () => {}, onLevel = null, onLeave = () => false }) {
    Object.assign(this, { iceServers });
    [this.#audio, this.#told, this.#caption, this.#level] = [audio, onState, onCaption, onLevel];
    this.#ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(ws)], uri: `sip:${login?.phone ?? 'webguest'}@${DOMAIN}`,
      ...(login && { authorization_user: login.phone, ha1: login.ha1, realm: login.realm }),
      register: Boolean(login), register_expires: 120, session_timers: false,
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 8,
    });
    this.#ua.on(login ? 'registered' : 'connected', () => this.#isLinked('online'));
    this.#ua.on('disconnected', () => this.#isLinked('lost'));
    this.#ua.on('registrationFailed', ({ cause }) => this.#isLinked(UNHEARD.includes(cause) ? 'lost' : 'refused'));
    this.#ua.on('newRTCSession', ({ session, originator, request }) => {
      if (originator === 'remote') this.#rung(session, request);
    });
    this.#ua.on('newMessage', ({ originator, request }) => originator === 'remote' && this.#caption(request.body));
    // The line is free at once, not when the sound is missed; unless the page has given its talk to somebody else.
    addEventListener('pagehide', () => onLeave() || this.#ua.stop());
    this.#ua.start();
  }

  get state() {
    const [call, consult] = [this.#call?.shown ?? null, this.#consult?.shown ?? null];
    return { link: this.#link, call, consult, problem: this.#problem };
  }

  /** Ends calls and the registration, and tells nothing more: the page may have another telephone already. */
  stop() {
    this.#told = () => {};
    this.#ua.stop();
  }

  /** number to dial; token: a guest's pass. */
  call(number, { token = null } = {}) {
    if (this.#call) return false;
    this.#call = this.#dial(number, token && `X-Call-Token: ${token}`);
    this.tell();
    return true;
  }

  answer() { if (this.#call?.stage === 'ringing') this.#call.session.answer(this.#media()); }
  reject() { if (this.#call?.stage === 'ringing') this.#call.end({ status_code: 486 }); }
  hangUp() { (this.#consult ?? this.#call)?.end(); }
  mute(on) { [this.#call, this.#consult].forEach(leg => leg?.mute(on)); }
  hold(on) { return this.#call?.hold(on) ?? Promise.resolve(false); }

  digit(key) {
    const leg = this.#consult ?? this.#call;
    if (leg?.session.isEstablished()) leg.session.sendDTMF(key, KEY_TONE);
  }

  /** Give the caller to another number; true when he is there. Asterisk leaves our own leg to us. */
  async blindTransfer(number) {
    const leg = this.#call;
    const gone = leg?.stage === 'talking' && await leg.refer(`sip:${number}@${DOMAIN}`);
    if (gone) leg.end();
    return gone;
  }

  /** Ask a colleague while the caller hears music. */
  async consult(number) {
    if (this.#consult || this.#call?.stage !== 'talking' || !await this.#call.hold(true)) return false;
    // The colleague's desk shows the caller he is asked about.
    this.#consult = this.#dial(number, this.#call.key && `X-Call-Key: ${this.#call.key}`);
    this.tell();
    return true;
  }

  /** Join caller and colleague, and leave. */
  async completeConsult() {
    const [caller, colleague] = [this.#call, this.#consult];
    if (colleague?.stage !== 'talking') return false;
    this.#joining = true; // the colleague's leg ends first, and the caller is not to be taken back for it
    const joined = await caller.refer(colleague.session.remote_identity.uri, { replaces: colleague.session });
    this.#joining = false;
    if (joined) [caller, colleague].forEach(leg => leg.end());
    return joined;
  }

  /** Back to the caller, as also when the colleague declines or leaves. */
  cancelConsult() { this.#consult?.end(); }

  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    const of = sought => all.filter(({ kind }) => kind === sought).map(({ deviceId, label }) => ({ id: deviceId, label }));
    return { microphones: of('audioinput'), speakers: of('audiooutput') };
  }

  setSink(id) { return this.#audio.setSinkId?.(id) ?? Promise.resolve(); }

  /** For calls from now on. */
  setMicrophone(id) { this.#microphone = id; }

  /** How well the network carries the talk; null without one. Milliseconds; energy grows with what was heard. */
  async stats() {
    const report = await (this.#consult ?? this.#call)?.connection?.getStats();
    if (!report) return null;
    const [...rows] = report.values();
    const heard = rows.find(row => row.type === 'inbound-rtp' && row.kind === 'audio') ?? {};
    const sent = rows.find(row => row.type === 'outbound-rtp' && row.kind === 'audio') ?? {};
    const pair = rows.find(row => row.type === 'candidate-pair' && row.nominated) ?? {};
    return {
      packetsHeard: heard.packetsReceived ?? 0, packetsLost: heard.packetsLost ?? 0, packetsSent: sent.packetsSent ?? 0,
      energy: heard.totalAudioEnergy ?? 0, jitter: (heard.jitter ?? 0) * 1000,
      roundTrip: (pair.currentRoundTripTime ?? 0) * 1000,
    };
  }

  // --- for the legs

  tell() { this.#told(this.state); }

  over(leg, why) {
    if (leg === this.#consult) {
      this.#consult = null;
      if (!this.#joining) this.#call?.hold(false);
    } else if (leg === this.#call) {
      const colleague = this.#consult;
      [this.#call, this.#consult] = [null, null];
      if (!this.#joining) colleague?.end();
    }
    this.#problem = why === 'over' ? null : why;
    this.listen();
    this.tell();
  }

  /** Sound the leg that is talked with. */
  listen() {
    const leg = this.#consult?.stream ? this.#consult : this.#call;
    this.#audio.srcObject = leg?.stream ?? null;
    if (leg?.stream) this.#audio.play().catch(() => {});
    this.#quiet?.();
    this.#quiet = this.#level && leg?.stream ? measure(leg, this.#level) : null;
  }

  #isLinked(link) { this.#link = link; this.tell(); }

  #rung(session, request) {
    if (this.#call) return session.terminate({ status_code: 486 });
    this.#problem = null;
    this.#call = new Leg(this, session, true, request.getHeader('X-Call-Key') ?? null);
    return this.tell();
  }

  #dial(number, header) {
    this.#problem = null;
    let leg;
    // The session is told before `call` returns; a refused microphone ends it in the same breath.
    this.#ua.once('newRTCSession', ({ session }) => { leg = new Leg(this, session, false); });
    this.#ua.call(`sip:${number}@${DOMAIN}`, { ...this.#media(), extraHeaders: header ? [header] : [] });
    return leg;
  }

  #media() {
    const device = this.#microphone ? { deviceId: { exact: this.#microphone } } : {};
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...device };
    return { mediaConstraints: { audio, video: false },
      pcConfig: { iceServers: this.iceServers, bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' } };
  }
}
