// @ts-check
/** The notifications on the page: which of them are shown, in which order, as elements that stay themselves. */
import { age, fill, newEntry } from "./entry.js";
import { dayOf } from "./words.js";

/**
 * @typedef {import("./client.js").Notification} Notification
 * @typedef {"all" | "unread" | "archived"} Filter
 */

/** @type {Record<Filter, (notification: Notification) => boolean>} */
const FITS = {
  all: ({ archived_at, snoozed_until }) => !archived_at && !snoozed_until,
  unread: ({ archived_at, snoozed_until, is_read }) => !archived_at && !snoozed_until && !is_read,
  archived: ({ archived_at }) => Boolean(archived_at),
};

export class List {
  /** @type {Filter} */ filter = "all";
  /** @type {Map<number, Notification>} */ items = new Map();
  /** @type {Set<number>} */ fresh = new Set(); // arrived before their eyes: drawn once with an accent
  /** @type {Map<number, HTMLLIElement>} */ #entries = new Map();
  /** @type {WeakMap<HTMLLIElement, Notification>} */ #filled = new WeakMap();
  /** @type {Map<string, HTMLLIElement>} */ #days = new Map();

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    element.addEventListener("focusin", () => this.#rove());
  }

  /** Newest first. @returns {Notification[]} */
  get shown() {
    return [...this.items.values()].filter(FITS[this.filter]).sort((one, other) => other.seq - one.seq);
  }

  /** The highest seq that a person has had before their eyes. */
  get highestSeq() {
    return Math.max(0, ...this.shown.map(({ seq }) => seq));
  }

  /** @param {Notification[]} notifications */
  put(notifications) {
    for (const notification of notifications) this.items.set(notification.id, notification);
  }

  /** @param {(notification: Notification) => boolean} concerned @param {Partial<Notification>} changes @returns {() => void} takes it back */
  change(concerned, changes) {
    const before = [...this.items.values()].filter(concerned);
    const names = /** @type {(keyof Notification)[]} */ (Object.keys(changes));
    this.put(before.map((notification) => ({ ...notification, ...changes })));
    return () => before.forEach((old) => this.#restore(old, names, changes));
  }

  /** Only what nobody changed since. @param {Notification} old @param {(keyof Notification)[]} names @param {Partial<Notification>} changes */
  #restore(old, names, changes) {
    const now = this.items.get(old.id);
    if (!now) return;
    const ours = names.filter((name) => now[name] === changes[name]).map((name) => [name, old[name]]);
    this.items.set(old.id, { ...now, ...Object.fromEntries(ours) });
  }

  /** @param {number} nowMs */
  draw(nowMs) {
    const focused = document.activeElement?.closest("li.entry");
    const next = focused?.nextElementSibling ?? focused?.previousElementSibling;
    const wanted = this.#wanted(nowMs);
    for (const child of [...this.element.children]) if (!wanted.includes(/** @type {HTMLLIElement} */ (child))) child.remove();
    let place = this.element.firstElementChild; // in order already, where nothing moved: what has the focus keeps it
    for (const child of wanted) {
      if (child === place) place = place.nextElementSibling;
      else this.element.insertBefore(child, place);
    }
    if (focused && !focused.isConnected) this.focus(next?.isConnected ? next : this.element.lastElementChild);
    this.#rove();
  }

  /** @param {number} nowMs */
  #wanted(nowMs) {
    const wanted = [], entries = new Map();
    let lastDay = "";
    for (const notification of this.shown) {
      const day = dayOf(notification.created_at, nowMs), entry = this.#entries.get(notification.id) ?? newEntry();
      if (day !== lastDay) wanted.push(this.#day((lastDay = day)));
      if (this.#filled.get(entry) !== notification) fill(entry, notification, nowMs);
      this.#filled.set(entry, notification);
      entry.classList.toggle("fresh", this.fresh.delete(notification.id) || entry.classList.contains("fresh"));
      entries.set(notification.id, entry);
      wanted.push(entry);
    }
    this.#entries = entries;
    return wanted;
  }

  /** @param {string} day */
  #day(day) {
    const found = this.#days.get(day);
    if (found) return found;
    const made = document.createElement("li"), heading = document.createElement("h2");
    heading.textContent = day;
    made.className = "day";
    made.append(heading);
    this.#days.set(day, made);
    return made;
  }

  /** @param {number} nowMs */
  grow(nowMs) {
    for (const [id, entry] of this.#entries) {
      const notification = this.items.get(id);
      if (notification) age(entry, notification, nowMs);
    }
  }

  /** @param {1 | -1} step */
  move(step) {
    const entries = [...this.element.querySelectorAll("li.entry")];
    const here = entries.findIndex((entry) => entry.contains(document.activeElement));
    this.focus(entries[Math.min(Math.max(here + step, 0), entries.length - 1)]);
  }

  /** @param {Element | null | undefined} entry */
  focus(entry) {
    const target = entry?.querySelector("article") ?? this.element;
    target.focus();
  }

  /** One entry is in the tab order, the arrows do the rest. */
  #rove() {
    const articles = [...this.element.querySelectorAll("article")];
    const current = articles.find((article) => article.contains(document.activeElement)) ?? articles.find(({ tabIndex }) => tabIndex === 0) ?? articles[0];
    for (const article of articles) article.tabIndex = article === current ? 0 : -1;
  }
}
