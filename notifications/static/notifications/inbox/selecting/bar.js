// @ts-check
/** In the place of the filters while something is selected: how many, and what can be done with all of them. */
import { icon, make } from "../view/make.js";

const MOST_SINGLY = 50; // snoozing is a request for each, and a socket bears bursts of 100: docs/protocol.md §5

/** @typedef {"read" | "unread" | "snooze" | "unsnooze" | "archive" | "unarchive" | "remove"} Act */

export class Bar {
  /** @param {import("../model.js").Model} model @param {import("../words/words.js").Words} words @param {{onAct: (act: string, anchor: HTMLElement) => void, onAll: () => void, onClear: () => void}} doing */
  constructor(model, words, { onAct, onAll, onClear }) {
    const { selecting } = words.says;
    this.model = model;
    this.words = words;
    this.says = make("p.hidden", { role: "status" }); // always there: a region that appears is not read out
    this.count = make("bdi");
    this.all = make("input", { type: "checkbox", "aria-label": selecting.all, title: selecting.all, onclick: onAll });
    this.acts = [0, 1, 2, 3].map(() => make("button.plain", { onclick: (/** @type {any} */ { currentTarget: button }) => onAct(button.dataset.act, button) }));
    const clear = make("button.plain.clear", { onclick: onClear }, icon("close"), make("span", {}, selecting.clear));
    this.element = make("div.selection", { role: "group", "aria-label": selecting.what, hidden: true, part: "selection" }, make("label.choose", {}, this.all), make("span.count", { "aria-hidden": "true" }, this.count), make("div.deeds", {}, ...this.acts), clear);
  }

  get hasFocus() {
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    return this.element.contains(root.activeElement);
  }

  draw() {
    const { model, words: { says } } = this, { selection } = model, count = selection.ids.size, isOn = selection.isOn;
    const text = isOn ? says.selecting.count(count) : "";
    this.element.hidden = !isOn;
    this.count.textContent = text;
    if (this.says.textContent !== text) this.says.textContent = text;
    const chosen = selection.of(model.shown.map(({ id }) => id));
    this.all.checked = chosen === "all";
    this.all.indeterminate = chosen === "some";
    this.#offered.forEach((act, place) => this.#drawAct(this.acts[place], act, !count || (act?.endsWith("snooze") && count > MOST_SINGLY)));
  }

  /** @returns {(Act | null)[]} */
  get #offered() {
    const { view, selection, shown } = this.model, isRead = selection.ids.size > 0 && shown.every(({ id, is_read }) => is_read || !selection.ids.has(id));
    return [
      isRead ? "unread" : "read",
      view === "archived" ? null : view === "snoozed" ? "unsnooze" : "snooze",
      view === "archived" ? "unarchive" : "archive",
      "remove",
    ];
  }

  /** @param {HTMLButtonElement} button @param {Act | null} act @param {boolean | undefined} isIdle */
  #drawAct(button, act, isIdle) {
    const { says } = this.words;
    button.hidden = !act;
    button.disabled = Boolean(isIdle);
    if (!act || button.dataset.act === act) return;
    button.dataset.act = act;
    button.removeAttribute("aria-haspopup");
    if (act === "snooze") button.setAttribute("aria-haspopup", "menu");
    const text = { ...says, read: says.selecting.read, unread: says.selecting.unread }[act];
    button.replaceChildren(icon(act), make("span", {}, text));
  }
}
