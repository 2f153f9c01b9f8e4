// @ts-check
/** Every kind on every channel, by category: one tick, one change. */
import { copy, inWords, part } from "./wishes.js";

/**
 * @typedef {import("./wishes.js").Wishes} Wishes
 * @typedef {import("./wishes.js").Preferences} Preferences
 * @typedef {{kind: string, category: string, priority: string, channels: string[], mandatory: boolean, digest: {window_s: number} | null, words: {locale: string}[]}} Kind
 */

const CHANNELS = /** @type {Record<string, string>} */ ({ websocket: "on the open page", email: "by e-mail", push: "by push", sms: "by SMS", whatsapp: "by WhatsApp" });
const LADDERS = /** @type {Record<string, string[]>} */ ({ high: ["email"], urgent: ["email", "push"], critical: ["email", "sms", "push"] });

/** @type {Map<string, HTMLElement>} */ const rows = new Map();
/** @type {Map<string, HTMLDetailsElement>} */ const groups = new Map();

/** @param {Wishes} wishes @param {Kind[]} kinds */
export function makeGrid(wishes, kinds) {
  for (const category of [...new Set(kinds.map((kind) => kind.category))].sort()) {
    const members = kinds.filter((kind) => kind.category === category);
    const group = /** @type {HTMLDetailsElement} */ (makeGroup(wishes, category, members));
    groups.set(category, group);
    part("groups").append(group);
  }
  const first = groups.values().next().value;
  if (first) first.open = true;
  part("find").addEventListener("input", find);
}

/** @param {Wishes} wishes @param {string} category @param {Kind[]} members */
function makeGroup(wishes, category, members) {
  const group = copy("group"), mute = group.querySelector(".mute"), box = group.querySelector("input");
  within(group, ".name").textContent = inWords(category);
  within(group, ".count").textContent = members.length === 1 ? "1 kind" : `${members.length} kinds`;
  within(group, ".mute span").textContent = `Mute all of “${inWords(category)}”`;
  if (members.every(({ mandatory }) => mandatory)) mute?.remove();
  box?.addEventListener("change", () => wishes.say(() => ({ muted_categories: member(wishes.now.muted_categories, category, box.checked) }), box));
  group.querySelector("tbody")?.append(...members.map((kind) => makeRow(wishes, kind)));
  return group;
}

/** @param {Wishes} wishes @param {Kind} kind */
function makeRow(wishes, kind) {
  const row = copy("row"), name = inWords(kind.kind), how = /** @type {HTMLSelectElement} */ (row.querySelector("select"));
  rows.set(kind.kind, row);
  row.dataset.kind = kind.kind;
  within(row, "th .name").textContent = name;
  within(row, ".lock").hidden = !kind.mandatory;
  for (const [channel, words] of Object.entries(CHANNELS)) {
    const cell = within(row, `[data-channel=${channel}]`), box = /** @type {HTMLInputElement} */ (cell.querySelector("input"));
    box.setAttribute("aria-label", kind.mandatory ? `${name} ${words}: always` : `${name} ${words}`);
    box.disabled = kind.mandatory;
    cell.classList.toggle("rare", !kind.mandatory && !goesThere(kind, channel));
    box.addEventListener("change", () => wishes.say(() => ({ kinds: { [kind.kind]: { [channel]: box.checked } } }), box));
  }
  how.setAttribute("aria-label", `${name}: how`);
  how.disabled = kind.mandatory;
  how.addEventListener("change", () => {
    const chosen = how.value; // the page may be drawn before its turn comes
    wishes.say(() => asHow(wishes.now, kind, chosen), how);
  });
  return row;
}

/** By itself, or when nobody acknowledges it. @param {Kind} kind @param {string} channel */
function goesThere({ channels, priority }, channel) {
  return channels.includes(channel) || Boolean(LADDERS[priority]?.includes(channel));
}

/** @param {Preferences} now @param {Kind} kind @param {string} how */
function asHow(now, { kind, digest }, how) {
  const muted_types = member(now.muted_types, kind, how === "muted");
  if (how === "muted") return { muted_types };
  const isDefault = Number(how) === (digest?.window_s ?? 0);
  return { muted_types, digest: { [kind]: isDefault ? null : { window_s: Number(how) } } };
}

/** The list with it, or without. @param {string[]} list @param {string} word @param {boolean} isIn */
export function member(list, word, isIn) {
  return isIn ? [...new Set([...list, word])] : list.filter((other) => other !== word);
}

/** @param {Preferences} now */
export function drawGrid(now) {
  for (const [kind, row] of rows) {
    for (const channel of Object.keys(CHANNELS)) {
      const box = row.querySelector(`[data-channel=${channel}] input`);
      if (box instanceof HTMLInputElement) box.checked = now.kinds[kind]?.[channel] ?? false;
    }
    choose(/** @type {HTMLSelectElement} */ (row.querySelector("select")), now.muted_types.includes(kind) ? "muted" : String(now.digest[kind]?.window_s ?? 0));
    row.classList.toggle("muted", now.muted_types.includes(kind));
  }
  for (const [category, group] of groups) {
    const isMuted = now.muted_categories.includes(category), box = group.querySelector("input");
    if (box instanceof HTMLInputElement && box.closest(".mute")) box.checked = isMuted;
    group.classList.toggle("muted", isMuted);
  }
}

/** What was said elsewhere may be none of the usual. @param {HTMLSelectElement} select @param {string} value */
export function choose(select, value) {
  if (![...select.options].some((option) => option.value === value)) select.add(new Option(`${select.matches(".how select") ? "Gathered, " : ""}${Math.round(Number(value) / 60)} min`, value));
  select.value = value;
}

function find() {
  const wanted = part("find").value.trim().toLowerCase();
  let found = 0;
  for (const group of groups.values()) {
    const members = /** @type {HTMLElement[]} */ ([...group.querySelectorAll("tbody tr")]);
    for (const row of members) row.hidden = !within(row, "th .name").textContent?.toLowerCase().includes(wanted);
    const shown = members.filter((row) => !row.hidden).length;
    group.hidden = !shown;
    if (wanted) group.open = true;
    found += shown;
  }
  part("no-kind").hidden = found > 0;
}

/** What stands above the columns of a channel that leads nowhere just now. @param {string} channel @param {string} why */
export function drawColumn(channel, why) {
  for (const heading of document.querySelectorAll(`th[data-channel=${channel}]`)) {
    let said = heading.querySelector(".why");
    if (!said) heading.append((said = Object.assign(document.createElement("span"), { className: "why" })));
    said.textContent = why;
  }
}

/** @param {Element} place @param {string} selector @returns {HTMLElement} */
function within(place, selector) {
  return /** @type {HTMLElement} */ (place.querySelector(selector));
}
