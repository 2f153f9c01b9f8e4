/** A connection that comes back by itself: back-off, close codes, a second link before a server goes away, and down and up the ladder of transports. */
import { ABNORMAL } from "./link.js";
import { RequestFailed } from "./rest.js";

export const SIGN_IN_AGAIN = 4401;
const NOT_ALLOWED = 4403; // these two stop; after all other close codes we come back
const TOO_MANY = 4429;
const BACK_OFF = { firstMs: 500, longestMs: 30_000, stableMs: 30_000, offlineAfter: 4 };
const CLIMB = { firstMs: 10_000, longestMs: 300_000 }; // how soon a better transport is tried again
const PATIENCE = 3; // tries in a row for a transport that has worked before, then the next one; else one
const LONGEST_TIMER_MS = 2 ** 31 - 1; // beyond, setTimeout fires at once

/**
 * @typedef {"connecting" | "online" | "offline" | "signed_out"} State
 * @typedef {"websocket" | "sse" | "polling"} Kind
 * @typedef {import("./link.js").Link} Link
 * @typedef {object} Owner
 * @property {Kind[]} kinds  the best first
 * @property {(kind: Kind) => Promise<() => Link>} open  the ticket first; then it can be opened
 * @property {Link["onFrame"]} onFrame
 * @property {() => void} onLost
 * @property {(state: State, via: Kind | null, code?: number) => void} onState
 */

export class Connection {
  /** @type {State} */ state = "offline";
  /** @type {Kind | null} */ via = null;
  /** @type {Link | null} */ link = null;
  #successor = null; // opened before the old one is left
  #timers = {};
  /** @type {Set<Kind>} */ #proven = new Set();
  #wanted = false;
  #attempt = 0;
  #tries = 0;
  #rung = 0;
  #strikes = 0;
  #climbs = 0;

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
    this.#tries = this.#rung = this.#strikes = 0;
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
    if (link !== this.link) return;
    link.signedIn = true;
    this.#proven.add(link.kind);
    const rung = this.owner.kinds.indexOf(link.kind);
    if (rung !== this.#rung) this.#climbs = 0; // one step up: perhaps there is another
    this.#rung = rung;
    this.#strikes = 0;
    link.expectHeartbeat(heartbeatS);
    this.after("stable", BACK_OFF.stableMs, () => (this.#tries = 0));
    if (this.#rung) this.#climbLater();
    else this.#climbs = 0;
    this.#become("online");
  }

  /** The server is going away: another link first, then leave this one. @param {number} afterMs */
  makeWay(afterMs) {
    this.after("drain", afterMs, () => this.#successor ?? this.#open());
  }

  /** One timer of a name; it ends with the connection's end. @param {string} name @param {number} ms @param {() => void} then */
  after(name, ms, then) {
    this.#cancel(name);
    this.#timers[name] = setTimeout(() => (this.#cancel(name), then()), Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
  }

  #cancel(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }

  async #open(rung = this.#rung) {
    this.#cancel("retry");
    const attempt = ++this.#attempt, { owner } = this;
    if (!this.link && this.#tries <= BACK_OFF.offlineAfter) this.#become("connecting");
    try {
      const make = await owner.open(owner.kinds[rung]);
      if (attempt !== this.#attempt) return; // stop() or a later attempt came while the ticket was fetched
      const link = make();
      Object.assign(link, { onFrame: owner.onFrame, onGone: (gone, code) => this.#gone(gone, code) });
      if (this.link) this.#successor = link;
      else this.link = link;
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof RequestFailed && [401, 403].includes(error.status)) this.stop("signed_out", SIGN_IN_AGAIN);
      else if (this.link) this.#climbLater();
      else this.#comeBack(ABNORMAL, owner.kinds[rung], false);
    }
  }

  /** Something better is tried beside what works, ever more rarely, and takes over when it has signed in. */
  #climbLater() {
    if (!this.#rung) return;
    const round = Math.floor(this.#climbs / this.#rung), above = this.#climbs++ % this.#rung;
    this.after("climb", Math.min(CLIMB.longestMs, CLIMB.firstMs * 2 ** round), () => this.#climb(above));
  }

  #climb(rung) {
    this.#cancel("climb");
    if (!this.#successor) this.#open(rung);
  }

  #gone(link, code) {
    if (code === SIGN_IN_AGAIN || code === NOT_ALLOWED) return this.stop("signed_out", code);
    if (link === this.#successor) {
      this.#successor = null;
      this.#climbLater();
    }
    if (link !== this.link) return; // the old one still serves; its own end brings us back
    this.link = this.#successor;
    this.#successor = null;
    this.#cancel("stable");
    this.owner.onLost();
    if (this.link) this.#become("connecting", code);
    else this.#comeBack(code, link.kind, link.signedIn);
  }

  /** Full jitter, so that a restarted server does not meet everybody at once. */
  #comeBack(code, kind, worked) {
    if (code === TOO_MANY) this.#tries = Math.max(this.#tries, BACK_OFF.offlineAfter);
    const atOnce = !worked && code < 4000 && this.#stepDown(kind);
    const longestMs = Math.min(BACK_OFF.longestMs, BACK_OFF.firstMs * 2 ** (atOnce ? 0 : this.#tries++));
    this.after("retry", atOnce ? 0 : Math.random() * longestMs, () => this.#open());
    const offline = this.#tries > BACK_OFF.offlineAfter || globalThis.navigator?.onLine === false;
    this.#become(offline ? "offline" : "connecting", code);
  }

  /** Whether the next transport is to be tried at once; after the last one the first has its turn again, in its time. */
  #stepDown(kind) {
    if (++this.#strikes < (this.#proven.has(kind) ? PATIENCE : 1)) return false;
    this.#strikes = 0;
    this.#rung = (this.#rung + 1) % this.owner.kinds.length;
    return this.#rung > 0;
  }

  /** The network or the tab is back: do not sit out the pause, and do not trust the link. */
  #hurry = () => {
    if (globalThis.document?.hidden) return;
    if (this.#timers.retry) this.#open();
    else if (this.state === "online") {
      this.link?.probe();
      if (this.#timers.climb) this.#climb(0);
    }
  };

  #become(state, code) {
    const via = state === "online" ? (this.link?.kind ?? null) : null;
    if (state === this.state && via === this.via) return;
    this.state = state;
    this.via = via;
    this.owner.onState(state, via, code);
  }
}
