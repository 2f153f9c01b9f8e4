// @ts-check
/** The notifications that are loaded: which of them are shown, in which order, folded into threads, and selected. */
import { Selection } from "./selecting/selection.js";

/**
 * @typedef {import("../client.d.ts").Notification} Notification
 * @typedef {"all" | "unread" | "snoozed" | "archived"} View
 * @typedef {{category?: string, min_priority?: string, notification_type?: string, search?: string}} Filters
 * @typedef {{head: Notification, earlier: Notification[]}} Fold  the newest of a thread, and what came before, newest first
 */

export const VIEWS = /** @type {View[]} */ (["all", "unread", "snoozed", "archived"]);
export const PRIORITIES = /** @type {Notification["priority"][]} */ (["low", "normal", "high", "urgent", "critical"]);

/** @type {Record<View, (notification: Notification) => boolean>} */
const FITS = {
  all: ({ archived_at, snoozed_until }) => !archived_at && !snoozed_until,
  unread: ({ archived_at, snoozed_until, is_read }) => !archived_at && !snoozed_until && !is_read,
  snoozed: ({ archived_at, snoozed_until }) => !archived_at && Boolean(snoozed_until),
  archived: ({ archived_at, snoozed_until }) => Boolean(archived_at) && !snoozed_until,
};

export class Model {
  /** @type {View} */ view = "all";
  /** @type {Filters} */ filters = {};
  /** @type {Map<number, Notification>} */ items = new Map();
  /** @type {Set<number>} */ leaving = new Set(); // deleted, as long as that can be undone
  /** @type {Set<number>} */ fresh = new Set(); // arrived before their eyes: drawn once with an accent
  /** @type {Set<string>} */ unfolded = new Set();
  selection = new Selection();

  /** Newest first. @returns {Notification[]} */
  get shown() {
    const fits = (/** @type {Notification} */ one) => FITS[this.view](one) && !this.leaving.has(one.id) && this.#matches(one);
    return [...this.items.values()].filter(fits).sort((one, other) => other.seq - one.seq);
  }

  /** @returns {Fold[]} */
  get folds() {
    /** @type {Map<string, Fold>} */ const threads = new Map();
    /** @type {Fold[]} */ const folds = [];
    for (const notification of this.shown) {
      const { thread } = notification, begun = thread && threads.get(thread);
      if (begun) begun.earlier.push(notification);
      else folds.push({ head: notification, earlier: [] });
      if (thread && !begun) threads.set(thread, /** @type {Fold} */ (folds.at(-1)));
    }
    return folds;
  }

  /** The highest seq that a person has had before their eyes. */
  get highestSeq() {
    return Math.max(0, ...this.shown.map(({ seq }) => seq));
  }

  get isFiltered() {
    return Object.values(this.filters).some(Boolean);
  }

  /** @param {Notification} notification */
  #matches({ category, priority, notification_type: kind, title, message }) {
    const { category: wanted, min_priority: least, notification_type: one, search } = this.filters;
    if (wanted && wanted !== category) return false;
    if (least && PRIORITIES.indexOf(priority) < PRIORITIES.indexOf(/** @type {any} */ (least))) return false;
    if (one && one !== kind) return false;
    return !search || this.found.has(title + message) || `${title}\n${message}`.toLowerCase().includes(search.toLowerCase());
  }

  /** What the server's search has found, by other words than we can see. @type {Set<string>} */ found = new Set();

  /** @param {Notification[]} notifications */
  put(notifications) {
    for (const notification of notifications) this.items.set(notification.id, notification);
  }

  /** The entries from the top, each as the whole of what it stands for: itself, and when it is a folded thread the earlier ones. @returns {number[][]} */
  get rows() {
    return this.folds.flatMap(({ head, earlier }) => {
      const ids = [head, ...earlier].map(({ id }) => id);
      return this.unfolded.has(head.thread ?? "") ? ids.map((id) => [id]) : [ids];
    });
  }

  /** @param {number} id @returns {number[]} */
  standingFor(id) {
    return this.rows.find(([own]) => own === id) ?? [id];
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

  /** As the badge would count them. */
  get unreadLoaded() {
    return [...this.items.values()].filter((one) => FITS.unread(one) && !this.leaving.has(one.id)).length;
  }
}
