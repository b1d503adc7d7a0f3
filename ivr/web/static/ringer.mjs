// The ring: a tone, the title of the page, a notice of the system.

export class Ringer {
  #title; #context = null; #timer = null; #notice = null;

  constructor(title) { this.#title = title; }

  ring(on) {
    if (on === Boolean(this.#timer)) return;
    if (!on) { clearInterval(this.#timer); this.#timer = null; this.#notice?.close(); return; }
    this.#tone();
    this.#timer = setInterval(() => this.#tone(), 2500);
    if (globalThis.Notification?.permission === 'granted' && document.hidden) {
      this.#notice = new Notification(this.#title);
      this.#notice.onclick = () => { window.focus(); this.#notice.close(); };
    }
  }

  #tone() {
    this.#context ??= new AudioContext();
    const [at, volume] = [this.#context.currentTime, this.#context.createGain()];
    volume.gain.setValueAtTime(0.08, at);
    volume.gain.setValueAtTime(0, at + 0.9);
    volume.connect(this.#context.destination);
    for (const pitch of [440, 480]) {
      const tone = this.#context.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(volume);
      tone.start(at);
      tone.stop(at + 0.9);
    }
  }
}
