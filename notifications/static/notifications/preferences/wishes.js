// @ts-check
/** What the person wants, as the server has it; each change is shown at once, saved one after the other, and taken back where it is refused. */
import { RequestFailed } from "../client/rest.js";

/**
 * @typedef {{
 *   timezone: string, locale: string, phone: string | null, quiet_hours: {start: string, end: string} | null,
 *   min_priority: string, only_categories: string[] | null, max_age_s: number | null,
 *   muted_types: string[], muted_categories: string[], muted_sources: string[], muted_tags: string[], muted_threads: string[],
 *   digest: Record<string, {window_s: number}>, kinds: Record<string, Record<string, boolean>>, unsubscribed: Record<string, string[]>,
 * }} Preferences
 * @typedef {Record<string, any>} Patch
 */

export class Wishes extends EventTarget {
  /** @type {Promise<void>} */ #last = Promise.resolve();
  #waiting = 0;

  /** @param {import("../client/rest.js").Rest} rest @param {Preferences} now */
  constructor(rest, now) {
    super();
    this.rest = rest;
    this.now = now;
  }

  /**
   * Save it. `patch` is asked for when its turn comes, so that two changes of one list do not lose each other; where it is refused,
   * that is said beside `control`. When nothing waits any more, "settled" has the page drawn as the server has it.
   * @param {() => Patch} patch @param {Element} control
   */
  say(patch, control) {
    this.#waiting += 1;
    problem(control, "");
    this.#last = this.#last.then(() => this.#save(patch, control));
  }

  /** @param {() => Patch} patch @param {Element} control */
  async #save(patch, control) {
    try {
      this.now = await this.rest.patch("preferences/", patch());
      this.dispatchEvent(new Event("saved"));
    } catch (error) {
      problem(control, reason(error), isSignedOut(error));
    }
    this.#waiting -= 1;
    if (!this.#waiting) this.dispatchEvent(new Event("settled"));
  }
}

/** Beside its field; empty: all is well again. @param {Element} control @param {string} says @param {boolean} [signedOut] */
export function problem(control, says, signedOut = false) {
  const field = control.closest("[data-field]"), place = field?.querySelector(".problem");
  if (place) place.textContent = says && (signedOut ? says : `${says} Nothing was changed.`);
  if (says) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

/** @param {unknown} error */
export function reason(error) {
  if (!(error instanceof RequestFailed)) return "The server cannot be reached.";
  if (isSignedOut(error)) return "You have been signed out: reload the page to sign in again.";
  const { code, detail, ...fields } = error.body ?? {};
  const said = Object.values(fields).flat().filter((part) => typeof part === "string");
  return said.length ? said.join(" ") : (detail ?? `The server answered ${error.status}.`);
}

/** @param {unknown} error */
export function isSignedOut(error) {
  return error instanceof RequestFailed && (error.status === 401 || error.body?.code === "not_authenticated");
}

/** @param {string} id @returns {any} */
export function part(id) {
  return document.getElementById(id);
}

/** A copy of what the template holds. @param {string} id @returns {HTMLElement} */
export function copy(id) {
  return part(id).content.firstElementChild.cloneNode(true);
}

/** "ticket_assigned" → "Ticket assigned". @param {string} word */
export function inWords(word) {
  return word.charAt(0).toUpperCase() + word.slice(1).replaceAll("_", " ");
}
