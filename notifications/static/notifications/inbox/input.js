// @ts-check
/** Clicks and keys on the list: which deed they mean. */
import { item, items, snoozeTimes } from "./overlays/menu.js";

/** @typedef {import("../client.d.ts").Notification} Notification */

export class Input {
  /** @param {import("./controller.js").Controller} on */
  constructor(on) {
    this.on = on;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { list, panel } = this.on;
    list.element.addEventListener("click", (/** @type {any} */ event) => this.#click(event), { signal });
    panel.element.addEventListener("keydown", (/** @type {any} */ event) => this.#key(event), { signal });
  }

  /** @param {Element} target @returns {{entry: HTMLElement, notification: Notification} | null} */
  #at(target) {
    const entry = /** @type {HTMLElement | null} */ (target.closest("li.entry")), notification = this.on.model.items.get(Number(entry?.dataset.id));
    return entry && notification ? { entry, notification } : null;
  }

  /** @param {MouseEvent & {target: HTMLElement}} event */
  #click(event) {
    const { on } = this, { target } = event, found = this.#at(target), act = target.closest("[data-act]"), choice = target.closest("[data-choice]");
    if (!found) return;
    const { entry, notification } = found;
    if (on.gestures.click(event, notification)) return;
    if (choice) return void (on.deeds.act(notification.id, choice.getAttribute("data-choice") ?? ""), on.list.focus(entry));
    if (act) return this.#do(act.getAttribute("data-act") ?? "", notification, /** @type {HTMLElement} */ (act));
    if (target.closest("a[href]")) return void (on.opened(notification) || event.preventDefault());
    if (!getSelection()?.toString()) this.#open(notification);
  }

  /** @param {Notification} notification */
  #open(notification) {
    this.on.list.toggle(notification.id);
    this.on.opened(notification);
  }

  /** @param {string} act @param {Notification} notification @param {HTMLElement} anchor */
  #do(act, notification, anchor) {
    const ids = this.on.model.standingFor(notification.id);
    switch (act) {
      case "snooze": return this.#snooze(ids, anchor);
      case "fold": return this.#fold(notification.thread ?? "");
      case "more": return this.#more(notification, anchor);
      default: return this.perform(act, ids);
    }
  }

  /** What needs no more to be asked. @param {string} act @param {number[]} ids */
  perform(act, ids) {
    const { deeds } = this.on;
    switch (act) {
      case "read": case "unread": return deeds.setRead(ids, act === "read");
      case "archive": case "unarchive": return deeds.setArchived(ids, act === "archive");
      case "remove": return deeds.remove(ids);
      case "unsnooze": return deeds.unsnooze(ids);
    }
  }

  /** @param {number[]} ids @param {HTMLElement} anchor */
  #snooze(ids, anchor) {
    const { deeds, list } = this.on;
    this.askUntil(anchor, (until) => (list.focusOn(ids[0]), void deeds.snooze(ids, until)));
  }

  /** @param {HTMLElement} anchor @param {(until: Date) => void} choose */
  askUntil(anchor, choose) {
    const { menu, words } = this.on;
    menu.open(anchor, words.says.snoozeUntil, snoozeTimes(words, new Date(), (until) => (menu.close(), choose(until))));
  }

  /** Where there is no room for a row of buttons. @param {Notification} notification @param {HTMLElement} anchor */
  #more(notification, anchor) {
    const { menu, words: { says }, list } = this.on, { is_read: isRead, archived_at: archivedAt, snoozed_until: until, id } = notification;
    const then = (/** @type {string} */ act) => () => (menu.close(), act === "snooze" || list.focusOn(id), this.#do(act, notification, anchor));
    menu.open(anchor, says.more, [items(says.more,
      item(isRead ? "unread" : "read", isRead ? says.markUnread : says.markRead, then(isRead ? "unread" : "read")),
      ...(archivedAt ? [] : [item(until ? "unsnooze" : "snooze", until ? says.unsnooze : says.snooze, then(until ? "unsnooze" : "snooze"))]),
      item(archivedAt ? "unarchive" : "archive", archivedAt ? says.unarchive : says.archive, then(archivedAt ? "unarchive" : "archive")),
      item("remove", says.remove, then("remove")),
    )]);
  }

  /** @param {string} thread */
  #fold(thread) {
    const { model, feed } = this.on;
    if (model.unfolded.delete(thread)) return this.on.draw();
    model.unfolded.add(thread);
    this.on.draw();
    feed.loadThread(thread).catch(() => {}); // what is loaded is shown all the same
  }

  /** @param {KeyboardEvent & {target: HTMLElement}} event */
  #key(event) {
    const { on } = this, { key, target } = event, found = this.#at(target), isArticle = target.matches("article");
    if (target.matches("input:not([type=checkbox]), select")) return;
    if (on.gestures.key(event, found?.notification)) return event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (["ArrowDown", "j"].includes(key)) on.list.move(1);
    else if (["ArrowUp", "k"].includes(key)) on.list.move(-1);
    else if (key === "/") on.panel.search.focus();
    else if (!found || !this.#keyOn(key, found.notification, found.entry, isArticle)) return;
    event.preventDefault();
  }

  /** @param {string} key @param {Notification} notification @param {HTMLElement} entry @param {boolean} isArticle */
  #keyOn(key, notification, entry, isArticle) {
    const { is_read: isRead, archived_at: archivedAt, snoozed_until: until, thread } = notification;
    const article = /** @type {HTMLElement} */ (entry.querySelector("article"));
    const acts = { r: isRead ? "unread" : "read", e: archivedAt ? "unarchive" : "archive", s: until ? "unsnooze" : "snooze", Delete: "remove", f: thread ? "fold" : "" };
    const act = /** @type {Record<string, string>} */ (acts)[key];
    if (act) this.#do(act, notification, article);
    else if (key === "Enter" && isArticle) this.#follow(notification, entry);
    else return false;
    return true;
  }

  /** @param {Notification} notification @param {HTMLElement} entry */
  #follow(notification, entry) {
    const anchor = /** @type {HTMLAnchorElement | null} */ (entry.querySelector("a.open[href]"));
    if (anchor) anchor.click();
    else this.#open(notification);
  }
}
