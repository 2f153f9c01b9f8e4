// @ts-check
/** The notifications as elements that stay themselves while nothing about them changes, under the days they came. */
import { age, entryOf } from "./entry.js";
import { make } from "./make.js";

/** @typedef {import("../../client.d.ts").Notification} Notification */
/** @typedef {import("../words/words.js").Words} Words */
/** @typedef {{entry: HTMLLIElement, notification: Notification, folded: string}} Drawn */

export class List {
  /** @type {Map<number, Drawn>} */ #drawn = new Map();
  /** @type {Map<string, HTMLLIElement>} */ #days = new Map();
  /** @type {Set<number>} */ #opened = new Set(); // whose whole message is shown

  /** @param {import("../model.js").Model} model @param {Words} words */
  constructor(model, words) {
    this.model = model;
    this.words = words;
    this.element = make("ul.list", { id: "list", role: "list", tabindex: "-1", part: "list", onfocusin: () => this.#rove() });
  }

  get focusedId() {
    return this.#focused ? Number(/** @type {HTMLElement} */ (this.#focused).dataset.id) : null;
  }

  get #focused() {
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    return root.activeElement?.closest("li.entry") ?? null;
  }

  /** @param {number} nowMs */
  draw(nowMs) {
    const focused = /** @type {HTMLElement | null} */ (this.#focused), id = Number(focused?.dataset.id), within = focused && this.#focusedPart();
    const next = focused?.nextElementSibling ?? focused?.previousElementSibling;
    const wanted = this.#wanted(nowMs);
    for (const child of [...this.element.children]) if (!wanted.includes(child)) child.remove();
    let place = this.element.firstElementChild; // in order already, where nothing moved: what has the focus keeps it
    for (const child of wanted) {
      if (child === place) place = place.nextElementSibling;
      else this.element.insertBefore(child, place);
    }
    this.#drawSelection();
    if (focused && !focused.isConnected) this.#focusAgain(this.#drawn.get(id)?.entry, within, next);
    this.#rove();
  }

  #drawSelection() {
    const { selection, rows } = this.model;
    this.element.classList.toggle("selecting", selection.isOn);
    for (const row of rows) {
      const entry = this.#drawn.get(row[0])?.entry, box = entry?.querySelector(".choose input"), chosen = selection.of(row);
      entry?.classList.toggle("selected", chosen !== "none");
      if (box) Object.assign(box, { checked: chosen === "all", indeterminate: chosen === "some" });
    }
  }

  /** Of the button or article that has the focus: by what to find it again in an entry that was drawn anew. */
  #focusedPart() {
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    const act = root.activeElement?.closest("[data-act]")?.getAttribute("data-act");
    return act ? `[data-act="${act}"]` : "article";
  }

  /** @param {HTMLElement | undefined} same @param {string | null} within @param {Element | null | undefined} next */
  #focusAgain(same, within, next) {
    const part = same && /** @type {HTMLElement | null} */ (same.querySelector(within ?? "article") ?? same.querySelector("article"));
    if (part) part.focus();
    else this.focus(next?.isConnected ? next : this.element.lastElementChild);
  }

  /** @param {number} nowMs */
  #wanted(nowMs) {
    const { model } = this, wanted = [], /** @type {Map<number, Drawn>} */ drawn = new Map();
    let lastDay = "";
    for (const { head, earlier } of model.folds) {
      const day = this.words.dayOf(head.created_at, nowMs), isUnfolded = model.unfolded.has(head.thread ?? "");
      if (day !== lastDay) wanted.push(this.#day((lastDay = day)));
      wanted.push(this.#entry(head, earlier.length, isUnfolded, nowMs, drawn));
      if (isUnfolded) for (const one of earlier) wanted.push(this.#entry(one, 0, true, nowMs, drawn));
      drawn.get(head.id)?.entry.classList.toggle("has-unread", !isUnfolded && earlier.some(({ is_read }) => !is_read));
      for (const one of earlier) drawn.get(one.id)?.entry.classList.add("earlier");
    }
    this.#drawn = drawn;
    return wanted;
  }

  /** @param {Notification} notification @param {number} earlier @param {boolean} isUnfolded @param {number} nowMs @param {Map<number, Drawn>} drawn @returns {HTMLLIElement} */
  #entry(notification, earlier, isUnfolded, nowMs, drawn) {
    const { id } = notification, before = this.#drawn.get(id), folded = `${earlier}${isUnfolded}`;
    const same = before?.notification === notification && before.folded === folded;
    const entry = same ? before.entry : entryOf(notification, earlier, isUnfolded, this.words, nowMs);
    entry.classList.toggle("fresh", this.model.fresh.delete(id) || Boolean(before?.entry.classList.contains("fresh")));
    entry.classList.toggle("opened", this.#opened.has(id));
    drawn.set(id, { entry, notification, folded });
    return entry;
  }

  /** @param {string} day @returns {HTMLLIElement} */
  #day(day) {
    const found = this.#days.get(day) ?? make("li.day", { part: "day" }, make("h2", {}, day));
    this.#days.set(day, found);
    return found;
  }

  /** The whole message, or its beginning. @param {number} id */
  toggle(id) {
    if (!this.#opened.delete(id)) this.#opened.add(id);
    this.#drawn.get(id)?.entry.classList.toggle("opened");
  }

  /** @param {number} nowMs */
  grow(nowMs) {
    for (const { entry, notification } of this.#drawn.values()) age(entry, notification, this.words, nowMs);
  }

  /** @param {1 | -1} step */
  move(step) {
    const entries = [...this.element.querySelectorAll("li.entry")], here = this.#focused ? entries.indexOf(this.#focused) : -1;
    this.focus(entries[Math.min(Math.max(here + step, 0), entries.length - 1)]);
  }

  /** @param {Element | null | undefined} entry */
  focus(entry) {
    const target = /** @type {HTMLElement} */ (entry?.querySelector("article") ?? this.element);
    target.focus();
  }

  /** @param {number} id */
  focusOn(id) {
    this.focus(this.#drawn.get(id)?.entry);
  }

  /** On the entry at this place, or the nearest that is still there. @param {number[]} ids @param {number} place */
  focusNear(ids, place) {
    const near = [...ids.slice(place), ...ids.slice(0, place).reverse()].find((id) => this.#drawn.has(id));
    this.focus(near === undefined ? null : this.#drawn.get(near)?.entry);
  }

  /** One entry is in the tab order, the arrows do the rest. */
  #rove() {
    const articles = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll("article")]), focused = this.#focused;
    const current = articles.find((article) => focused?.contains(article)) ?? articles.find(({ tabIndex }) => tabIndex === 0) ?? articles[0];
    for (const article of articles) {
      const box = /** @type {HTMLElement} */ (article.querySelector(".choose input"));
      article.tabIndex = box.tabIndex = article === current ? 0 : -1;
    }
  }
}
