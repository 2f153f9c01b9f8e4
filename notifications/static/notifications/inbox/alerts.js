// @ts-check
/** Sound and the browser's own notifications: only where a person has asked for them, and the browser allows it. */

const SHELF = "tidings:alerts";
const TONES = [[660, 0], [880, 0.09]]; // Hz, s

export class Alerts {
  /** @type {AudioContext | null} */ #audio = null;

  /** @returns {{sound: boolean, desktop: boolean}} */
  get wishes() {
    try {
      return { sound: false, desktop: false, ...JSON.parse(localStorage.getItem(SHELF) ?? "{}") };
    } catch {
      return { sound: false, desktop: false };
    }
  }

  /** True if it can be so. @param {"sound" | "desktop"} what @param {boolean} on */
  async wish(what, on) {
    if (on && what === "desktop" && (!("Notification" in globalThis) || (await Notification.requestPermission()) !== "granted")) return false;
    try {
      localStorage.setItem(SHELF, JSON.stringify({ ...this.wishes, [what]: on }));
    } catch {
      return false;
    }
    if (on && what === "sound") this.play(); // a click made it possible, and this is how it sounds
    return true;
  }

  /** @param {import("../client.d.ts").Notification} notification @param {(id: number) => void} onClick */
  tell({ id, title, message, priority }, onClick) {
    const { sound, desktop } = this.wishes;
    if (sound) this.play();
    if (!desktop || !document.hidden || globalThis.Notification?.permission !== "granted") return;
    // the tag is that of the service worker's: pushed and shown here, it is still one
    const shown = new Notification(title, { body: message, tag: `tidings-${id}`, requireInteraction: priority === "critical" });
    shown.onclick = () => (globalThis.focus(), shown.close(), onClick(id));
  }

  play() {
    const Audio = globalThis.AudioContext;
    if (!Audio) return;
    const audio = (this.#audio ??= new Audio());
    if (audio.state === "suspended") audio.resume().catch(() => {});
    for (const [frequency, after] of TONES) {
      const tone = audio.createOscillator(), volume = audio.createGain(), at = audio.currentTime + after;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.08, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.25);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.26);
    }
  }
}
