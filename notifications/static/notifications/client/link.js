/** One way to the server while it lasts: it notices silence, and acknowledges as docs/protocol.md asks. */

const SIGN_IN_MS = 10_000; // the server's own patience
const HEARTBEATS = 2.5; // of silence, then the link is dead
const PROBED_MS = 5_000; // patience with a link that has just been asked
const ACK = { everyMs: 1_000, frames: 64, characters: 65_536 };

export const ABNORMAL = 1006; // RFC 6455 §7.4.1: gone without a word

export class Link {
  signedIn = false;
  live = false; // the backlog is through
  resuming = false;
  onFrame = () => {};
  onGone = () => {};
  #silenceMs = SIGN_IN_MS;
  #unacked = { upTo: 0, frames: 0, characters: 0, newestAt: 0 };
  #lastFrameAt = -Infinity;
  #lastAckAt = -Infinity;
  #silence;
  #ackTimer;

  constructor(kind) {
    this.kind = kind;
    this.heard();
  }

  expectHeartbeat(heartbeatS) {
    this.#silenceMs = HEARTBEATS * 1000 * heartbeatS;
    this.heard();
  }

  heard(silenceMs = this.#silenceMs) {
    clearTimeout(this.#silence);
    // A dead network fires no `close`, and close() would wait for the other side: leave first, then say so.
    this.#silence = setTimeout(() => this.fail(), Math.min(silenceMs, 2 ** 31 - 1));
  }

  fail() {
    this.leave();
    this.onGone(this, ABNORMAL);
  }

  /** The machine may have slept, or changed its network: is anybody there? */
  probe() {
    this.send("ping");
    this.heard(PROBED_MS);
  }

  /** At once after a quiet second or when it is urgent; else once a second, each 64 frames or 64 KB. */
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

  /** What only a socket can say is not said elsewhere. */
  send(event, data, ref) {}

  /** Go now, without waiting for the other side. */
  leave() {
    this.#flush();
    this.send("disconnect");
    this.detach();
  }

  detach() {
    clearTimeout(this.#silence);
    clearTimeout(this.#ackTimer);
    this.onFrame = () => {};
  }
}

export class SocketLink extends Link {
  constructor(socket) {
    super("websocket");
    this.socket = socket;
    socket.onmessage = ({ data }) => (this.heard(), this.onFrame(this, JSON.parse(data), data.length));
    socket.onclose = ({ code }) => (this.detach(), this.onGone(this, code));
  }

  send(event, data = {}, ref) {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify({ event, data, ref }));
  }

  detach() {
    super.detach();
    this.socket.onmessage = this.socket.onclose = null;
  }

  leave() {
    super.leave();
    this.socket.close();
  }
}
