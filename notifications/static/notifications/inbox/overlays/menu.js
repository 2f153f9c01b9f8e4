// @ts-check
/** A small panel beside what opened it: in the top layer, closed by Escape and by a click elsewhere. */
import { icon, make } from "../view/make.js";

const GAP = 6, EDGE = 8; // px

/** @typedef {import("../words/words.js").Words} Words */

export class Menu {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.element = make("div.menu", { popover: "auto", role: "dialog", part: "menu", onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event) });
    this.element.addEventListener("toggle", (/** @type {any} */ { newState }) => newState === "closed" && this.#closed());
    root.append(this.element);
    /** @type {HTMLElement | null} */ this.anchor = null;
  }

  /** @param {HTMLElement} anchor @param {string} label @param {Node[]} content */
  open(anchor, label, content) {
    this.anchor = anchor;
    this.element.setAttribute("aria-label", label);
    this.element.replaceChildren(...content);
    anchor.setAttribute("aria-expanded", "true");
    this.element.showPopover();
    this.#place();
    this.#items[0]?.focus();
  }

  close() {
    this.element.hidePopover();
  }

  /** Under its anchor and in line with its end; above, where there is no room below. By CSSOM: no style attribute is parsed. */
  #place() {
    const { element, anchor } = this;
    if (!anchor) return;
    const at = anchor.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = element;
    const toEnd = getComputedStyle(anchor).direction === "rtl" ? at.left : at.right - width;
    const below = at.bottom + GAP, fits = below + height <= innerHeight - EDGE;
    element.style.left = `${Math.max(EDGE, Math.min(toEnd, innerWidth - width - EDGE))}px`;
    element.style.top = `${fits ? below : Math.max(EDGE, at.top - GAP - height)}px`;
  }

  get #items() {
    return /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll("[role^=menuitem], select, input, button")]);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], target = /** @type {HTMLElement} */ (event.target);
    event.stopPropagation();
    if (!step || !target.matches("[role=menuitem]")) return;
    const items = this.#items.filter((one) => one.matches("[role=menuitem]"));
    items[(items.indexOf(target) + step + items.length) % items.length]?.focus();
    event.preventDefault();
  }

  #closed() {
    const root = /** @type {ShadowRoot} */ (this.element.getRootNode()), { anchor } = this;
    anchor?.setAttribute("aria-expanded", "false");
    if (!root.activeElement || this.element.contains(root.activeElement)) anchor?.focus();
  }
}

/** Under the arrow keys. @param {string} label @param {...HTMLElement} content */
export function items(label, ...content) {
  return make("div", { role: "menu", "aria-label": label }, ...content);
}

/** @param {string} name @param {string} text @param {() => void} then @param {string} [aside] */
export function item(name, text, then, aside) {
  return make("button.item", { role: "menuitem", onclick: then }, name && icon(name), make("span.grow", {}, text), aside && make("span.quiet", {}, aside));
}

/** When it may come back: some times that people mean, and any other. @param {Words} words @param {Date} now @param {(until: Date) => void} choose @returns {HTMLElement[]} */
export function snoozeTimes(words, now, choose) {
  const { says } = words;
  const offered = presets(now).map(({ name, at }) => item("", /** @type {Record<string, any>} */ (says)[name], () => choose(at), words.ahead(at, now.getTime())));
  const field = make("input", { type: "datetime-local", "aria-label": says.ownTime, min: local(now), value: local(presets(now).at(-1)?.at ?? now) });
  const set = () => field.value && new Date(field.value) > new Date() && choose(new Date(field.value));
  return [make("p.heading", {}, says.snoozeUntil), items(says.snoozeUntil, ...offered), make("form.own", { onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), set()) }, field, make("button.small", { type: "submit" }, says.set))];
}

/** @param {Date} now */
export function presets(now) {
  const at = (/** @type {number} */ days, /** @type {number} */ hour) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const untilMonday = (8 - now.getDay()) % 7 || 7, evening = at(0, 18);
  return [
    { name: "laterToday", at: new Date(now.getTime() + 3 * 3_600_000) },
    ...(evening.getTime() - now.getTime() > 3_600_000 ? [{ name: "thisEvening", at: evening }] : []),
    { name: "tomorrow", at: at(1, 9) },
    { name: "nextWeek", at: at(untilMonday, 9) },
  ];
}

/** As the field wants it: in the person's own time zone. @param {Date} at */
function local(at) {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
