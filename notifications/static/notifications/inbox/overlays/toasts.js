// @ts-check
/** Short messages in the corner, above everything. They leave by themselves, but not while a person looks at one. */
import { follow, iconButton, make } from "../view/make.js";

const SHOWN_MS = 7_000;
const MOST = 4;

/** @typedef {{title: string, message?: string, link?: string | null, priority?: string, id?: number, undo?: () => void, gone?: () => void}} Says  gone: it has left */

export class Toasts {
  /** @param {import("../words/words.js").Words} words @param {(id: number) => boolean} onOpen  false: its link is not to be followed */
  constructor(words, onOpen) {
    this.words = words;
    this.onOpen = onOpen;
    this.element = make("div.toasts", { role: "log", "aria-live": "polite", "aria-label": words.says.newOnes, popover: "manual", part: "toasts" });
  }

  /** @type {WeakMap<Element, () => void>} */ #gone = new WeakMap();

  /** @param {Says} says */
  show({ title, message = "", link = null, priority = "normal", id, undo, gone }) {
    const { says } = this.words, headline = make("a", { dir: "auto" }), dismiss = iconButton("close", says.dismiss, { onclick: () => this.#remove(toast) });
    const undoing = undo && make("button.small", { onclick: () => (undo(), this.#remove(toast)) }, says.undo);
    follow(headline, title, link);
    const words = make("div.words", {}, make("p.title", {}, headline), message && make("p.message", { dir: "auto" }, message));
    /** @type {HTMLElement} */ const toast = make("div.toast", { part: "toast", role: priority === "critical" ? "alert" : null }, words, undoing, dismiss);
    Object.assign(toast.dataset, { priority, ...(id && { id }) });
    if (gone) this.#gone.set(toast, gone);
    if (id) headline.addEventListener("click", (/** @type {Event} */ event) => (this.onOpen(id) || event.preventDefault(), this.#remove(toast)));
    if (priority !== "critical") this.#leaveByItself(toast);
    this.element.append(toast);
    if (this.element.children.length > MOST) this.#remove(this.element.children[0]);
    this.#rise();
  }

  /** Above a panel that was opened later too. */
  #rise() {
    if (this.element.matches(":popover-open")) this.element.hidePopover();
    if (this.element.children.length) this.element.showPopover();
  }

  /** @param {Element} toast */
  #remove(toast) {
    toast.remove();
    this.#gone.get(toast)?.();
    this.#gone.delete(toast);
    if (!this.element.children.length && this.element.matches(":popover-open")) this.element.hidePopover();
  }

  /** @param {HTMLElement} toast */
  #leaveByItself(toast) {
    const looked = () => toast.matches(":hover, :focus-within") || document.hidden;
    const leave = () => (looked() ? setTimeout(leave, SHOWN_MS / 2) : this.#remove(toast));
    setTimeout(leave, SHOWN_MS);
  }
}
