// @ts-check
/** Which notifications are selected. By notification, not by entry: what joins a thread later was not chosen. */

const MOST = 1_000; // ids in one request: docs/protocol.md §4

/** @typedef {number[]} Row  what one entry of the list stands for, its own id first */

export class Selection {
  /** @type {Set<number>} */ ids = new Set();
  #isBegun = false; // by the button in the head, which has nothing to select yet
  #anchor = 0; // where a range begins,
  #end = 0; // where it ends,
  /** @type {number[]} */ #before = []; // and what was selected without it

  get isOn() {
    return this.#isBegun || this.ids.size > 0;
  }

  begin() {
    this.#isBegun = true;
  }

  finish() {
    this.#isBegun = false;
    this.#anchor = this.#end = 0;
    this.ids.clear();
  }

  /** @param {Row} row @returns {"all" | "some" | "none"} */
  of(row) {
    const count = row.filter((id) => this.ids.has(id)).length;
    return !count ? "none" : count === row.length ? "all" : "some";
  }

  /** @param {Row} row */
  toggle(row) {
    const isAll = this.of(row) === "all";
    this.#set(isAll ? [...this.ids].filter((id) => !row.includes(id)) : [...this.ids, ...row]);
    this.#begin(row[0]);
  }

  /** From where the last range ends, or else from `from`; a shorter one lets go again. @param {Row[]} rows @param {number} to @param {number} from */
  extend(rows, to, from) {
    const place = (/** @type {number} */ id) => rows.findIndex(([own]) => own === id);
    if (place(this.#anchor) < 0) this.#begin(from);
    const [first, last] = [place(this.#anchor), place(to)].sort((one, other) => one - other);
    this.#set([...this.#before, ...rows.slice(Math.max(0, first), last + 1).flat()]);
    this.#end = to;
  }

  /** As with the keys: who has gone on without Shift begins anew. @param {Row[]} rows @param {number} to @param {number} from */
  step(rows, to, from) {
    if (from !== this.#end) this.#begin(from);
    this.extend(rows, to, from);
  }

  /** @param {Row[]} rows */
  all(rows) {
    this.#set(rows.flat());
  }

  /** What has left the list is not acted upon. @param {{id: number}[]} shown */
  keep(shown) {
    const there = new Set(shown.map(({ id }) => id));
    this.#set([...this.ids].filter((id) => there.has(id)));
  }

  /** @param {number} anchor */
  #begin(anchor) {
    this.#anchor = this.#end = anchor;
    this.#before = [...this.ids];
  }

  /** @param {number[]} ids */
  #set(ids) {
    this.ids = new Set([...new Set(ids)].slice(0, MOST));
  }
}
