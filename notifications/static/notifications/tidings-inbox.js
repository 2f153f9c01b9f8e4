// @ts-check
/**
 * `<tidings-inbox>`: a bell with a badge and its panel, or with `layout="page"` the whole inbox. Attributes, properties, events and CSS: docs/embedding.md.
 *
 *   <script type="module" src="https://tidings.example/static/notifications/tidings-inbox.js"></script>
 *   <tidings-inbox user-id="7"></tidings-inbox>
 */
import { TidingsClient } from "./client.js";
import { Controller } from "./inbox/controller.js";
import { wordsOf } from "./inbox/words/words.js";
import { make } from "./inbox/view/make.js";

const SHEETS = ["tokens", "list", "panel", "overlays"];
const PROPERTIES = /** @type {const} */ (["ticket", "token", "words", "transports"]);

export class TidingsInbox extends HTMLElement {
  static observedAttributes = ["lang", "user-id", "layout", "url"];

  /** A fresh ticket for each connect; `ticket-url` names where the host's backend gives one. @type {(() => Promise<string>) | undefined} */ ticket;
  /** @type {string | (() => string | Promise<string>) | undefined} */ token;
  /** The host's own words, on top of those of `lang`. @type {Partial<import("./inbox/words/words.js").Table> | undefined} */ words;
  /** @type {import("./client.d.ts").Transport[] | undefined} */ transports;
  /** @type {Controller | null} */ #controller = null;
  /** @type {AbortController | null} */ #life = null;

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    for (const name of PROPERTIES) this.#keep(name);
  }

  /** What a framework has set before this class was there. @param {typeof PROPERTIES[number]} name */
  #keep(name) {
    const set = Object.getOwnPropertyDescriptor(this, name)?.value;
    if (set !== undefined) /** @type {any} */ (this)[name] = set;
  }

  /** The connection under it; null while it is not in a page. */
  get client() {
    return this.#controller?.client ?? null;
  }

  get unreadCount() {
    return this.#controller?.unread ?? 0;
  }

  connectedCallback() {
    this.#life = new AbortController();
    queueMicrotask(() => this.#start(/** @type {AbortController} */ (this.#life).signal)); // whoever made it may set properties first
  }

  disconnectedCallback() {
    this.#life?.abort();
    this.#controller?.stop();
    this.#controller = null;
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now || !this.#controller) return;
    this.disconnectedCallback();
    this.connectedCallback();
  }

  /** Opens the panel of the bell. */
  open() {
    this.#controller?.openPanel();
  }

  /** @param {AbortSignal} signal */
  async #start(signal) {
    const words = await wordsOf(this.lang || this.closest("[lang]")?.getAttribute("lang") || "en", this.words);
    if (signal.aborted) return;
    const root = /** @type {ShadowRoot} */ (this.shadowRoot), body = make("div.root", { hidden: true });
    root.replaceChildren(...SHEETS.map(sheet), body);
    const client = new TidingsClient(this.#options());
    this.#controller = new Controller(this, client, words, body);
    this.#controller.start(signal);
    await styled(root);
    body.hidden = false;
  }

  #options() {
    const ticketUrl = this.getAttribute("ticket-url"), ours = new URL(import.meta.url).origin;
    return {
      url: this.getAttribute("url") ?? `${ours}/ws/notifications/`,
      api: this.getAttribute("api") ?? undefined,
      userId: this.getAttribute("user-id"),
      ticket: this.ticket ?? (ticketUrl ? () => askFor(ticketUrl) : undefined),
      token: this.token,
      transports: this.transports,
    };
  }
}

/** The host's own backend answers {ticket}; who is signed in there says its cookie. @param {string} url */
async function askFor(url) {
  const answer = await fetch(url, { method: "POST", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.json()).ticket;
}

/** A linked sheet, because no policy of a careful host forbids that. @param {string} name */
function sheet(name) {
  return make("link", { rel: "stylesheet", href: new URL(`./inbox/look/${name}.css`, import.meta.url).href });
}

/** @param {ShadowRoot} root */
function styled(root) {
  const loaded = (/** @type {HTMLLinkElement} */ link) => link.sheet || new Promise((done) => (link.onload = link.onerror = done));
  return Promise.all([...root.querySelectorAll("link")].map(loaded));
}

if (!customElements.get("tidings-inbox")) customElements.define("tidings-inbox", TidingsInbox);
