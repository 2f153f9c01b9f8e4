// @ts-check
/** Short messages in the corner. They leave by themselves, but not while a person looks at one. */
import { follow } from "./entry.js";

const SHOWN_MS = 7_000;
const MOST = 4;

export class Toasts {
  /** @param {HTMLElement} region @param {HTMLTemplateElement} template */
  constructor(region, template) {
    this.region = region;
    this.template = template;
  }

  /** @param {{title: string, message?: string, link?: string | null, priority?: string, id?: number}} says */
  show({ title, message = "", link = null, priority = "normal", id }) {
    const toast = /** @type {HTMLElement} */ (this.template.content.firstElementChild?.cloneNode(true));
    Object.assign(toast.dataset, { priority, ...(id && { id }) });
    follow(/** @type {HTMLAnchorElement} */ (toast.querySelector(".title a")), title, link);
    /** @type {HTMLElement} */ (toast.querySelector(".message")).textContent = message;
    toast.querySelector("button")?.addEventListener("click", () => toast.remove());
    if (priority !== "critical") this.#leaveByItself(toast);
    this.region.append(toast);
    while (this.region.children.length > MOST) this.region.firstElementChild?.remove();
  }

  /** @param {HTMLElement} toast */
  #leaveByItself(toast) {
    const looked = () => toast.matches(":hover, :focus-within") || document.hidden;
    const leave = () => (looked() ? setTimeout(leave, SHOWN_MS / 2) : toast.remove());
    setTimeout(leave, SHOWN_MS);
  }
}
