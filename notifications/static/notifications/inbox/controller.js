// @ts-check
/** One element's life: what the client reports becomes visible, what a person does becomes a deed. */
import { Alerts } from "./alerts.js";
import { Deeds } from "./deeds.js";
import { Feed } from "./feed.js";
import { Input } from "./input.js";
import { Leading } from "./leading.js";
import { Model } from "./model.js";
import { Gestures } from "./selecting/gestures.js";
import { Bell } from "./overlays/bell.js";
import { List } from "./view/list.js";
import { Menu } from "./overlays/menu.js";
import { Panel } from "./view/panel.js";
import { Toasts } from "./overlays/toasts.js";

/** @typedef {import("../client.d.ts").Notification} Notification */

const AGE_EVERY_MS = 30_000;
const LOOKED_AT_MS = 1_000;
const PATIENCE_MS = 1_500; // a stream that ends and begins again is no news
const DRAW_AFTER_MS = 16;
const MOST_TOASTS = 3;

export class Controller {
  unread = 0;
  #wasOnline = false;
  /** @type {Notification[]} */ #missed = [];
  /** @type {Set<string>} */ #kinds = new Set();
  /** @type {any} */ #looking;
  /** @type {any} */ #drawing;
  /** @type {any} */ #connecting;
  /** @type {any} */ #ageing;

  /** @param {HTMLElement} element @param {import("../client.js").TidingsClient} client @param {import("./words/words.js").Words} words @param {HTMLElement} body */
  constructor(element, client, words, body) {
    const isPage = element.getAttribute("layout") === "page";
    this.element = element, this.client = client, this.words = words;
    this.model = new Model();
    this.alerts = new Alerts();
    this.leading = new Leading(`${client.endpoint}:${element.getAttribute("user-id") ?? ""}`);
    this.feed = new Feed(client, this.model, () => this.drawSoon());
    this.deeds = new Deeds(client, this.model, {
      redraw: () => this.draw(),
      badge: (difference) => this.#count(this.unread + difference),
      say: (says) => this.toasts.show(says),
      words: () => words,
    });
    this.list = new List(this.model, words);
    this.toasts = new Toasts(words, (id) => this.#go(id));
    this.panel = new Panel(this.model, words, this.list.element, this.alerts, {
      onView: (view) => this.#show({ view, filters: this.model.filters }),
      onFilter: (filters) => this.#show({ view: this.model.view, filters }),
      onMarkAll: () => this.deeds.markAllAsRead(),
      onRetry: () => this.feed.load(),
      onOlder: () => this.feed.loadOlder(),
      onClose: () => this.bell?.close(),
      onSelect: () => this.gestures.toggle(),
      onAll: () => this.gestures.toggleAll(),
      onClear: () => this.gestures.end(),
      onAct: (act, anchor) => this.gestures.act(act, anchor),
      kinds: () => [...this.#kinds, ...[...this.model.items.values()].map((one) => one.notification_type)],
    }, { isPage, signIn: element.getAttribute("sign-in") });
    this.bell = isPage ? null : new Bell(words, this.panel.element, () => this.draw());
    body.append(...(this.bell ? [this.bell.element, this.bell.panel] : [this.panel.element]), this.toasts.element);
    this.menu = new Menu(this.panel.element);
    this.gestures = new Gestures(this);
    this.input = new Input(this);
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    const { client, panel } = this;
    this.feed.listen(signal);
    this.leading.start(signal, (late) => this.#announceAll(late.filter(({ id }) => this.model.items.get(id)?.is_read === false)));
    this.input.listen(signal);
    this.gestures.listen(signal);
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ apply) => client.addEventListener(/** @type {any} */ (name), (/** @type {any} */ { detail }) => apply(detail), { signal });
    on("notification", (detail) => this.#announce(detail));
    on("caught_up", () => this.#announceAll(this.#missed.splice(0)));
    on("reset", ({ last_seq: lastSeq }) => this.leading.resetTo(lastSeq));
    on("unread_count", ({ unread_count: count }) => this.#count(count));
    on("state", ({ state, via }) => this.#drawConnectionSoon(state, via));
    document.addEventListener("visibilitychange", () => this.#lookSoon(), { signal });
    globalThis.addEventListener("pagehide", () => this.deeds.finish(), { signal });
    const seen = new IntersectionObserver(([{ isIntersecting }]) => void (isIntersecting && this.feed.loadOlder()), { rootMargin: "600px" });
    seen.observe(panel.older);
    signal.addEventListener("abort", () => seen.disconnect());
    this.#ageing = setInterval(() => this.list.grow(Date.now()), AGE_EVERY_MS);
    this.#begin();
  }

  /** The count first: its rev says from where on changes must be heard; the list and the socket may then go in any order. */
  async #begin() {
    const { client, feed } = this;
    if (client.overSocket) {
      client.addEventListener("caught_up", () => feed.load(), { once: true }); // nothing can be asked before
      return client.connect();
    }
    const count = await client.unreadCount({ beforeList: true }).catch(() => null);
    for (const kind of Object.keys(count?.by_type ?? {})) this.#kinds.add(kind);
    if (client.state === "signed_out") return;
    client.connect();
    feed.load();
  }

  stop() {
    this.deeds.finish();
    clearInterval(this.#ageing);
    for (const timer of [this.#looking, this.#drawing, this.#connecting]) clearTimeout(timer);
    this.client.disconnect();
  }

  openPanel() {
    this.bell?.open();
  }

  // --- drawing

  draw() {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.model.selection.keep(this.model.shown);
    this.list.draw(Date.now());
    this.panel.draw(this.feed, this.unread, (error) => this.deeds.reason(error));
    this.bell?.lead();
    this.#lookSoon();
  }

  /** A backlog comes as a thousand frames: not as a thousand drawings. */
  drawSoon() {
    this.#drawing ??= setTimeout(() => this.draw(), DRAW_AFTER_MS);
  }

  /** @param {number} count */
  #count(count) {
    this.unread = Math.max(0, count);
    this.bell?.count(this.unread);
    this.#tell("tidings-count", { unread: this.unread });
    this.drawSoon();
  }

  /** @param {string} name @param {object} detail @returns {boolean} false: the host takes care of it */
  #tell(name, detail) {
    return this.element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  /** @param {string} state @param {string | null} via */
  #drawConnectionSoon(state, via) {
    clearTimeout(this.#connecting);
    const now = () => this.#drawConnection(state, via);
    if (state === "connecting" && this.#wasOnline) this.#connecting = setTimeout(now, PATIENCE_MS);
    else now();
  }

  /** @param {string} state @param {string | null} via */
  #drawConnection(state, via) {
    const { says } = this.words, name = via === "polling" ? "polling" : state === "connecting" && this.#wasOnline ? "reconnecting" : state;
    this.#wasOnline ||= state === "online";
    this.panel.drawConnection(state, via, /** @type {Record<string, any>} */ (says)[name]);
    this.bell?.state(state);
    this.#tell("tidings-state", { state, via });
  }

  /** @param {{view: import("./model.js").View, filters: import("./model.js").Filters}} wanted */
  #show({ view, filters }) {
    Object.assign(this.model, { view, filters });
    this.model.selection.finish();
    this.feed.startOver();
    this.draw();
  }

  // --- what is new

  /** @param {{notification: Notification, show: boolean, live: boolean, again?: string}} news */
  #announce({ notification, show, live, again }) {
    this.#kinds.add(notification.notification_type);
    if (!show || (again === "repush" && this.model.items.has(notification.id)) || !this.leading.claims(notification)) return;
    if (live) this.#toast(notification);
    else this.#missed.push(notification);
  }

  /** @param {Notification} notification */
  #toast(notification) {
    if (!this.#tell("tidings-notification", { notification })) return;
    this.toasts.show(notification);
    this.alerts.tell(notification, (id) => this.#go(id));
  }

  /** @param {Notification[]} missed */
  #announceAll(missed) {
    if (missed.length > MOST_TOASTS) this.toasts.show({ title: this.words.says.whileAway(missed.length) });
    else missed.forEach((notification) => this.#toast(notification));
  }

  /** From a toast to its entry, or where it leads. @param {number} id @returns {boolean} false: the host leads on */
  #go(id) {
    const notification = this.model.items.get(id);
    if (!notification) return true;
    this.bell?.open();
    this.list.focusOn(id);
    return this.opened(notification);
  }

  /** Followed or opened: it is read. @param {Notification} notification @returns {boolean} false: the host leads on */
  opened(notification) {
    this.deeds.setRead(this.model.standingFor(notification.id), true);
    return this.#tell("tidings-open", { notification });
  }

  /** Looked at, not yet read: a second in the open tab. */
  #lookSoon() {
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => {
      const { model, client } = this, upToSeq = model.highestSeq, isNew = model.shown.some(({ seen_at }) => !seen_at);
      const looks = !document.hidden && (!this.bell || this.bell.isOpen) && ["all", "unread"].includes(model.view);
      if (!isNew || !looks || client.state !== "online") return;
      const takeBack = model.change(({ seq }) => seq <= upToSeq, { seen_at: new Date().toISOString() });
      client.seen(upToSeq).catch(takeBack);
    }, LOOKED_AT_MS);
  }
}
