// @ts-check
/** What is not pushed at all: too unimportant, too old, of other categories, muted. */
import { choose, member } from "./grid.js";
import { keep } from "./times.js";
import { copy, inWords, part } from "./wishes.js";

/** @typedef {import("./wishes.js").Wishes} Wishes @typedef {import("./wishes.js").Preferences} Preferences */

/** @type {Wishes} */ let mine;

/** @param {Wishes} wishes @param {import("./grid.js").Kind[]} kinds */
export function wireFilters(wishes, kinds) {
  mine = wishes;
  const priority = part("min_priority"), age = part("max_age_s");
  priority.addEventListener("change", () => wishes.say(keep("min_priority", priority.value), priority));
  age.addEventListener("change", () => wishes.say(keep("max_age_s", age.value ? Number(age.value) : null), age));
  const categories = [...new Set(kinds.map(({ category }) => category))].sort();
  part("only_categories").querySelector(".checks").append(...categories.map((category) => check(category, categories)));
  for (const form of mutes()) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const input = /** @type {HTMLInputElement} */ (form.querySelector("input")), word = input.value.trim();
      mute(form, word, true, input);
      input.value = "";
    });
  }
}

/** @param {string} category @param {string[]} all */
function check(category, all) {
  const label = document.createElement("label"), box = Object.assign(document.createElement("input"), { type: "checkbox", value: category });
  label.append(box, ` ${inWords(category)}`);
  box.addEventListener("change", () => {
    const { checked } = box;
    mine.say(() => {
      const wanted = member(mine.now.only_categories ?? all, category, checked);
      return { only_categories: all.every((one) => wanted.includes(one)) ? null : wanted };
    }, box);
  });
  return label;
}

/** @returns {HTMLFormElement[]} */
function mutes() {
  return [...document.querySelectorAll("form[data-mutes]")].map((form) => /** @type {HTMLFormElement} */ (form));
}

/** @param {HTMLFormElement} form @param {string} word @param {boolean} isMuted @param {Element} control */
function mute(form, word, isMuted, control) {
  const field = /** @type {"muted_tags"} */ (form.dataset.mutes);
  mine.say(() => ({ [field]: member(mine.now[field], word, isMuted) }), control);
}

/** @param {Preferences} now */
export function drawFilters(now) {
  part("min_priority").value = now.min_priority;
  choose(part("max_age_s"), now.max_age_s === null ? "" : String(now.max_age_s));
  for (const box of part("only_categories").querySelectorAll("input")) box.checked = now.only_categories?.includes(box.value) ?? true;
  for (const form of mutes()) {
    const words = now[/** @type {"muted_tags"} */ (form.dataset.mutes)];
    form.querySelector(".chips")?.replaceChildren(...words.map((word) => chip(form, word)));
  }
}

/** @param {HTMLFormElement} form @param {string} word */
function chip(form, word) {
  const made = copy("muted"), button = /** @type {HTMLButtonElement} */ (made.querySelector("button"));
  /** @type {HTMLElement} */ (made.querySelector("span")).textContent = word;
  button.setAttribute("aria-label", `Unmute ${word}`);
  button.addEventListener("click", () => {
    form.querySelector("input")?.focus(); // the button goes
    mute(form, word, false, form.querySelector("input") ?? form);
  });
  return made;
}
