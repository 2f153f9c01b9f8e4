// @ts-check
/** What people read instead of data: the table of words, times, days. */
import { en } from "./en.js";

/** @typedef {typeof en} Table */

const OURS = ["de"]; // beside English, each in a file of its own
const MINUTE_S = 60, HOUR_S = 3_600, DAY_S = 86_400;

/** The words of a language, and on top of them the host's own. @param {string} language @param {Partial<Table>} [own] @returns {Promise<Words>} */
export async function wordsOf(language, own = {}) {
  const short = language.toLowerCase().split("-")[0];
  const found = OURS.includes(short) ? (await import(`./${short}.js`)).default : en;
  return new Words(known(language), { ...en, ...found, ...own });
}

/** @param {string} language */
function known(language) {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en";
  }
}

export class Words {
  /** @param {string} language @param {Table} says */
  constructor(language, says) {
    const format = (/** @type {Intl.DateTimeFormatOptions} */ options) => new Intl.DateTimeFormat(language, options);
    this.says = says;
    this.relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
    this.dayMonth = format({ weekday: "long", day: "numeric", month: "long" });
    this.shortDate = format({ day: "numeric", month: "short", year: "numeric" });
    this.exact = format({ dateStyle: "full", timeStyle: "medium" });
    this.soon = format({ weekday: "short", hour: "numeric", minute: "2-digit" });
    this.far = format({ day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  }

  /** @param {string} moment @param {number} nowMs */
  ago(moment, nowMs) {
    const seconds = (nowMs - Date.parse(moment)) / 1000;
    if (seconds < 45) return this.says.justNow; // the server's clock may be ahead of ours
    if (seconds < 45 * MINUTE_S) return this.relative.format(-Math.max(1, Math.round(seconds / MINUTE_S)), "minute");
    if (seconds < 22 * HOUR_S) return this.relative.format(-Math.max(1, Math.round(seconds / HOUR_S)), "hour");
    if (seconds < 7 * DAY_S) return this.relative.format(-Math.max(1, Math.round(seconds / DAY_S)), "day");
    return this.shortDate.format(new Date(moment));
  }

  /** @param {string | Date} moment */
  exactly(moment) {
    return this.exact.format(new Date(moment));
  }

  /** A time that lies ahead. @param {string | Date} moment @param {number} nowMs */
  ahead(moment, nowMs) {
    const at = new Date(moment);
    return (at.getTime() - nowMs < 6 * DAY_S * 1000 ? this.soon : this.far).format(at);
  }

  /** @param {string} moment @param {number} nowMs */
  dayOf(moment, nowMs) {
    const day = startOfDay(Date.parse(moment)), today = startOfDay(nowMs);
    if (day >= today) return this.says.today;
    return day === startOfDay(today - 1) ? this.says.yesterday : this.dayMonth.format(day);
  }
}

/** @param {number} ms */
function startOfDay(ms) {
  return new Date(ms).setHours(0, 0, 0, 0);
}
