// @ts-check
/**
 * Of a browser's tabs one leads: it shows the toasts, makes the sound. The one that somebody looked at last, because a toast in a hidden
 * tab is a toast that nobody sees. And whatever the tabs do, each notification is claimed once: the mark is shared by all of them.
 * What comes between one that closes and the next that leads was offered to all and claimed by none: the next one finds it kept.
 */

/** @typedef {import("../client.d.ts").Notification} Notification */

const KEPT_MS = 5_000;

export class Leading {
  leads = false;
  /** @type {{notification: Notification, at: number}[]} */ #offered = [];
  /** @type {(() => void) | null} */ #letGo = null;

  /** @param {string} name @param {Pick<Storage, "getItem" | "setItem">} [shelf] */
  constructor(name, shelf) {
    this.name = `tidings:lead:${name}`;
    this.shelf = () => shelf ?? globalThis.localStorage;
  }

  /** @param {AbortSignal} signal @param {(late: Notification[]) => void} onLate shows what it finds kept */
  start(signal, onLate) {
    this.onLate = onLate;
    const { locks } = navigator;
    this.leads = !locks; // no locks on pages without TLS: there the mark alone decides
    if (!locks) return;
    const look = () => !document.hidden && !this.leads && this.#take({ steal: true });
    document.addEventListener("visibilitychange", look, { signal });
    globalThis.addEventListener("focus", look, { signal });
    signal.addEventListener("abort", () => this.#letGo?.());
    this.signal = signal;
    if (document.hidden) this.#take({ signal });
    else look();
  }

  /** @param {LockOptions} how */
  #take(how) {
    navigator.locks.request(this.name, how, () => this.#hold()).catch(() => this.#stolen());
  }

  #hold() {
    if (this.signal?.aborted) return;
    this.leads = true;
    const late = this.#recent().map(({ notification }) => notification).sort((one, other) => one.seq - other.seq)
      .filter(({ seq }) => this.#marks(seq, { blocked: false })); // without a mark it may have been shown, and twice is worse than never
    this.#offered = [];
    if (late.length) this.onLate?.(late);
    return new Promise((done) => (this.#letGo = () => done((this.leads = false))));
  }

  /** Another tab leads; when it is closed, the next in the queue does. */
  #stolen() {
    this.leads = false;
    if (!this.signal?.aborted) this.#take({ signal: this.signal });
  }

  /** Whether it is for this tab to show it, now. @param {Notification} notification */
  claims(notification) {
    if (this.leads) return this.#marks(notification.seq, { blocked: true }); // then the lock alone decides
    this.#offered = [...this.#recent(), { notification, at: Date.now() }];
    return false;
  }

  #recent() {
    return this.#offered.filter(({ at }) => Date.now() - at < KEPT_MS);
  }

  /** Whether no tab had claimed it. @param {number} seq @param {{blocked: boolean}} otherwise where nothing can be stored */
  #marks(seq, { blocked }) {
    try {
      if (Number(this.shelf().getItem(this.name) ?? 0) >= seq) return false;
      this.shelf().setItem(this.name, String(seq));
    } catch {
      return blocked;
    }
    return true;
  }

  /** After a reset, seqs begin anew. @param {number} seq */
  resetTo(seq) {
    this.#offered = [];
    try {
      this.shelf().setItem(this.name, String(seq));
    } catch {
      // blocked: there is no mark
    }
  }
}
