// @ts-check
/** What people read instead of data: times, days, links that may be followed. */

const LANGUAGE = globalThis.document?.documentElement.lang || "en";
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
const DAY_MONTH = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", day: "numeric", month: "long" });
const SHORT_DATE = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", year: "numeric" });
const EXACT = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full", timeStyle: "medium" });
const MINUTE_S = 60, HOUR_S = 3_600, DAY_S = 86_400;

/** @param {string} moment @param {number} nowMs */
export function ago(moment, nowMs) {
  const seconds = (nowMs - Date.parse(moment)) / 1000;
  if (seconds < 45) return "just now"; // the server's clock may be ahead of ours
  if (seconds < 45 * MINUTE_S) return RELATIVE.format(-Math.max(1, Math.round(seconds / MINUTE_S)), "minute");
  if (seconds < 22 * HOUR_S) return RELATIVE.format(-Math.max(1, Math.round(seconds / HOUR_S)), "hour");
  if (seconds < 7 * DAY_S) return RELATIVE.format(-Math.max(1, Math.round(seconds / DAY_S)), "day");
  return SHORT_DATE.format(new Date(moment));
}

/** @param {string} moment */
export function exactly(moment) {
  return EXACT.format(new Date(moment));
}

/** @param {string} moment @param {number} nowMs */
export function dayOf(moment, nowMs) {
  const day = startOfDay(Date.parse(moment)), today = startOfDay(nowMs);
  if (day >= today) return "Today";
  return day === startOfDay(today - 1) ? "Yesterday" : DAY_MONTH.format(day);
}

/** @param {number} ms */
function startOfDay(ms) {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** Where a notification may lead: a page of ours, or http(s). All else (javascript:, data:, …) is no link. @param {string | null} link */
export function safeLink(link) {
  if (!link || !/^(\/|https?:\/\/)/i.test(link)) return null;
  const address = URL.canParse(link, location.origin) ? new URL(link, location.origin) : null;
  if (!address || !["http:", "https:"].includes(address.protocol)) return null;
  return { href: address.href, ours: address.origin === location.origin };
}
