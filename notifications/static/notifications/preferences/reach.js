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

/** @param {import("../client/rest.js").Rest} rest @param {HTMLElement} way */
async function test(rest, way) {
  const outcome = /** @type {HTMLElement} */ (way.querySelector(".outcome")), button = /** @type {HTMLButtonElement} */ (way.querySelector("[data-test]"));
  const channel = way.dataset.channel ?? "";
  const say = (/** @type {string} */ words, /** @type {string} */ tone) => Object.assign(outcome, { textContent: words }) && (outcome.dataset.tone = tone);
  button.ariaDisabled = "true"; // not `disabled`: the focus would be lost
  say("Sending…", "wait");
  try {
    const { notification_id: id } = await rest.post(`channels/${channel}/test/`);
    let found = { words: "On its way. Your inbox says what became of it.", tone: "wait" };
    for (let look = 0; id && look < LOOKS && found.tone === "wait"; look += 1) {
      if (look) await new Promise((done) => setTimeout(done, LOOK_MS));
      found = judged(channel, await rest.get(`${id}/explain/`)) ?? found;
    }
    say(found.words, found.tone);
  } catch (error) {
    say(`Not sent. ${reason(error)}`, "bad");
  }
  button.ariaDisabled = null;
}

/** What an explanation says of this channel; null: nothing yet. @param {string} channel @param {any} explanation */
function judged(channel, { decisions, timeline }) {
  const { outcome, reason: why, until } = decisions.find((/** @type {any} */ one) => one.channel === channel);
  const moments = timeline.filter((/** @type {any} */ one) => one.channel === channel), has = (/** @type {string} */ what) => moments.findLast((/** @type {any} */ one) => one.what === what);
  if (channel === "websocket" && outcome === "send") return { words: "Sent to every open page of yours. It is in your inbox.", tone: "good" };
  if (has("attempt_sent")) return { words: "Sent. It should be with you any moment.", tone: "good" };
  if (has("attempt_unknown")) return { words: "Handed over, but the provider did not say whether it took it.", tone: "wait" };
  if (outcome === "hold") return { words: until ? `It waits until ${new Date(until).toLocaleString()}: ${REASONS[why] ?? why}.` : `It waits: ${REASONS[why] ?? why}.`, tone: "held" };
  if (outcome === "skip") return { words: `Not sent: ${REASONS[why] ?? why}.`, tone: "bad" };
  if (has("attempt_failed")) return { words: "The provider did not take it. It may be tried again; your inbox says what became of it.", tone: "bad" };
  return null;
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
