// @ts-check
/** One notification as an element, and what can be done with it. */
import { follow, icon, iconButton, make, safeLink } from "./make.js";

/** @typedef {import("../../client.d.ts").Notification} Notification */
/** @typedef {import("../words/words.js").Words} Words */

const CHIPS = ["high", "urgent", "critical"];

/** @param {Notification} notification @param {number} earlier how many of its thread are folded under it @param {boolean} isUnfolded @param {Words} words @param {number} nowMs */
export function entryOf(notification, earlier, isUnfolded, words, nowMs) {
  const { id, seq, title, message, priority, category, is_read: isRead } = notification, { says } = words;
  const name = title || notification.notification_type;
  const open = make("a.open", { part: "title", dir: "auto" }), headline = make("h3.title", {}, isRead ? null : make("span.hidden.unread-word", {}, `${says.unreadWord} `), open);
  follow(open, name, notification.link);
  if (CHIPS.includes(priority)) headline.append(" ", make("span.chip", { part: "chip" }, says.priorities[priority]));
  const text = message && make("p.message", { part: "message", dir: "auto" }, message);
  const body = make("div.words", {}, headline, text, picture(notification), offers(notification, words), meta(notification, words, nowMs), fold(notification, earlier, isUnfolded, words));
  const article = make("article", { tabindex: "-1", part: "entry", "aria-label": `${isRead ? "" : `${says.unreadWord} `}${name}` }, choose(name, words), icon(category, "kind"), body, acts(notification, words));
  const entry = make("li.entry", {}, article);
  Object.assign(entry.dataset, { id, seq, priority, category, read: isRead });
  return entry;
}

/** Over the icon, while there is something to select. @param {string} name @param {Words} words */
function choose(name, { says }) {
  return make("label.choose", {}, make("input", { type: "checkbox", tabindex: "-1", "data-act": "select", "aria-label": says.selecting.one(name) }));
}

/** @param {Notification} notification @param {Words} words @param {number} nowMs */
function meta({ created_at: createdAt, sender, source, snoozed_until: until }, words, nowMs) {
  const time = make("time", { datetime: createdAt, title: words.exactly(createdAt), dir: "auto" }, words.ago(createdAt, nowMs));
  const from = sender?.name ?? source;
  return make("p.meta", { part: "meta" }, time, from && make("span.from", {}, make("bdi", {}, from)), until && make("span.from.until", {}, make("bdi", {}, words.says.until(words.ahead(until, nowMs)))));
}

/** @param {Notification} notification */
function picture({ image }) {
  const safe = safeLink(image);
  if (!safe) return null;
  const shown = make("img.image", { src: safe.href, alt: "", loading: "lazy", referrerpolicy: "no-referrer", part: "image" });
  shown.addEventListener("error", () => shown.remove());
  return shown;
}

/** Buttons while there is something to choose; then, what was. @param {Notification} notification @param {Words} words */
function offers({ actions, action_taken: taken, title }, { says }) {
  if (!actions.length) return null;
  if (taken !== null) return make("div.offers", {}, says.chosen(actions.find(({ id }) => id === taken)?.label ?? taken));
  const choice = (/** @type {{id: string, label: string}} */ { id, label }) => make("button.choice", { "data-choice": id, "aria-label": `${label}: ${title}`, part: "action", dir: "auto" }, label);
  return make("div.offers", {}, ...actions.map(choice));
}

/** @param {Notification} notification @param {number} earlier @param {boolean} isUnfolded @param {Words} words */
function fold({ thread, title }, earlier, isUnfolded, { says }) {
  if (!earlier) return null;
  const text = isUnfolded ? says.fold : says.earlier(earlier);
  return make("button.fold", { "data-act": "fold", "data-thread": thread, "aria-expanded": String(isUnfolded), "aria-label": `${text}: ${title}` }, icon("fold"), make("bdi", {}, text));
}

/** @param {Notification} notification @param {Words} words */
function acts({ title, is_read: isRead, archived_at: archivedAt, snoozed_until: until }, { says }) {
  const act = (/** @type {string} */ name, /** @type {string} */ text, menu = false) =>
    iconButton(name, text, { "data-act": name, "aria-label": `${text}: ${title}`, "aria-haspopup": menu ? "menu" : null });
  return make("div.acts", { part: "acts" },
    isRead ? act("unread", says.markUnread) : act("read", says.markRead),
    until ? act("unsnooze", says.unsnooze) : !archivedAt && act("snooze", says.snooze, true),
    archivedAt ? act("unarchive", says.unarchive) : act("archive", says.archive),
    act("remove", says.remove),
    act("more", says.more, true),
  );
}

/** @param {Element} entry @param {Notification} notification @param {Words} words @param {number} nowMs */
export function age(entry, notification, words, nowMs) {
  const time = entry.querySelector("time");
  if (time) time.textContent = words.ago(notification.created_at, nowMs);
}
