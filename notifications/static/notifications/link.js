// @ts-check
/** One socket: it notices silence, and acknowledges as docs/protocol.md asks. */

const SIGN_IN_MS = 10_000; // the server's own patience
const HEARTBEATS = 2.5; // of silence, then the link is dead
const PROBED_MS = 5_000; // patience with a link that has just been asked
const ACK = { everyMs: 1_000, frames: 64, characters: 65_536 };

export const ABNORMAL = 1006; // RFC 6455 §7.4.1: gone without a word

export class Link {
  live = false; // the backlog is through
  resuming = false;
  #silenceMs = SIGN_IN_MS;
  #unacked = { upTo: 0, frames: 0, characters: 0, newestAt: 0 };
  #lastFrameAt = -Infinity;
  #lastAckAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #silence;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #ackTimer;

  /** @param {WebSocket} socket @param {(link: Link, text: string) => void} onText @param {(link: Link, code: number) => void} onGone */
  constructor(socket, onText, onGone) {
    this.socket = socket;
    this.onGone = onGone;
    socket.onmessage = ({ data }) => (this.#heard(), onText(this, data));
    socket.onclose = ({ code }) => (this.#detach(), onGone(this, code));
    this.#heard();
  }

  /** @param {number} heartbeatS */
  expectHeartbeat(heartbeatS) {
    this.#silenceMs = HEARTBEATS * 1000 * heartbeatS;
    this.#heard();
  }

  #heard(silenceMs = this.#silenceMs) {
    clearTimeout(this.#silence);
    // A dead network fires no `close`, and close() would wait for the other side: leave first, then say so.
    this.#silence = setTimeout(() => (this.leave(), this.onGone(this, ABNORMAL)), silenceMs);
  }

  /** The machine may have slept, or changed its network: is anybody there? */
  probe() {
    this.send("ping");
    this.#heard(PROBED_MS);
  }

  /** @param {string} event @param {object} [data] @param {string} [ref] */
  send(event, data = {}, ref) {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify({ event, data, ref }));
  }

  /** At once after a quiet second or when it is urgent; else once a second, each 64 frames or 64 KB. @param {number} seq @param {number} characters @param {boolean} urgent */
  acknowledge(seq, characters, urgent) {
    const now = Date.now(), quiet = now - this.#lastFrameAt >= ACK.everyMs, { upTo, frames, characters: before } = this.#unacked;
    this.#lastFrameAt = now;
    this.#unacked = { upTo: Math.max(upTo, seq), frames: frames + 1, characters: before + characters, newestAt: now };
    const full = this.#unacked.frames >= ACK.frames || this.#unacked.characters >= ACK.characters;
    if (quiet || urgent || full) this.#flush();
    else this.#ackTimer ??= setTimeout(() => this.#flush(), Math.max(0, this.#lastAckAt + ACK.everyMs - now));
  }

  #flush() {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    const { upTo, frames, newestAt } = this.#unacked;
    if (!frames) return;
    this.#lastAckAt = Date.now();
    // up_to_seq names the newest frame, so the wait is that frame's: its round trip can be told exactly
    this.send("ack", { up_to_seq: upTo, after_ms: Math.max(0, this.#lastAckAt - newestAt) });
    this.#unacked = { upTo, frames: 0, characters: 0, newestAt: 0 };
  }

  #detach() {
    clearTimeout(this.#silence);
    clearTimeout(this.#ackTimer);
    this.socket.onmessage = this.socket.onclose = null;
  }

  /** Go now, without waiting for the other side. */
  leave() {
    this.#flush();
    this.send("disconnect");
    this.#detach();
    this.socket.close();
  }
}
