// @ts-check
/** A connection that comes back by itself: back-off, close codes, and a second socket before a server goes away. */
import { ABNORMAL, Link } from "./link.js";
import { RequestFailed } from "./rest.js";

export const SIGN_IN_AGAIN = 4401;
const NOT_ALLOWED = 4403; // these two stop; after all other close codes we come back
const TOO_MANY = 4429;
const SUBPROTOCOL = "tidings.v1";
const BACK_OFF = { firstMs: 500, longestMs: 30_000, stableMs: 30_000, offlineAfter: 4 };
const LONGEST_TIMER_MS = 2 ** 31 - 1; // beyond, setTimeout fires at once

/**
 * @typedef {"connecting" | "online" | "offline" | "signed_out"} State
 * @typedef {object} Owner
 * @property {typeof globalThis.WebSocket | undefined} Socket
 * @property {() => string} address
 * @property {() => Promise<string | undefined>} credential  goes as a subprotocol: addresses end up in logs
 * @property {(link: Link, text: string) => void} onText
 * @property {() => void} onLost
 * @property {(state: State, code?: number) => void} onState
 */

export class Connection {
  /** @type {State} */ state = "offline";
  /** @type {Link | null} */ link = null;
  /** @type {Link | null} */ #successor = null; // opened before the old one is left
  /** @type {Record<string, ReturnType<typeof setTimeout> | undefined>} */ #timers = {};
  #wanted = false;
  #attempt = 0;
  #tries = 0;

  /** @param {Owner} owner */
  constructor(owner) {
    this.owner = owner;
  }

  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    globalThis.addEventListener?.("online", this.#hurry);
    globalThis.document?.addEventListener("visibilitychange", this.#hurry);
    this.#open();
  }

  /** @param {State} state @param {number} [code] */
  stop(state, code) {
    this.#wanted = false;
    this.#attempt++;
    this.#tries = 0;
    for (const link of [this.link, this.#successor]) link?.leave();
    this.link = this.#successor = null;
    for (const name of Object.keys(this.#timers)) this.#cancel(name);
    globalThis.removeEventListener?.("online", this.#hurry);
    globalThis.document?.removeEventListener("visibilitychange", this.#hurry);
    this.#become(state, code);
    this.owner.onLost();
  }

  /** The server knows who we are: from here on this link is the one. @param {Link} link @param {number} heartbeatS */
  signedIn(link, heartbeatS) {
    if (link === this.#successor) {
      this.link?.leave();
      this.link = link;
      this.#successor = null;
      this.owner.onLost();
    }
    link.expectHeartbeat(heartbeatS);
    this.after("stable", BACK_OFF.stableMs, () => (this.#tries = 0));
    this.#become("online");
  }

  /** The server is going away: another socket first, then leave this one. @param {number} afterMs */
  makeWay(afterMs) {
    this.after("drain", afterMs, () => this.#successor ?? this.#open());
  }

  /** One timer of a name; it ends with the connection's end. @param {string} name @param {number} ms @param {() => void} then */
  after(name, ms, then) {
    this.#cancel(name);
    this.#timers[name] = setTimeout(() => (this.#cancel(name), then()), Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
  }

  /** @param {string} name */
  #cancel(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }

  async #open() {
    this.#cancel("retry");
    const attempt = ++this.#attempt, { owner } = this;
    if (!this.link && this.#tries <= BACK_OFF.offlineAfter) this.#become("connecting");
    try {
      const credential = await owner.credential();
      if (attempt !== this.#attempt) return; // stop() or a later attempt came while the ticket was fetched
      const Socket = owner.Socket ?? WebSocket;
      const socket = credential ? new Socket(owner.address(), [SUBPROTOCOL, credential]) : new Socket(owner.address());
      const link = new Link(socket, owner.onText, (gone, code) => this.#gone(gone, code));
      if (this.link) this.#successor = link;
      else this.link = link;
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof RequestFailed && [401, 403].includes(error.status)) this.stop("signed_out", SIGN_IN_AGAIN);
      else if (!this.link) this.#comeBack(ABNORMAL);
    }
  }

  /** @param {Link} link @param {number} code */
  #gone(link, code) {
    if (code === SIGN_IN_AGAIN || code === NOT_ALLOWED) return this.stop("signed_out", code);
    if (link === this.#successor) this.#successor = null;
    if (link !== this.link) return; // the old one still serves; its own end brings us back
    this.link = this.#successor;
    this.#successor = null;
    this.#cancel("stable");
    this.owner.onLost();
    if (this.link) this.#become("connecting", code);
    else this.#comeBack(code);
  }

  /** Full jitter, so that a restarted server does not meet everybody at once. @param {number} code */
  #comeBack(code) {
    if (code === TOO_MANY) this.#tries = Math.max(this.#tries, BACK_OFF.offlineAfter);
    const longestMs = Math.min(BACK_OFF.longestMs, BACK_OFF.firstMs * 2 ** this.#tries++);
    this.after("retry", Math.random() * longestMs, () => this.#open());
    const offline = this.#tries > BACK_OFF.offlineAfter || globalThis.navigator?.onLine === false;
    this.#become(offline ? "offline" : "connecting", code);
  }

  /** The network or the tab is back: do not sit out the pause, and do not trust the link. */
  #hurry = () => {
    if (globalThis.document?.hidden) return;
    if (this.#timers.retry) this.#open();
    else if (this.state === "online") this.link?.probe();
  };

  /** @param {State} state @param {number} [code] */
  #become(state, code) {
    if (state === this.state) return;
    this.state = state;
    this.owner.onState(state, code);
  }
}
