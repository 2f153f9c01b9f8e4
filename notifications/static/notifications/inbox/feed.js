// @ts-check
/** What is loaded: page by page, kept up to date by what the client hears, loaded again when something was missed. */

/** @typedef {import("../client.d.ts").Notification} Notification */

const PAGE = 20, MOST = 100; // the server's own bounds of a page
const WHOLE_THREAD = 100;
const RELOAD_AFTER_MS = 200;

export class Feed {
  /** @type {number | null} */ oldest = null; // where the next page goes on; null: there is none
  isLoading = false;
  isLoadingOlder = false;
  /** @type {any} */ failure = null;
  /** @type {any} */ olderFailure = null;
  #loads = 0;
  /** @type {(() => void)[] | null} */ #heardMeanwhile = null; // the answer on its way may not know of it yet
  /** @type {any} */ #reloading;

  /** @param {import("../client.js").TidingsClient} client @param {import("./model.js").Model} model @param {() => void} onChange */
  constructor(client, model, onChange) {
    this.client = client;
    this.model = model;
    this.onChange = onChange;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { model, client } = this;
    const hear = (/** @type {string} */ name, /** @type {(detail: any) => void} */ apply) =>
      client.addEventListener(/** @type {any} */ (name), (/** @type {any} */ { detail }) => this.#hear(() => apply(detail)), { signal });
    hear("notification", ({ notification, live }) => {
      model.put([notification]);
      if (notification.replaces) model.items.delete(notification.replaces);
      if (live) model.fresh.add(notification.id);
    });
    hear("read", ({ ids, up_to_seq: upToSeq, notification_type: kind }) =>
      void model.change(({ id, seq, notification_type }) => (ids ? ids.includes(id) : seq <= upToSeq && (!kind || kind === notification_type)), { is_read: true }));
    hear("changed", ({ id, seq, changes }) => {
      const unknown = !model.items.has(id) && (this.oldest === null || seq >= this.oldest);
      if (unknown) this.loadSoon();
      else model.change((notification) => notification.id === id, changes);
    });
    hear("removed", ({ ids }) => ids.forEach((/** @type {number} */ id) => model.items.delete(id)));
    client.addEventListener("stale", () => this.loadSoon(), { signal });
    client.addEventListener("caught_up", () => this.failure && this.load(), { signal });
    client.addEventListener("reset", async ({ detail }) => {
      await this.load();
      client.acknowledge(detail.last_seq).catch(() => {}); // the next connection's cursor does it too
    }, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#reloading));
  }

  /** @param {() => void} now */
  #hear(now) {
    if (this.#heardMeanwhile) return void this.#heardMeanwhile.push(now);
    now();
    this.onChange();
  }

  /** @param {Record<string, any>} more */
  #ask(more) {
    const { view, filters } = this.model;
    const set = Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
    const query = { page_size: PAGE, ...set, ...more };
    if (view === "unread") return this.client.unread(query);
    return this.client.list(view === "all" ? query : { [view]: true, ...query });
  }

  /** Everything again, as much as is loaded now. What is heard meanwhile is applied on top. */
  async load() {
    const load = ++this.#loads, { model } = this;
    this.#heardMeanwhile ??= [];
    this.isLoading = true;
    this.failure = null;
    this.onChange();
    try {
      const { results, next } = await this.#ask({ page_size: Math.min(MOST, Math.max(PAGE, model.items.size)) });
      if (load !== this.#loads) return;
      model.items.clear();
      this.#take(results, next);
    } catch (error) {
      if (load !== this.#loads) return;
      this.failure = error; // what is there is better than nothing; a reconnect loads again
    }
    this.isLoading = false;
    const heard = this.#heardMeanwhile ?? [];
    this.#heardMeanwhile = null;
    heard.forEach((apply) => apply());
    this.onChange();
  }

  loadSoon() {
    clearTimeout(this.#reloading);
    this.#reloading = setTimeout(() => this.load(), RELOAD_AFTER_MS);
  }

  /** Another view, other filters: from the top. */
  startOver() {
    this.model.items.clear();
    this.model.found.clear();
    this.oldest = null;
    return this.load();
  }

  async loadOlder() {
    const load = this.#loads;
    if (this.oldest === null || this.isLoadingOlder) return;
    this.isLoadingOlder = true;
    this.olderFailure = null;
    this.onChange();
    try {
      const { results, next } = await this.#ask({ before: this.oldest });
      if (load === this.#loads) this.#take(results, next);
    } catch (error) {
      this.olderFailure = error;
    }
    this.isLoadingOlder = false;
    this.onChange();
  }

  /** @param {Notification[]} results @param {string | null} next */
  #take(results, next) {
    const { model } = this;
    model.put(results);
    if (model.filters.search) for (const { title, message } of results) model.found.add(title + message);
    this.oldest = next ? (results.at(-1)?.seq ?? null) : null;
  }

  /** All of a thread that is in this view, though the pages that hold it are not loaded. @param {string} thread */
  async loadThread(thread) {
    const { results } = await this.#ask({ thread, page_size: WHOLE_THREAD });
    this.model.put(results);
    this.onChange();
  }
}
