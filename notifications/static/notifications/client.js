/**
 * The client of Tidings: one connection that comes back by itself, and the REST calls beside it. No view, no dependency. What it takes and says: client.d.ts.
 *
 * Each notification is announced once and in order, across reconnects, page loads and transports (docs/protocol.md). The cursor is stored before
 * the announcement: a page that dies in between has the notification in its list and does not announce it again. client/cursor.js: several tabs.
 */
import { Connection, SIGN_IN_AGAIN } from "./client/connection.js";
import { Cursor } from "./client/cursor.js";
import { PollingLink, StreamLink } from "./client/fallback.js";
import { SocketLink } from "./client/link.js";
import { Questions } from "./client/questions.js";
import { RequestFailed, Rest } from "./client/rest.js";

export { RequestFailed };

const SUBPROTOCOL = "tidings.v1";
const REV_GRACE_MS = 1_000; // a heartbeat may overtake the frames of the change that it counts
const RENEW_BEFORE_MS = 60_000;
const REMEMBERED = 2_000;
const FROM_THE_TOP = { before: Number.MAX_SAFE_INTEGER }; // by cursor from the first page on: no count is taken

export class TidingsClient extends EventTarget {
  #options;
  #known = new Set();
  #questions = new Questions();
  #badgeRev = -1;

  constructor(options = {}) {
    super();
    const { url = "/ws/notifications/", api = "/api/notifications/", userId, storage, tabStorage } = options;
    const page = globalThis.location?.href, endpoint = new URL(url, page);
    this.#options = options;
    this.endpoint = endpoint.href.replace(/^http/, "ws");
    this.cursor = new Cursor(this.endpoint, userId == null ? null : String(userId), storage, tabStorage);
    const root = new URL(api, this.endpoint.replace(/^ws/, "http"));
    // a ticket opens a socket, and REST of another origin takes no cookie from here: then all goes over the socket
    this.overSocket = !options.token && page !== undefined && root.origin !== new URL(page).origin;
    this.rest = new Rest(root.href, () => this.#token(), this.overSocket ? this.#throughSocket : options.fetch);
    const all = this.overSocket || !endpoint.pathname.endsWith("/ws/notifications/") ? ["websocket"] : ["websocket", "sse", "polling"];
    this.connection = new Connection({
      kinds: options.transports ?? all,
      open: (kind) => this.#open(kind),
      onFrame: (link, frame, characters) => this.#heard(link, frame, characters),
      onLost: () => this.#questions.giveUp(),
      onState: (state, via, code) => this.#tell("state", { state, via, code }),
    });
  }

  get state() {
    return this.connection.state;
  }

  /** By which transport it is online. */
  get via() {
    return this.connection.via;
  }

  connect() {
    this.connection.start();
  }

  disconnect() {
    this.connection.stop("offline");
  }

  // --- what a person does: over the socket where it is live, else over REST; rejects when neither worked

  markAsRead(id) {
    return this.#do("mark_as_read", { id }, `${id}/mark_as_read/`);
  }

  /** `upToSeq`, the highest that was shown: what came since stays unread. */
  markAllAsRead(upToSeq) {
    return this.#do("mark_all_as_read", { up_to_seq: upToSeq }, "mark_all_as_read/");
  }

  seen(upToSeq) {
    return this.#do("seen", { up_to_seq: upToSeq }, "seen/");
  }

  markAsUnread = (id) => this.#post(`${id}/mark_as_unread/`);
  archive = (id) => this.#post(`${id}/archive/`);
  unarchive = (id) => this.#post(`${id}/unarchive/`);
  unsnooze = (id) => this.#post(`${id}/unsnooze/`);
  snooze = (id, until) => this.#post(`${id}/snooze/`, { until: until.toISOString() });
  act = (id, action) => this.#post(`${id}/act/`, { action });
  bulk = (action, ids) => this.#post("bulk/", { action, ids });
  remove = (id) => this.#call(() => this.rest.remove(`${id}/`));

  /** After a reset the rows came over REST, which acknowledges nothing by itself. */
  acknowledge = (upToSeq) => this.#post("ack/", { up_to_seq: upToSeq });

  /** Newest first; go on with {before: the last seq}, or the other way with {after}. */
  list = (query = {}, path = "") => this.#call(() => this.rest.get(path, "after" in query ? query : { ...FROM_THE_TOP, ...query }), false);

  /** What the badge counts. */
  unread = (query) => this.list(query, "unread/");

  /** With `beforeList`, before the view loads its list: changes from this moment on are announced, or make that list `stale`. */
  async unreadCount({ beforeList = false } = {}) {
    const count = await this.#call(() => this.rest.get("unread_count/"), false);
    this.#badge(count, beforeList);
    return count;
  }

  async #do(event, data, path) {
    const answer = this.via === "websocket" ? await this.#questions.ask(this.connection.link, event, data) : null;
    if (answer?.event === "error") throw new RequestFailed(400, { ...answer.data, detail: answer.data.message });
    if (!answer) await this.#post(path, "id" in data ? {} : data);
  }

  /** REST's own answers, asked for by a frame. */
  #throughSocket = async (address, { method, body } = {}) => {
    const path = String(address).slice(this.rest.root.length);
    const asked = { method, path, body: body ? JSON.parse(String(body)) : null };
    const answer = this.via === "websocket" ? await this.#questions.ask(this.connection.link, "request", asked) : null;
    if (!answer) throw new TypeError("There is no live socket.");
    if (answer.event === "error") return Response.json({ ...answer.data, detail: answer.data.message }, { status: 400 });
    const { status, body: found } = answer.data;
    return new Response(status === 204 ? null : JSON.stringify(found), { status });
  };

  #post(path, body) {
    return this.#call(() => this.rest.post(path, body));
  }

  async #call(call, changes = true) {
    try {
      const found = await call();
      if (changes && this.state !== "online") this.unreadCount().catch(() => {}); // no frame will bring the badge
      if (changes && this.via === "polling") this.connection.link?.probe();
      return found;
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) this.connection.stop("signed_out", SIGN_IN_AGAIN);
      throw error;
    }
  }

  // --- what goes with a connection

  async #token() {
    const { token } = this.#options;
    return typeof token === "function" ? token() : token;
  }

  async #credential() {
    const { ticket } = this.#options;
    return ticket ? ticket() : this.#token();
  }

  /** Fetches what it takes to come in; then the link can be made. */
  async #open(kind) {
    const { rest, cursor } = this, { WebSocket: Socket = globalThis.WebSocket, EventSource: Source = globalThis.EventSource } = this.#options;
    if (kind === "polling") return () => new PollingLink(rest, cursor);
    if (kind === "sse") {
      const ticket = await this.#streamTicket();
      const address = () => this.#address(new URL("stream/", rest.root), "last_event_id", { ticket });
      return () => new StreamLink(new Source(address(), { withCredentials: !ticket }), rest);
    }
    const credential = await this.#credential();
    const offered = credential ? [SUBPROTOCOL, credential] : undefined; // not in the address: those end up in logs
    return () => new SocketLink(new Socket(this.#address(new URL(this.endpoint), "last_seq"), offered));
  }

  /** An EventSource can carry nothing but its address: no token may stand there, a ticket is good for once. */
  async #streamTicket() {
    const { ticket, token } = this.#options;
    if (ticket) return ticket();
    return token && (await this.#call(() => this.rest.post("../socket-ticket/"), false)).ticket;
  }

  #address(address, name, more = {}) {
    const { seq, epoch } = this.cursor, known = seq === null ? {} : { [name]: String(seq), epoch };
    for (const [key, value] of Object.entries({ ...known, ...more })) if (value != null) address.searchParams.set(key, value);
    return address.href;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // --- what the server says

  #heard(link, frame, characters) {
    const { event, data } = frame;
    this.#questions.answered(frame);
    switch (event) {
      case "authenticated": return this.#authenticated(link, data);
      case "notification": case "system_notification": return this.#notification(link, frame, characters);
      case "caught_up": return this.#caughtUp(link, data);
      case "unread_count": return this.#badge(data, link.live && link.kind !== "polling"); // polling hears of no change but this
      case "ping":
        link.send("pong");
        return this.#compare(data.rev);
      case "reset": return this.#reset(data);
      case "reconnect": return this.connection.makeWay(data.after_ms);
      case "notification_read": return this.#tell("read", data);
      case "notification_changed": return this.#changed(data);
      case "notification_removed": return this.#tell("removed", data);
      case "error": link.resuming = false; // it may have been our resume that was refused: ask again at the next gap
      case "authentication_error": return this.#tell("error", data);
    }
  }

  #authenticated(link, data) {
    const { cursor, connection } = this, userId = String(data.user_id);
    if (cursor.userId !== null && cursor.userId !== userId) return connection.stop("signed_out", SIGN_IN_AGAIN); // another person's session by now
    cursor.userId = userId;
    if (cursor.seq === null) cursor.epoch = data.epoch; // with a cursor, another epoch brings a reset
    connection.signedIn(link, data.heartbeat_s);
    if (data.expires_at) connection.after("renew", Date.parse(data.expires_at) - Date.now() - RENEW_BEFORE_MS, () => this.#renew(link));
    this.#badge(data, false);
  }

  /** The server closes what is not renewed; its code then says whether to come back. */
  async #renew(link) {
    const { ticket, token } = this.#options;
    if (link.kind !== "websocket" || (!ticket && typeof token !== "function")) return;
    const fresh = await this.#credential().catch(() => undefined);
    if (fresh) link.send("authenticate", { token: fresh });
  }

  #notification(link, { event, data, prev = 0, again }, characters) {
    const notification = data, { id, seq, silent, is_read: isRead } = notification, { cursor } = this;
    if (cursor.seq !== null && seq <= cursor.seq) return link.acknowledge(seq, characters, false); // a repeat: the server missed our ack
    if (cursor.seq !== null && prev > cursor.seq) return this.#resume(link);
    link.resuming = false;
    cursor.advance(seq);
    link.acknowledge(seq, characters, notification.requires_acknowledgment);
    const show = !silent && !isRead && (again === "snooze" || !this.#known.has(id));
    this.#remember(id);
    this.#tell("notification", { notification, show, live: link.live, again, broadcast: event === "system_notification" });
  }

  #remember(id) {
    this.#known.add(id);
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.values().next().value);
  }

  /** What is snoozed is shown anew when it comes back; polling is not told why it does. */
  #changed(data) {
    if (data.changes.snoozed_until) this.#known.delete(data.id);
    this.#tell("changed", data);
  }

  /** Once: what follows the gap is sent again with it. */
  #resume(link) {
    if (!link.resuming) link.send("resume", { last_seq: this.cursor.seq, epoch: this.cursor.epoch });
    link.resuming = true;
  }

  #caughtUp(link, data) {
    const { cursor } = this, missed = cursor.rev !== null && cursor.rev !== data.rev;
    link.live = true;
    link.resuming = false;
    cursor.rev = data.rev;
    cursor.advance(data.last_seq); // what lies between was rightly left out
    this.#tell("caught_up", data);
    if (missed) this.#tell("stale", { rev: data.rev });
  }

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

  #badge({ unread_count, rev, last_seq }, followed) {
    if (rev < this.#badgeRev) return; // overtaken
    this.#badgeRev = rev;
    if (followed) this.cursor.rev = Math.max(this.cursor.rev ?? 0, rev);
    if (followed) this.cursor.save();
    this.#tell("unread_count", { unread_count, rev, last_seq });
  }

  #reset(data) {
    Object.assign(this.cursor, { epoch: data.epoch, seq: data.last_seq, rev: null });
    this.#badgeRev = -1;
    this.#known.clear();
    this.cursor.save();
    this.#tell("reset", data);
  }
}
