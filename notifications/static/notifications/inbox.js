// @ts-check
/** The inbox page: what the client reports becomes visible, what a person does goes to the client at once and is taken back when it fails. */
import { TidingsClient } from "./client.js";
import { List } from "./list.js";
import { Toasts } from "./toasts.js";

/** @typedef {import("./client.js").Notification} Notification */

const PAGE = 20, MOST = 100; // the server's own bounds of a page
const AGE_EVERY_MS = 30_000;
const LOOKED_AT_MS = 1_000;
const MOST_TOASTS = 3;
const SAYS = { connecting: "Connecting…", online: "Live", offline: "Offline", signed_out: "Signed out" };
const EMPTY = {
  all: ["All quiet", "New notifications appear here by themselves."],
  unread: ["You have read everything", "What comes next appears here by itself."],
  archived: ["Nothing archived", "Archive what is done: it stays here."],
};

/** @param {string} id @returns {any} */
const part = (id) => document.getElementById(id);
const page = part("inbox");
const client = new TidingsClient({ userId: page.dataset.userId, url: page.dataset.socket, api: page.dataset.api });
const list = new List(part("list"));
const toasts = new Toasts(part("toasts"), part("toast"));

let unread = 0;
/** @type {number | null} */ let oldest = null; // where the next page goes on; null: there is none
let loads = 0;
let wasOnline = false;
let loadFailed = false;
/** @type {(() => void)[] | null} */ let heardWhileLoading = null; // the answer on its way may not know of it yet
/** @type {Notification[]} */ let missed = [];
/** @type {any} */ let reloading;
/** @type {any} */ let looking;
/** @type {any} */ let drawing;

// --- drawing -------------------------------------------------------------------------------------------------------------

function draw() {
  list.draw(Date.now());
  const empty = !list.shown.length && oldest === null && part("loading").hidden && part("failed").hidden;
  const [what, more] = EMPTY[list.filter];
  part("empty").hidden = !empty;
  part("empty").querySelector(".what").textContent = what;
  part("empty").querySelector(".quiet").textContent = more;
  part("more").hidden = oldest === null;
  part("mark-all").disabled = !unread || list.filter === "archived";
  lookSoon();
}

/** A backlog comes as a thousand frames: not as a thousand drawings. */
function drawSoon() {
  drawing ??= setTimeout(() => ((drawing = undefined), draw()), 16);
}

/** @param {number} count */
function drawBadge(count) {
  unread = Math.max(0, count);
  const badge = part("badge"), number = badge.querySelector(".count");
  badge.dataset.unreadCount = unread;
  number.hidden = !unread;
  number.textContent = unread > 99 ? "99+" : unread;
  badge.querySelector(".hidden").textContent = `${unread} unread`;
  document.title = `${unread ? `(${unread}) ` : ""}Inbox · Tidings`;
  part("mark-all").disabled = !unread || list.filter === "archived";
}

/** @param {import("./connection.js").State} state */
function drawConnection(state) {
  wasOnline ||= state === "online";
  const connection = part("connection");
  connection.dataset.state = state;
  connection.querySelector(".says").textContent = state === "connecting" && wasOnline ? "Reconnecting…" : SAYS[state];
  part("signed-out").hidden = state !== "signed_out";
  page.toggleAttribute("data-signed-out", state === "signed_out");
}

// --- loading -------------------------------------------------------------------------------------------------------------

/** @param {Record<string, any>} more */
function ask(more) {
  const query = { page_size: PAGE, ...more };
  if (list.filter === "unread") return client.unread(query);
  return client.list(list.filter === "archived" ? { archived: true, ...query } : query);
}

/** Everything again, as much as is loaded now. What is heard meanwhile is applied on top. */
async function load() {
  const load = ++loads, size = Math.min(MOST, Math.max(PAGE, list.items.size));
  heardWhileLoading ??= [];
  loadFailed = false;
  part("failed").hidden = true;
  part("loading").hidden = list.shown.length > 0;
  part("sheet").ariaBusy = "true";
  try {
    const { results, next } = await ask({ page_size: size });
    if (load !== loads) return;
    list.items.clear();
    list.put(results);
    oldest = next ? (results.at(-1)?.seq ?? null) : null;
  } catch (error) {
    if (load !== loads) return;
    loadFailed = true;
    part("failed").querySelector(".quiet").textContent = reason(error);
    part("failed").hidden = list.shown.length > 0; // what is there is better than nothing; a reconnect loads again
  }
  part("loading").hidden = true;
  part("sheet").ariaBusy = "false";
  const heard = heardWhileLoading ?? [];
  heardWhileLoading = null;
  heard.forEach((apply) => apply());
  draw();
}

function loadSoon() {
  clearTimeout(reloading);
  reloading = setTimeout(load, 200);
}

async function loadOlder() {
  const load = loads, more = part("more");
  if (oldest === null || more.disabled) return;
  more.disabled = true;
  more.textContent = "Loading…";
  try {
    const { results, next } = await ask({ before: oldest });
    if (load !== loads) return;
    list.put(results);
    oldest = next ? (results.at(-1)?.seq ?? null) : null;
    more.textContent = "Show older";
  } catch (error) {
    more.textContent = "Older ones could not be loaded. Try again";
  } finally {
    more.disabled = false;
  }
  draw();
}

/** @param {any} error */
function reason(error) {
  return error?.status ? error.message : "The server cannot be reached just now.";
}

// --- hearing -------------------------------------------------------------------------------------------------------------

/** @param {string} name @param {(detail: any) => void} apply */
function hear(name, apply) {
  client.addEventListener(name, (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    const now = () => apply(detail);
    if (heardWhileLoading) heardWhileLoading.push(now);
    else (now(), drawSoon());
  });
}

/** @param {string} name @param {(detail: any) => void} listener */
const on = (name, listener) => client.addEventListener(name, (event) => listener(/** @type {CustomEvent} */ (event).detail));

hear("notification", ({ notification, live }) => {
  list.put([notification]);
  if (notification.replaces) list.items.delete(notification.replaces);
  if (live) list.fresh.add(notification.id);
});
hear("read", ({ ids, up_to_seq: upToSeq, notification_type: kind }) =>
  void list.change(({ id, seq, notification_type }) => (ids ? ids.includes(id) : seq <= upToSeq && (!kind || kind === notification_type)), { is_read: true }),
);
hear("changed", ({ id, seq, changes }) => {
  const unknown = !list.items.has(id) && (oldest === null || seq >= oldest);
  if (unknown) loadSoon();
  else list.change((notification) => notification.id === id, changes);
});
hear("removed", ({ ids }) => ids.forEach((/** @type {number} */ id) => list.items.delete(id)));
on("notification", ({ notification, show, live, again }) => {
  if (!show || (again === "repush" && list.items.has(notification.id))) return;
  if (live) toasts.show(notification);
  else missed.push(notification);
});
on("caught_up", () => {
  if (missed.length > MOST_TOASTS) toasts.show({ title: `${missed.length} new notifications`, message: "They came while you were away." });
  else missed.forEach((notification) => toasts.show(notification));
  missed = [];
  if (loadFailed) load();
});
on("unread_count", ({ unread_count: count }) => drawBadge(count));
on("state", ({ state }) => drawConnection(state));
on("stale", loadSoon);
on("reset", async ({ last_seq: lastSeq }) => {
  await load();
  client.acknowledge(lastSeq).catch(() => {}); // the next connection's cursor does it too
});

// --- doing ---------------------------------------------------------------------------------------------------------------

/** @param {(notification: Notification) => boolean} concerned @param {Partial<Notification>} changes @param {() => Promise<unknown>} call @param {string} failure */
async function change(concerned, changes, call, failure) {
  const countUnread = () => [...list.items.values()].filter(({ is_read, archived_at }) => !is_read && !archived_at).length;
  const before = countUnread();
  const takeBack = list.change(concerned, changes);
  const difference = countUnread() - before;
  drawBadge(unread + difference);
  draw();
  try {
    await call();
  } catch (error) {
    takeBack();
    drawBadge(unread - difference);
    draw();
    toasts.show({ title: failure, message: reason(error), priority: "failure" });
  }
}

/** @param {Notification} notification @param {boolean} isRead */
function setRead({ id }, isRead) {
  const call = () => (isRead ? client.markAsRead(id) : client.markAsUnread(id));
  return change((other) => other.id === id, { is_read: isRead }, call, isRead ? "It could not be marked as read" : "It could not be marked as unread");
}

/** @param {Notification} notification */
function toggleArchived({ id, archived_at: archivedAt }) {
  const call = () => (archivedAt ? client.unarchive(id) : client.archive(id));
  const changes = { archived_at: archivedAt ? null : new Date().toISOString() };
  return change((other) => other.id === id, changes, call, archivedAt ? "It could not be moved to the inbox" : "It could not be archived");
}

/** @param {Notification} notification @param {string} action */
function choose({ id }, action) {
  return change((other) => other.id === id, { action_taken: action, is_read: true }, () => client.act(id, action), "That could not be chosen");
}

function markAllAsRead() {
  const upToSeq = list.highestSeq; // what came while the finger was on its way stays unread
  return change(({ seq }) => seq <= upToSeq, { is_read: true }, () => client.markAllAsRead(upToSeq), "They could not be marked as read");
}

/** Looked at, not yet read: a second in the open tab. */
function lookSoon() {
  clearTimeout(looking);
  looking = setTimeout(() => {
    const upToSeq = list.highestSeq, isNew = list.shown.some((/** @type {any} */ { seen_at }) => !seen_at);
    if (!isNew || document.hidden || client.state !== "online" || list.filter === "archived") return;
    const takeBack = list.change(({ seq }) => seq <= upToSeq, /** @type {any} */ ({ seen_at: new Date().toISOString() }));
    client.seen(upToSeq).catch(takeBack);
  }, LOOKED_AT_MS);
}

/** @param {HTMLElement} entry */
function open(entry) {
  entry.classList.toggle("open");
  const notification = list.items.get(Number(entry.dataset.id));
  if (notification && !notification.is_read) setRead(notification, true);
}

part("list").addEventListener("click", (/** @type {any} */ event) => {
  const entry = event.target.closest("li.entry"), notification = list.items.get(Number(entry?.dataset.id));
  const act = event.target.closest("[data-act]")?.dataset.act, choice = event.target.closest("[data-choice]")?.dataset.choice;
  if (!notification) return;
  if (choice) return void (choose(notification, choice), list.focus(entry));
  if (act === "read") setRead(notification, !notification.is_read);
  else if (act === "archive") toggleArchived(notification);
  else if (!getSelection()?.toString()) open(entry);
});
part("list").addEventListener("keydown", (/** @type {any} */ event) => {
  const entry = event.target.closest("li.entry"), notification = list.items.get(Number(entry?.dataset.id));
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (["ArrowDown", "j"].includes(event.key)) list.move(1);
  else if (["ArrowUp", "k"].includes(event.key)) list.move(-1);
  else if (notification && event.key === "e") toggleArchived(notification);
  else if (notification && event.key === "r") setRead(notification, !notification.is_read);
  else if (notification && event.key === "Enter" && event.target.matches("article")) entry.querySelector("a.open[href]") ? entry.querySelector("a.open").click() : open(entry);
  else return;
  event.preventDefault();
});
for (const button of page.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    list.filter = button.dataset.filter;
    list.items.clear();
    oldest = null;
    for (const other of page.querySelectorAll("[data-filter]")) other.ariaPressed = String(other === button);
    load();
    draw();
  });
}
part("mark-all").addEventListener("click", markAllAsRead);
part("more").addEventListener("click", loadOlder);
part("failed").querySelector("button").addEventListener("click", load);
document.addEventListener("visibilitychange", lookSoon);
new IntersectionObserver(([{ isIntersecting }]) => void (isIntersecting && loadOlder()), { rootMargin: "600px" }).observe(part("more"));
setInterval(() => list.grow(Date.now()), AGE_EVERY_MS);

// the count first: its rev says from where on changes must be heard; the list and the socket may then go in any order
client.unreadCount({ beforeList: true }).catch(() => {}).then(() => {
  if (client.state === "signed_out") return;
  client.connect();
  load();
});
