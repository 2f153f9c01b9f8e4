// @ts-check
/**
 * The client of Tidings: one socket that comes back by itself, and the REST calls beside it. No view, no dependency.
 *
 *   const client = new TidingsClient({ userId: 7 });
 *   client.addEventListener("notification", ({ detail }) => detail.show && toast(detail.notification));
 *   client.connect();
 *
 * Each notification is announced once and in order, across reconnects and page loads (docs/protocol.md). The cursor is stored before the
 * announcement: a page that dies in between has the notification in its list and does not announce it again. cursor.js: several tabs.
 *
 * Events are CustomEvents, their `detail`:
 *   state        {state, code}  online; connecting: comes back by itself, soon; offline: still trying, or disconnect(); signed_out: stopped
 *   notification {notification, show, live, again, broadcast}  show: worth a toast; live: not from the backlog; again: an entry's new place
 *   unread_count {unread_count, rev, last_seq} · read {ids} or {up_to_seq, notification_type} · changed {id, seq, changes} · removed {ids}
 *   caught_up    {last_seq, rev} · reset {last_seq, epoch}: load everything again · stale {rev}: a change was missed, load again what is visible
 *   error        {code, message}
 *
 * @typedef {{id: number, seq: number, title: string, message: string, category: string, priority: string, notification_type: string,
 *   is_read: boolean, silent: boolean, requires_acknowledgment: boolean, archived_at: string | null, snoozed_until: string | null,
 *   created_at: string, link: string | null, source: string, sender: {id: number, name: string} | null, replaces: number | null,
 *   actions: {id: string, label: string}[], action_taken: string | null}} Notification
 * @typedef {{event: string, data: any, prev?: number, again?: "repush" | "snooze", ref?: string}} Frame
 * @typedef {{results: Notification[], next: string | null, count: number | null}} Page
 * @typedef {import("./link.js").Link} Link
 * @typedef {object} Options
 * @property {string} [url]  the socket; default /ws/notifications/ of this page's host
 * @property {string} [api]  the REST root; default /api/notifications/
 * @property {number | string} [userId]  whose; without it no cursor outlives the page: sent for another person it would acknowledge their rows
 * @property {() => Promise<string>} [ticket]  a fresh single-use ticket, fetched for each connect
 * @property {string | (() => string | Promise<string>)} [token]  an access token for socket and REST; default: the session cookie
 * @property {import("./cursor.js").Shelf} [storage]  shared by the browser's tabs; default localStorage
 * @property {import("./cursor.js").Shelf} [tabStorage]  this tab's own; default sessionStorage
 * @property {typeof globalThis.WebSocket} [WebSocket]
 * @property {typeof globalThis.fetch} [fetch]
 */
import { Connection, SIGN_IN_AGAIN } from "./connection.js";
import { Cursor } from "./cursor.js";
import { RequestFailed, Rest } from "./rest.js";

export { RequestFailed };

const ANSWER_MS = 5_000; // then the same request goes over REST: it is idempotent
const REV_GRACE_MS = 1_000; // a heartbeat may overtake the frames of the change that it counts
const RENEW_BEFORE_MS = 60_000;
const REMEMBERED = 2_000;
const FROM_THE_TOP = { before: Number.MAX_SAFE_INTEGER }; // by cursor from the first page on: no count is taken

export class TidingsClient extends EventTarget {
  /** @type {Options} */ #options;
  /** @type {Set<number>} */ #known = new Set();
  /** @type {Map<string, (done: boolean, error?: Error) => void>} */ #asked = new Map();
  #refs = 0;
  #badgeRev = -1;

  /** @param {Options} [options] */
  constructor(options = {}) {
    super();
    const { url = "/ws/notifications/", api = "/api/notifications/", userId, storage, tabStorage } = options;
    this.#options = options;
    this.endpoint = new URL(url, globalThis.location?.href).href.replace(/^http/, "ws");
    this.cursor = new Cursor(this.endpoint, userId == null ? null : String(userId), storage, tabStorage);
    this.rest = new Rest(new URL(api, this.endpoint.replace(/^ws/, "http")).href, () => this.#token(), options.fetch);
    this.connection = new Connection({
      Socket: options.WebSocket,
      address: () => this.#address(),
      credential: () => (options.ticket ? options.ticket() : this.#token()),
      onText: (link, text) => this.#heard(link, text),
      onLost: () => this.#unanswered(),
      onState: (state, code) => this.#tell("state", { state, code }),
    });
  }

  /** @returns {import("./connection.js").State} */
  get state() {
    return this.connection.state;
  }

  connect() {
    this.connection.start();
  }

  disconnect() {
    this.connection.stop("offline");
  }

  // --- what a person does: over the socket where it is live, else over REST; rejects when neither worked -----------------

  /** @param {number} id */
  markAsRead(id) {
    return this.#do("mark_as_read", { id }, `${id}/mark_as_read/`);
  }

  /** @param {number} [upToSeq] the highest that was shown: what came since stays unread */
  markAllAsRead(upToSeq) {
    return this.#do("mark_all_as_read", { up_to_seq: upToSeq }, "mark_all_as_read/");
  }

  /** @param {number} upToSeq */
  seen(upToSeq) {
    return this.#do("seen", { up_to_seq: upToSeq }, "seen/");
  }

  /** @param {number} id */ markAsUnread = (id) => this.#call(() => this.rest.post(`${id}/mark_as_unread/`));
  /** @param {number} id */ archive = (id) => this.#call(() => this.rest.post(`${id}/archive/`));
  /** @param {number} id */ unarchive = (id) => this.#call(() => this.rest.post(`${id}/unarchive/`));
  /** It comes back unread then. @param {number} id @param {Date} until */
  snooze = (id, until) => this.#call(() => this.rest.post(`${id}/snooze/`, { until: until.toISOString() }));
  /** One of its actions, once. @param {number} id @param {string} action */ act = (id, action) => this.#call(() => this.rest.post(`${id}/act/`, { action }));
  /** @param {number} id */ remove = (id) => this.#call(() => this.rest.remove(`${id}/`));

  /** After a reset the rows came over REST, which acknowledges nothing by itself. @param {number} upToSeq */
  acknowledge = (upToSeq) => this.#call(() => this.rest.post("ack/", { up_to_seq: upToSeq }));

  /** Newest first; go on with {before: the last seq}, or the other way with {after}. @param {Record<string, any>} [query] @returns {Promise<Page>} */
  list = (query = {}, path = "") => this.#call(() => this.rest.get(path, "after" in query ? query : { ...FROM_THE_TOP, ...query }), false);

  /** What the badge counts. @param {Record<string, any>} [query] */
  unread = (query) => this.list(query, "unread/");

  /** With `beforeList`, before the view loads its list: changes from this moment on are announced, or make that list `stale`. */
  async unreadCount({ beforeList = false } = {}) {
    const count = await this.#call(() => this.rest.get("unread_count/"), false);
    this.#badge(count, beforeList);
    return count;
  }

  /** @param {string} event @param {object} data @param {string} path */
  async #do(event, data, path) {
    const answered = this.state === "online" && (await this.#ask(event, data));
    if (!answered) await this.#call(() => this.rest.post(path, "id" in data ? {} : data));
  }

  /**
   * True when the server did it, false when no answer came: what carries our ref is the answer, or an error.
   * @param {string} event @param {object} data @returns {Promise<boolean>}
   */
  #ask(event, data) {
    const ref = `r${++this.#refs}`, { link } = this.connection;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#asked.get(ref)?.(false), ANSWER_MS);
      this.#asked.set(ref, (done, error) => {
        clearTimeout(timer);
        this.#asked.delete(ref);
        if (error) reject(error);
        else resolve(done);
      });
      link?.send(event, data, ref);
    });
  }

  /** @template T @param {() => Promise<T>} call @param {boolean} [changes] @returns {Promise<T>} */
  async #call(call, changes = true) {
    try {
      const found = await call();
      if (changes && this.state !== "online") this.unreadCount().catch(() => {}); // no frame will bring the badge
      return found;
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) this.connection.stop("signed_out", SIGN_IN_AGAIN);
      throw error;
    }
  }

  #unanswered() {
    for (const settle of [...this.#asked.values()]) settle(false);
  }

  // --- what goes with a connection ---------------------------------------------------------------------------------------

  async #token() {
    const { token } = this.#options;
    return typeof token === "function" ? token() : token;
  }

  #address() {
    const address = new URL(this.endpoint), { seq, epoch } = this.cursor;
    if (seq !== null) address.searchParams.set("last_seq", String(seq));
    if (seq !== null && epoch !== null) address.searchParams.set("epoch", epoch);
    return address.href;
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // --- what the server says ----------------------------------------------------------------------------------------------

  /** @param {Link} link @param {string} text */
  #heard(link, text) {
    /** @type {Frame} */ const frame = JSON.parse(text), { event, data, ref } = frame;
    if (ref) this.#asked.get(ref)?.(true, event === "error" ? new RequestFailed(400, { ...data, detail: data.message }) : undefined);
    switch (event) {
      case "authenticated": return this.#authenticated(link, data);
      case "notification": case "system_notification": return this.#notification(link, frame, text.length);
      case "caught_up": return this.#caughtUp(link, data);
      case "unread_count": return this.#badge(data, link.live);
      case "ping":
        link.send("pong");
        return this.#compare(data.rev);
      case "reset": return this.#reset(data);
      case "reconnect": return this.connection.makeWay(data.after_ms);
      case "notification_read": return this.#tell("read", data);
      case "notification_changed": return this.#tell("changed", data);
      case "notification_removed": return this.#tell("removed", data);
      case "error": link.resuming = false; // it may have been our resume that was refused: ask again at the next gap
      case "authentication_error": return this.#tell("error", data);
    }
  }

  /** @param {Link} link @param {any} data */
  #authenticated(link, data) {
    const { cursor, connection } = this, userId = String(data.user_id);
    if (cursor.userId !== null && cursor.userId !== userId) return connection.stop("signed_out", SIGN_IN_AGAIN); // another person's session by now
    cursor.userId = userId;
    if (cursor.seq === null) cursor.epoch = data.epoch; // with a cursor, another epoch brings a reset
    connection.signedIn(link, data.heartbeat_s);
    if (data.expires_at) connection.after("renew", Date.parse(data.expires_at) - Date.now() - RENEW_BEFORE_MS, () => this.#renew(link));
    this.#badge(data, false);
  }

  /** The server closes what is not renewed; its code then says whether to come back. @param {Link} link */
  async #renew(link) {
    const { ticket, token } = this.#options;
    if (!ticket && typeof token !== "function") return;
    const fresh = await this.connection.owner.credential().catch(() => undefined);
    if (fresh) link.send("authenticate", { token: fresh });
  }

  /** @param {Link} link @param {Frame} frame @param {number} characters */
  #notification(link, { event, data, prev = 0, again }, characters) {
    /** @type {Notification} */ const notification = data, { id, seq, silent } = notification, { cursor } = this;
    if (cursor.seq !== null && seq <= cursor.seq) return link.acknowledge(seq, characters, false); // a repeat: the server missed our ack
    if (cursor.seq !== null && prev > cursor.seq) return this.#resume(link);
    link.resuming = false;
    cursor.advance(seq);
    link.acknowledge(seq, characters, notification.requires_acknowledgment);
    const show = !silent && (again === "snooze" || !this.#known.has(id));
    this.#remember(id);
    this.#tell("notification", { notification, show, live: link.live, again, broadcast: event === "system_notification" });
  }

  /** @param {number} id */
  #remember(id) {
    this.#known.add(id);
    if (this.#known.size > REMEMBERED) this.#known.delete(/** @type {number} */ (this.#known.values().next().value));
  }

  /** Once: what follows the gap is sent again with it. @param {Link} link */
  #resume(link) {
    if (!link.resuming) link.send("resume", { last_seq: this.cursor.seq, epoch: this.cursor.epoch });
    link.resuming = true;
  }

  /** @param {Link} link @param {{last_seq: number, rev: number}} data */
  #caughtUp(link, data) {
    const { cursor } = this, missed = cursor.rev !== null && cursor.rev !== data.rev;
    link.live = true;
    link.resuming = false;
    cursor.rev = data.rev;
    cursor.advance(data.last_seq); // what lies between was rightly left out
    this.#tell("caught_up", data);
    if (missed) this.#tell("stale", { rev: data.rev });
  }

  /** @param {number} rev */
  #compare(rev) {
    const { cursor } = this, missing = () => cursor.rev !== null && cursor.rev < rev;
    if (!missing()) return;
    this.connection.after("rev", REV_GRACE_MS, () => {
      if (!missing()) return;
      cursor.rev = rev;
      cursor.save();
      this.#tell("stale", { rev });
    });
  }

  /** @param {{unread_count: number, rev: number, last_seq: number}} count @param {boolean} followed whether the view has every change up to it */
  #badge({ unread_count, rev, last_seq }, followed) {
    if (rev < this.#badgeRev) return; // overtaken
    this.#badgeRev = rev;
    if (followed) this.cursor.rev = Math.max(this.cursor.rev ?? 0, rev);
    if (followed) this.cursor.save();
    this.#tell("unread_count", { unread_count, rev, last_seq });
  }

  /** @param {{last_seq: number, epoch: string}} data */
  #reset(data) {
    Object.assign(this.cursor, { epoch: data.epoch, seq: data.last_seq, rev: null });
    this.#badgeRev = -1;
    this.#known.clear();
    this.cursor.save();
    this.#tell("reset", data);
  }
}
