/** Where sockets are blocked: Server-Sent Events, and where those are swallowed too, asking every few seconds. Both speak in the socket's frames. */
import { Link } from "./link.js";

const EVERY_MS = 15_000, EVERY_MS_HIDDEN = 60_000;
const PAGE = 100, MOST_PAGES = 10; // as much as a socket's backlog brings; beyond, a reset
const NEVER_MS = Infinity;
const STREAMED = ["notification", "system_notification", "unread_count", "notification_read", "notification_changed", "notification_removed", "reset"];

/** Both acknowledge over REST; if that fails, the cursor of the next connection does it. */
class RestLink extends Link {
  constructor(kind, rest) {
    super(kind);
    this.rest = rest;
  }

  send(event, data) {
    if (event === "ack") this.rest.post("ack/", { up_to_seq: data.up_to_seq }).catch(() => {});
  }

  says(event, data, characters = 0) {
    this.onFrame(this, { event, data, again: data.again }, characters);
  }
}

export class StreamLink extends RestLink {
  constructor(source, rest) {
    super("sse", rest);
    this.source = source;
    // not the browser's own way back: its cursor would not outlive the page, and a ticket is good for once
    source.onerror = () => this.fail();
    this.#on("connected", (data) => this.says("authenticated", data));
    this.#on("ping", (data) => this.says(this.live ? "ping" : "caught_up", data)); // the first one ends the backlog
    for (const event of STREAMED) this.#on(event, (data, characters) => this.says(event, data, characters));
  }

  #on(event, then) {
    this.source.addEventListener(event, ({ data }) => (this.heard(), then(JSON.parse(data), data.length)));
  }

  probe() {} // nobody answers: the server's next ping, or its absence, tells

  detach() {
    super.detach();
    this.source.close();
  }
}

export class PollingLink extends RestLink {
  #over = false;
  #asking = false;
  #next;

  constructor(rest, cursor) {
    super("polling", rest);
    this.cursor = cursor;
    this.#next = setTimeout(() => this.probe(), 0); // when its listeners are there
  }

  /** Now, and then every few seconds. */
  async probe() {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#next);
    this.heard();
    try {
      await this.#ask();
    } catch (error) {
      if (!this.#over) this.fail();
    }
    this.#asking = false;
    if (this.#over) return;
    this.heard(NEVER_MS);
    this.#next = setTimeout(() => this.probe(), globalThis.document?.hidden ? EVERY_MS_HIDDEN : EVERY_MS);
  }

  async #ask() {
    const count = await this.rest.get("unread_count/"), { cursor } = this;
    if (this.#over) return;
    this.says(this.signedIn ? "unread_count" : "authenticated", { ...count, heartbeat_s: 4 });
    if (this.#over) return; // it is another person's session by now
    const elsewhere = cursor.seq !== null && (cursor.epoch !== count.epoch || cursor.seq > count.last_seq);
    if (elsewhere || (cursor.seq !== count.last_seq && !(await this.#fetch(cursor.seq)))) this.says("reset", count);
    this.says("caught_up", count);
  }

  /** What came after, the oldest first; of a first visit what nobody has seen yet. False: too much. */
  async #fetch(seq) {
    let after = seq ?? 0;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { results, next } = await this.rest.get(seq === null ? "unread/" : "", { after, channel: "websocket", page_size: PAGE });
      this.heard();
      for (const row of results) {
        after = row.seq;
        if (seq !== null || !row.delivered_at) this.says("notification", row);
      }
      if (this.#over || !next) return true;
    }
    return false;
  }

  detach() {
    super.detach();
    this.#over = true;
    clearTimeout(this.#next);
  }
}
