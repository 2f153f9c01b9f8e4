// @ts-check
/** Clicks and keys that select, and what is then done to all that is selected. */

/** @typedef {import("../../client.d.ts").Notification} Notification */

const BY_KEY = /** @type {Record<string, string[]>} */ ({ r: ["read", "unread"], s: ["snooze", "unsnooze"], e: ["archive", "unarchive"], Delete: ["remove"] });
const STEPS = /** @type {Record<string, 1 | -1>} */ ({ ArrowDown: 1, J: 1, ArrowUp: -1, K: -1 });

export class Gestures {
  /** @param {import("../controller.js").Controller} on */
  constructor(on) {
    this.on = on;
  }

  get #selection() {
    return this.on.model.selection;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const noText = (/** @type {any} */ event) => event.shiftKey && !event.target.closest("a[href], button, input") && event.preventDefault();
    this.on.list.element.addEventListener("mousedown", noText, { signal }); // Shift+click means a range of entries, not of letters
  }

  /** @param {MouseEvent & {target: HTMLElement}} event @param {Notification} notification @returns {boolean} it was meant for the selection */
  click(event, { id }) {
    const { target, shiftKey, detail } = event, box = target.closest(".choose");
    const isElsewhere = target.closest("button") || event.ctrlKey || event.metaKey || (shiftKey && target.closest("a[href]"));
    if (!box && (isElsewhere || !(shiftKey || (this.#selection.isOn && detail)))) return false; // by Enter, an entry is opened as ever
    if (!target.matches("input")) event.preventDefault();
    const { model, list } = this.on;
    if (shiftKey) this.#selection.extend(model.rows, id, list.focusedId ?? id);
    else this.#selection.toggle(model.standingFor(id));
    this.on.draw();
    if (!target.matches("input")) list.focusOn(id);
    return true;
  }

  /** @param {KeyboardEvent & {target: HTMLElement}} event @param {Notification | undefined} notification that has the focus @returns {boolean} it was meant for the selection */
  key(event, notification) {
    const { list, model } = this.on, { key, target, shiftKey } = event, isAll = key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && list.element.contains(target);
    if (isAll) this.#selection.all(model.rows);
    else if (event.ctrlKey || event.metaKey || event.altKey) return false;
    else if (key === "Escape" && this.#selection.isOn) return this.end(), true;
    else if (shiftKey && STEPS[key] && notification) this.#step(STEPS[key], notification.id);
    else if (key === "x" && notification) this.#selection.toggle(model.standingFor(notification.id));
    else return this.#actBy(key, target);
    this.on.draw();
    return true;
  }

  /** @param {1 | -1} step @param {number} from */
  #step(step, from) {
    const { list, model } = this.on;
    list.move(step);
    this.#selection.step(model.rows, list.focusedId ?? from, from);
  }

  /** @param {string} key @param {HTMLElement} target */
  #actBy(key, target) {
    const button = this.#selection.ids.size > 0 && this.on.panel.bar.acts.find(({ dataset, hidden, disabled }) => !hidden && !disabled && BY_KEY[key]?.includes(dataset.act ?? ""));
    if (button) this.act(button.dataset.act ?? "", target.closest("li.entry")?.querySelector("article") ?? button);
    return Boolean(button);
  }

  /** The button in the head, on and off. */
  toggle() {
    if (this.#selection.isOn) return this.end();
    this.#selection.begin();
    this.on.draw();
  }

  toggleAll() {
    const { rows } = this.on.model;
    if (this.#selection.of(rows.flat()) === "all") return this.end();
    this.#selection.all(rows);
    this.on.draw();
  }

  /** Nothing is selected any more; the focus stays where it is, or goes from the bar into the list. */
  end() {
    this.#endWith(() => {});
  }

  /** One deed for all of them. @param {string} act @param {HTMLElement} anchor of the menu of times */
  act(act, anchor) {
    const { input, deeds } = this.on;
    if (act === "snooze") input.askUntil(anchor, (until) => this.#endWith((ids) => deeds.snooze(ids, until)));
    else this.#endWith((ids) => input.perform(act, ids));
  }

  /** @param {(ids: number[]) => unknown} deed  not done when all of them have left meanwhile */
  #endWith(deed) {
    const { list, model, panel } = this.on, { rows } = model, last = rows.findLastIndex((row) => this.#selection.of(row) !== "none");
    const ids = [...this.#selection.ids], wasInBar = panel.bar.hasFocus;
    this.#selection.finish();
    if (ids.length) deed(ids);
    this.on.draw();
    if (wasInBar) list.focusNear(rows.map(([id]) => id), Math.max(0, last));
  }
}
