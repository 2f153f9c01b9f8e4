// @ts-check
/** Everything around the list: which view, search and filters, the connection in plain words, what is empty or has failed. */
import { PRIORITIES, VIEWS } from "../model.js";
import { icon, iconButton, make } from "./make.js";
import { Menu } from "../overlays/menu.js";
import { Bar } from "../selecting/bar.js";

const TYPED_MS = 250;

/**
 * @typedef {import("../model.js").View} View
 * @typedef {import("../model.js").Filters} Filters
 * @typedef {object} Doing
 * @property {(view: View) => void} onView
 * @property {(filters: Filters) => void} onFilter
 * @property {() => void} onMarkAll
 * @property {() => void} onRetry
 * @property {() => void} onOlder
 * @property {() => void} onClose
 * @property {() => string[]} kinds
 * @property {() => void} onSelect
 * @property {() => void} onAll
 * @property {() => void} onClear
 * @property {(act: string, anchor: HTMLElement) => void} onAct
 */

export class Panel {
  /** @type {any} */ #typing;

  /** @param {import("../model.js").Model} model @param {import("../words/words.js").Words} words @param {HTMLElement} list @param {import("../alerts.js").Alerts} alerts @param {Doing} doing @param {{isPage: boolean, signIn: string | null}} options */
  constructor(model, words, list, alerts, doing, { isPage, signIn }) {
    const { says } = words;
    this.model = model, this.words = words, this.alerts = alerts, this.doing = doing;
    this.connection = make("p.connection", { id: "connection", "data-state": "connecting", role: "status", part: "connection" }, make("span.dot", { "aria-hidden": "true" }), make("span.says", {}, says.connecting));
    this.markAll = make("button.plain", { id: "mark-all", disabled: true, onclick: doing.onMarkAll, part: "mark-all" }, icon("all"), make("span", {}, says.markAll));
    this.select = iconButton("select", says.selecting.begin, { "aria-pressed": "false", onclick: doing.onSelect, part: "select" });
    this.bar = new Bar(model, words, doing);
    this.settings = iconButton("settings", says.settings, { "aria-haspopup": "dialog", onclick: () => this.#openSettings() });
    this.views = make("nav.views", { "aria-label": says.show, part: "views" }, ...VIEWS.map((view) => make("button", { "data-view": view, "aria-pressed": String(view === "all"), onclick: () => doing.onView(view) }, says[view])));
    this.search = make("input", { type: "search", placeholder: says.search, "aria-label": says.search, part: "search", oninput: () => this.#type() });
    this.filter = make("button.plain.filter", { "aria-haspopup": "dialog", onclick: () => this.#openFilters() }, icon("filter"), make("span", {}, says.filter));
    this.signedOut = make("div.notice", { role: "alert", hidden: true }, make("p", {}, says.signedOutLong), signIn && make("a.primary", { href: signIn }, says.signIn));
    this.loading = make("div.loading", { role: "status" }, make("span.hidden", {}, says.loading), make("i"), make("i"), make("i"));
    this.empty = make("div.state", { hidden: true, part: "empty" }, icon("calm", "large"), make("p.what"), make("p.quiet"));
    this.failed = make("div.state", { role: "alert", hidden: true }, make("p.what", {}, says.notLoaded), make("p.quiet"), make("button.primary", { onclick: doing.onRetry }, says.again));
    this.older = make("button.plain.older", { hidden: true, onclick: doing.onOlder }, says.older);
    this.sheet = make("section.sheet", { "aria-label": says.notifications, id: "sheet", "aria-busy": "true", part: "sheet" }, list, this.loading, this.empty, this.failed, this.older);
    const close = !isPage && iconButton("close", says.close, { onclick: doing.onClose });
    const head = make("div.head", { part: "head" }, make(isPage ? "h1" : "h2", {}, says.title), this.connection, make("span.grow"), this.markAll, this.select, this.settings, close);
    const search = make("label.search", {}, icon("search"), this.search);
    this.top = make("div.top", {}, make("div.tools", {}, this.views, make("span.grow"), search, this.filter), this.bar.says, this.bar.element);
    this.element = make("div.inbox", { part: "inbox" }, this.signedOut, head, this.top, this.sheet, isPage && keys(says));
    this.menu = new Menu(this.element);
  }

  /** @param {import("../feed.js").Feed} feed @param {number} unread @param {(error: any) => string} reason */
  draw(feed, unread, reason) {
    const { model, words: { says } } = this, isEmpty = !model.shown.length;
    const [what, more] = says.empty[model.isFiltered ? "filtered" : model.view];
    this.loading.hidden = !feed.isLoading || !isEmpty;
    this.failed.hidden = !feed.failure || !isEmpty;
    this.empty.hidden = !isEmpty || feed.oldest !== null || feed.isLoading || Boolean(feed.failure);
    this.empty.querySelector(".what").textContent = what;
    this.empty.querySelector(".quiet").textContent = more;
    if (feed.failure) this.failed.querySelector(".quiet").textContent = reason(feed.failure);
    this.older.hidden = feed.oldest === null;
    this.older.disabled = feed.isLoadingOlder;
    this.older.textContent = feed.isLoadingOlder ? says.loading : feed.olderFailure ? says.olderFailed : says.older;
    this.sheet.setAttribute("aria-busy", String(feed.isLoading));
    this.markAll.disabled = !unread || !["all", "unread"].includes(model.view) || model.isFiltered;
    for (const button of this.views.children) button.setAttribute("aria-pressed", String(button.dataset.view === model.view));
    const set = Object.entries(model.filters).filter(([name, value]) => value && name !== "search").length;
    this.bar.draw();
    this.top.classList.toggle("selecting", model.selection.isOn);
    this.select.setAttribute("aria-pressed", String(model.selection.isOn));
    this.filter.classList.toggle("set", set > 0);
    this.filter.setAttribute("aria-label", set ? says.filters(set) : says.filter);
  }

  /** @param {string} state @param {string | null} via @param {string} text */
  drawConnection(state, via, text) {
    Object.assign(this.connection.dataset, { state, via: via ?? "" });
    this.connection.querySelector(".says").textContent = text;
    this.signedOut.hidden = state !== "signed_out";
    this.element.toggleAttribute("data-signed-out", state === "signed_out");
  }

  #type() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.doing.onFilter({ ...this.model.filters, search: this.search.value.trim() }), TYPED_MS);
  }

  #openFilters() {
    const { says } = this.words, { filters } = this.model;
    const field = (/** @type {keyof Filters} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ options) => {
      const select = make("select", { "data-filter": name, onchange: () => this.doing.onFilter({ ...this.model.filters, [name]: select.value }) },
        make("option", { value: "" }, says.any), ...options.map(([value, text]) => make("option", { value, selected: filters[name] === value }, text)));
      return make("label.field", {}, make("span", {}, label), select);
    };
    const kinds = [...new Set([...this.doing.kinds(), ...(filters.notification_type ? [filters.notification_type] : [])])].sort();
    const clear = () => (this.menu.close(), this.doing.onFilter({ search: this.model.filters.search }));
    this.menu.open(this.filter, says.filter, [
      field("category", says.category, Object.entries(says.categories)),
      field("min_priority", says.priority, PRIORITIES.slice(1).map((priority) => [priority, says.atLeast(says.priorities[priority])])),
      field("notification_type", says.kind, kinds.map((kind) => [kind, inWords(kind)])),
      make("button.small", { onclick: clear }, says.clear),
    ]);
  }

  #openSettings() {
    const { says } = this.words, { wishes } = this.alerts;
    const box = (/** @type {"sound" | "desktop"} */ what) => {
      const input = make("input", { type: "checkbox", checked: wishes[what], onchange: async () => {
        const possible = await this.alerts.wish(what, input.checked);
        if (!possible) input.checked = false;
        problem.hidden = possible;
      } });
      return make("label.check", {}, input, says[what]);
    };
    const problem = make("p.problem", { role: "alert", hidden: true }, says.desktopDenied);
    this.menu.open(this.settings, says.settings, [box("sound"), box("desktop"), problem]);
  }
}

/** @param {string} kind */
function inWords(kind) {
  const text = kind.replaceAll(/[_.]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {import("../words/words.js").Table} says */
function keys({ keys: { move, open, select, read, archive, snooze, remove, search } }) {
  const shown = [["↑ ↓", move], ["Enter", open], ["x", select], ["r", read], ["e", archive], ["s", snooze], ["Del", remove], ["/", search]];
  return make("p.keys.quiet", {}, ...shown.flatMap(([key, what]) => [make("span", {}, make("kbd", {}, key), ` ${what}`)]));
}
