/**
 * How far this tab has come in one person's notifications on one endpoint: {epoch, seq, rev}.
 *
 * Several tabs share one browser. Each tab has its own cursor, in memory and in sessionStorage, and only that one is ever sent or compared:
 * what another tab received can never hide a frame from this one. localStorage holds the furthest cursor of the browser; it is read once,
 * by a tab that has none of its own and loads its list over REST anyway, so that a new tab does not announce what the last one did.
 * A duplicated tab starts with a copy and goes its own way from there.
 *
 * @typedef {Pick<Storage, "getItem" | "setItem">} Shelf
 */

export class Cursor {
  /** @type {string | null} */ epoch = null;
  /** @type {number | null} */ seq = null; // null: nothing received yet, so nothing to send
  /** @type {number | null} */ rev = null; // of the rows as the view shows them

  constructor(endpoint, userId, shared, own) {
    this.endpoint = endpoint;
    this.userId = userId;
    this.shared = () => shared ?? globalThis.localStorage; // a getter that throws where the browser blocks it
    this.own = () => own ?? globalThis.sessionStorage;
    if (userId !== null) Object.assign(this, this.#read(this.own) ?? this.#read(this.shared));
  }

  /** It only rises, except by a reset. */
  advance(seq) {
    this.seq = Math.max(this.seq ?? 0, seq);
    this.save();
  }

  save() {
    if (this.seq === null || this.userId === null) return;
    this.#write(this.own);
    const furthest = this.#read(this.shared);
    if (!furthest || furthest.epoch !== this.epoch || furthest.seq <= this.seq) this.#write(this.shared);
  }

  get #place() {
    return `tidings:${this.endpoint}:${this.userId}`;
  }

  #read(shelf) {
    try {
      return JSON.parse(shelf().getItem(this.#place) ?? "null");
    } catch {
      return null; // blocked, or not ours: memory alone serves
    }
  }

  #write(shelf) {
    try {
      shelf().setItem(this.#place, JSON.stringify({ epoch: this.epoch, seq: this.seq, rev: this.rev }));
    } catch {
      // full or blocked: memory alone serves
    }
  }
}
