// @ts-check
/** The bell with its badge, and the panel that it opens. */
import { icon, make } from "../view/make.js";

const GAP = 10, EDGE = 8; // px

export class Bell {
  /** @param {import("../words/words.js").Words} words @param {HTMLElement} content @param {() => void} onOpen */
  constructor(words, content, onOpen) {
    this.words = words;
    this.onOpen = onOpen;
    this.badge = make("span.count", { "aria-hidden": "true", hidden: true, part: "badge" }, "0");
    this.element = make("button.bell", { "aria-haspopup": "dialog", "aria-expanded": "false", "aria-label": words.says.bell(0), part: "bell", onclick: () => (this.isOpen ? this.close() : this.open()) }, icon("bell"), this.badge);
    this.panel = make("div.panel", { popover: "auto", role: "dialog", tabindex: "-1", "aria-label": words.says.notifications, part: "panel" }, content);
    this.panel.addEventListener("toggle", (/** @type {any} */ { newState }) => this.#toggled(newState === "open"));
    // the click on the bell would close it first, and then open it again
    this.element.addEventListener("pointerdown", () => (this.wasOpen = this.isOpen));
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  open() {
    if (this.wasOpen || this.isOpen) return void (this.wasOpen = false);
    this.panel.showPopover();
    this.#place();
    this.onOpen();
    this.panel.focus();
    this.lead();
  }

  /** From the panel, which was opened and is not yet filled, into its list. */
  lead() {
    const { activeElement } = /** @type {ShadowRoot} */ (this.element.getRootNode());
    if (activeElement === this.panel) this.panel.querySelector("article[tabindex='0']")?.focus({ preventScroll: true });
  }

  close() {
    this.panel.hidePopover();
  }

  /** @param {boolean} isOpen */
  #toggled(isOpen) {
    this.element.setAttribute("aria-expanded", String(isOpen));
    const root = /** @type {ShadowRoot} */ (this.element.getRootNode());
    if (!isOpen && (!root.activeElement || this.panel.contains(root.activeElement))) this.element.focus();
  }

  /** Under the bell, towards where there is room; on a narrow page the sheet says where. */
  #place() {
    const at = this.element.getBoundingClientRect(), width = this.panel.offsetWidth, last = innerWidth - width - EDGE;
    const ends = [at.right - width, at.left], wanted = getComputedStyle(this.element).direction === "rtl" ? ends.reverse() : ends;
    const left = wanted.find((place) => place >= EDGE && place <= last) ?? Math.max(EDGE, Math.min(wanted[0], last));
    this.panel.style.setProperty("--at-left", `${left}px`);
    this.panel.style.setProperty("--at-top", `${at.bottom + GAP}px`);
  }

  /** @param {number} unread */
  count(unread) {
    this.badge.hidden = !unread;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    this.element.setAttribute("aria-label", this.words.says.bell(unread));
  }

  /** @param {string} state */
  state(state) {
    this.element.dataset.state = state;
  }
}
