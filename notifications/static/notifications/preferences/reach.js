// @ts-check
/** Where the person is reached: the state of each channel, a test on each, and the phone, which is verified by a code. */
import { drawColumn } from "./grid.js";
import { part, problem, reason } from "./wishes.js";

/** @typedef {{channel: string, address: string | null, reason: string | null}} Channel @typedef {import("./wishes.js").Wishes} Wishes */

const LOOK_MS = 1_000;
const LOOKS = 20;
const SUMMARY = /** @type {Record<string, string>} */ ({ not_configured: "not set up", no_address: "no address", suppressed: "bounces", channel_paused: "paused" });
const STATES = /** @type {Record<string, string>} */ ({
  not_configured: "Not set up in this installation.",
  suppressed: "Your address bounced or complained, so nothing is sent there. An administrator can release it.",
  channel_paused: "Paused by an administrator. What is meant for it waits.",
});
const NO_ADDRESS = /** @type {Record<string, string>} */ ({
  email: "Your account has no e-mail address. An administrator can add one.",
  push: "No browser or app of yours takes part yet.",
  sms: "No phone number yet: add it below.",
  whatsapp: "No phone number yet: add it below.",
});
/** Why a test did not go out, or not now: the reasons of docs/protocol.md that a person may meet here. */
const REASONS = /** @type {Record<string, string>} */ ({
  ...SUMMARY,
  preference_off: "you switched it off",
  muted: "it is muted",
  below_min_priority: "it is below your least priority",
  unsubscribed: "you unsubscribed from it",
  quiet_hours: "quiet hours",
  digest: "it is gathered with others",
  rate_limited: "many messages are waiting",
  too_old: "it is too old",
  endpoint_gone: "that browser or app takes no more",
  permanent_failure: "the provider refused it",
  attempts_exhausted: "the provider did not take it",
});

/** @param {Wishes} wishes */
export function wireReach(wishes) {
  for (const way of ways()) way.querySelector("[data-test]")?.addEventListener("click", () => test(wishes.rest, way));
  part("ask-for-code").addEventListener("submit", (/** @type {Event} */ event) => askForCode(event, wishes));
  part("confirm-code").addEventListener("submit", (/** @type {Event} */ event) => confirmCode(event, wishes));
}

/** @returns {HTMLElement[]} */
function ways() {
  return [...document.querySelectorAll(".way")].map((way) => /** @type {HTMLElement} */ (way));
}

/** @param {Channel[]} channels @param {import("./wishes.js").Preferences} now */
export function drawReach(channels, now) {
  for (const { channel, address, reason: why } of channels) {
    const way = ways().find((one) => one.dataset.channel === channel);
    if (!way || channel === "websocket") continue;
    const state = /** @type {HTMLElement} */ (way.querySelector(".state-of"));
    state.textContent = why ? (STATES[why] ?? NO_ADDRESS[channel] ?? why) : (address ?? "");
    way.dataset.open = String(why === null);
    /** @type {HTMLButtonElement} */ (way.querySelector("[data-test]")).disabled = why !== null && why !== "channel_paused";
    drawColumn(channel, why ? (SUMMARY[why] ?? "") : "");
  }
  const canVerify = channels.some(({ channel, reason: why }) => ["sms", "whatsapp"].includes(channel) && why !== "not_configured");
  part("ask-for-code").hidden = !canVerify;
  part("phone-says").textContent = phoneSays(now.phone, canVerify);
}

/** @param {string | null} number @param {boolean} canVerify */
function phoneSays(number, canVerify) {
  if (number) return `${number}, verified.${canVerify ? " Another number takes its place once you have typed its code." : ""}`;
  return canVerify ? "Used once you have typed the code that is sent to it." : "Neither SMS nor WhatsApp is set up in this installation, so no number is needed.";
}

// --- a test --------------------------------------------------------------------------------------------------------------

/** @typedef {{words: string, tone: "wait" | "good" | "held" | "bad"}} Outcome */

/** @type {Outcome} */
const UNDER_WAY = { words: "On its way. Your inbox says what became of it.", tone: "wait" };

/** @param {import("../client/rest.js").Rest} rest @param {HTMLElement} way */
async function test(rest, way) {
  const { channel = "" } = way.dataset, button = /** @type {HTMLButtonElement} */ (way.querySelector("[data-test]"));
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true"; // not `disabled`: the focus would be lost
  say(way, { words: "Sending…", tone: "wait" });
  try {
    const { notification_id: id } = await rest.post(`channels/${channel}/test/`);
    say(way, id ? await outcome(rest, channel, id) : UNDER_WAY);
  } catch (error) {
    say(way, { words: `Not sent. ${reason(error)}`, tone: "bad" });
  }
  button.ariaDisabled = null;
}

/** @param {HTMLElement} way @param {Outcome} outcome */
function say(way, { words, tone }) {
  const place = /** @type {HTMLElement} */ (way.querySelector(".outcome"));
  place.textContent = words;
  place.dataset.tone = tone;
}

/** Once there is one, or as it stands after a while. @param {import("../client/rest.js").Rest} rest @param {string} channel @param {number} id */
async function outcome(rest, channel, id) {
  for (let look = 1; look <= LOOKS; look += 1) {
    const found = judged(channel, await rest.get(`${id}/explain/`));
    if (found) return found;
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  return UNDER_WAY;
}

/** What an explanation says of this channel; null: nothing yet. @param {string} channel @param {any} explanation @returns {Outcome | null} */
function judged(channel, { decisions, timeline }) {
  const { outcome, reason: why, until } = decisions.find((/** @type {any} */ one) => one.channel === channel);
  const happened = new Set(timeline.filter((/** @type {any} */ one) => one.channel === channel).map((/** @type {any} */ one) => one.what));
  const because = REASONS[why] ?? why;
  if (happened.has("attempt_sent")) return { words: "Sent. It should be with you any moment.", tone: "good" };
  if (happened.has("attempt_unknown")) return { words: "Handed over, but the provider did not say whether it took it.", tone: "held" };
  if (outcome === "hold") return { words: until ? `It waits until ${new Date(until).toLocaleString()}: ${because}.` : `It waits: ${because}.`, tone: "held" };
  if (outcome === "skip") return { words: `Not sent: ${because}.`, tone: "bad" };
  if (happened.has("attempt_failed")) return { words: "The provider did not take it. Your inbox says whether it is tried again.", tone: "bad" };
  return channel === "websocket" ? { words: "Sent to every open page of yours. It is in your inbox.", tone: "good" } : null;
}

// --- the phone -----------------------------------------------------------------------------------------------------------

/** @param {Event} event @param {Wishes} wishes */
async function askForCode(event, wishes) {
  event.preventDefault();
  const number = part("number");
  problem(number, "");
  try {
    const { channel } = await wishes.rest.post("preferences/verify_phone/", { phone: number.value });
    part("phone-says").textContent = `A code is on its way to you by ${channel === "sms" ? "SMS" : "WhatsApp"}. It is good for ten minutes.`;
    part("confirm-code").hidden = false;
    part("code").focus();
  } catch (error) {
    problem(number, reason(error));
  }
}

/** @param {Event} event @param {Wishes} wishes */
async function confirmCode(event, wishes) {
  event.preventDefault();
  const code = part("code");
  problem(code, "");
  try {
    await wishes.rest.post("preferences/confirm_phone/", { phone: part("number").value, code: code.value });
    const [now, channels] = await Promise.all([wishes.rest.get("preferences/"), wishes.rest.get("channels/")]);
    wishes.now = now;
    part("confirm-code").hidden = true;
    part("ask-for-code").reset();
    part("confirm-code").reset();
    drawReach(channels.results, now);
    part("number").focus();
  } catch (error) {
    problem(code, reason(error));
  }
}
