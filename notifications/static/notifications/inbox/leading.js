// @ts-check
/**
 * Of a browser's tabs one leads: it shows the toasts, makes the sound. The one that somebody looked at last, because a toast in a hidden
 * tab is a toast that nobody sees. And whatever the tabs do, each notification is claimed once: the mark is shared by all of them.
 */
export class Leading {
  leads = false;
  /** @type {(() => void) | null} */ #letGo = null;

  /** @param {string} name @param {Pick<Storage, "getItem" | "setItem">} [shelf] */
  constructor(name, shelf) {
    this.name = `tidings:lead:${name}`;
    this.shelf = () => shelf ?? globalThis.localStorage;
  }

  /** @param {AbortSignal} signal */
  start(signal) {
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
    return new Promise((done) => (this.#letGo = () => done((this.leads = false))));
  }

  /** Another tab leads; when it is closed, the next in the queue does. */
  #stolen() {
    this.leads = false;
    if (!this.signal?.aborted) this.#take({ signal: this.signal });
  }

  /** Whether it is for this tab to show it. @param {number} seq */
  claims(seq) {
    if (!this.leads) return false;
    try {
      if (Number(this.shelf().getItem(this.name) ?? 0) >= seq) return false;
      this.shelf().setItem(this.name, String(seq));
    } catch {
      // blocked: the lock alone decides
    }
    return true;
  }

  /** After a reset, seqs begin anew. @param {number} seq */
  resetTo(seq) {
    try {
      this.shelf().setItem(this.name, String(seq));
    } catch {
      // as above
    }
  }
}
