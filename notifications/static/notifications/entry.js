// @ts-check
/** One notification as an element. All text goes in as text. */
import { ago, exactly, safeLink } from "./words.js";

/** @typedef {import("./client.js").Notification} Notification */

const CHIPS = { high: "High", urgent: "Urgent", critical: "Critical" };

/** @returns {HTMLLIElement} */
export function newEntry() {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("entry"));
  return /** @type {HTMLLIElement} */ (template.content.firstElementChild?.cloneNode(true));
}

/** @param {HTMLLIElement} entry @param {Notification} notification @param {number} nowMs */
export function fill(entry, notification, nowMs) {
  const { id, seq, title, message, priority, category, is_read: isRead, archived_at: archivedAt } = notification;
  Object.assign(entry.dataset, { id, seq, priority, category, read: isRead });
  icon(find(entry, ".kind use"), category);
  find(entry, ".unread-word").hidden = isRead;
  find(entry, ".chip").textContent = /** @type {Record<string, string>} */ (CHIPS)[priority] ?? "";
  find(entry, ".message").textContent = message;
  find(entry, ".from").textContent = notification.sender?.name ?? notification.source;
  follow(/** @type {HTMLAnchorElement} */ (find(entry, "a.open")), title || notification.notification_type, notification.link);
  age(entry, notification, nowMs);
  offer(find(entry, ".offers"), notification);
  act(find(entry, "[data-act=read]"), isRead ? "unread" : "read", isRead ? "Mark as unread" : "Mark as read", title);
  act(find(entry, "[data-act=archive]"), archivedAt ? "unarchive" : "archive", archivedAt ? "Move to inbox" : "Archive", title);
}

/** @param {HTMLLIElement} entry @param {Notification} notification @param {number} nowMs */
export function age(entry, notification, nowMs) {
  const time = /** @type {HTMLTimeElement} */ (find(entry, "time"));
  time.dateTime = notification.created_at;
  time.title = exactly(notification.created_at);
  time.textContent = ago(notification.created_at, nowMs);
}

/** @param {HTMLAnchorElement} anchor @param {string} text @param {string | null} link */
export function follow(anchor, text, link) {
  const safe = safeLink(link);
  anchor.textContent = text;
  anchor.removeAttribute("href"); // without it, an anchor is mere text
  if (safe) anchor.href = safe.href;
  if (safe && !safe.ours) Object.assign(anchor, { target: "_blank", rel: "noopener noreferrer" });
}

/** Buttons while there is something to choose; then, what was. @param {HTMLElement} place @param {Notification} notification */
function offer(place, { actions, action_taken: taken, title }) {
  if (taken === null) return place.replaceChildren(...actions.map((action) => choice(action, title)));
  place.textContent = `Chosen: ${actions.find(({ id }) => id === taken)?.label ?? taken}`;
}

/** @param {{id: string, label: string}} action @param {string} title */
function choice({ id, label }, title) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: label });
  button.dataset.choice = id;
  button.setAttribute("aria-label", `${label}: ${title}`);
  return button;
}

/** @param {HTMLElement} button @param {string} name @param {string} says @param {string} title */
function act(button, name, says, title) {
  icon(find(button, "use"), name);
  button.title = says;
  button.setAttribute("aria-label", `${says}: ${title}`);
}

/** @param {Element} use @param {string} name */
function icon(use, name) {
  const known = document.getElementById(`icon-${name}`) ? name : "info";
  use.setAttribute("href", `#icon-${known}`);
}

/** @param {Element} within @param {string} selector @returns {HTMLElement} */
function find(within, selector) {
  return /** @type {HTMLElement} */ (within.querySelector(selector));
}
