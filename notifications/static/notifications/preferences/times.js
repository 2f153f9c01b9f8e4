// @ts-check
/** Quiet hours, time zone and language. */
import { part, problem } from "./wishes.js";

/** @typedef {import("./wishes.js").Wishes} Wishes @typedef {import("./wishes.js").Preferences} Preferences */

const USUAL = { start: "22:00", end: "08:00" };
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {Wishes} wishes @param {import("./grid.js").Kind[]} kinds */
export function wireTimes(wishes, kinds) {
  const quiet = part("quiet"), start = part("start"), end = part("end"), zone = part("timezone"), locale = part("locale"), here = part("zone-here");
  const zones = new Set([...Intl.supportedValuesOf("timeZone"), "UTC"]);
  part("zones").append(...[...zones].map((name) => Object.assign(document.createElement("option"), { value: name })));
  const spoken = new Set(["en", ...kinds.flatMap(({ words }) => words.map((one) => one.locale)), wishes.now.locale]);
  for (const language of [...spoken].sort()) locale.add(new Option(nameOf(language), language));

  quiet.addEventListener("change", () => {
    const on = quiet.checked;
    part("hours").hidden = !on;
    [start, end].forEach((control) => problem(control, ""));
    wishes.say(() => ({ quiet_hours: on ? (wishes.now.quiet_hours ?? USUAL) : null }), quiet);
  });
  for (const control of [start, end]) {
    control.addEventListener("change", () => {
      const said = control.value;
      if (said) wishes.say(() => ({ quiet_hours: { ...USUAL, ...wishes.now.quiet_hours, [control.id]: said } }), control);
      else problem(control, "Say a time.");
    });
  }
  zone.addEventListener("change", () => sayZone(zone.value.trim()));
  here.querySelector("button").textContent = HERE;
  here.querySelector("button").addEventListener("click", () => sayZone((zone.value = HERE)));
  locale.addEventListener("change", () => wishes.say(keep("locale", locale.value), locale));

  /** @param {string} name */
  function sayZone(name) {
    wishes.say(keep("timezone", name || null), zone);
  }
}

/** @param {string} field @param {any} value */
export function keep(field, value) {
  return () => ({ [field]: value });
}

/** @param {string} language */
function nameOf(language) {
  return new Intl.DisplayNames([language, "en"], { type: "language" }).of(language) ?? language;
}

/** @param {Preferences} now */
export function drawTimes({ quiet_hours: quiet, timezone, locale }) {
  part("quiet").checked = quiet !== null;
  part("hours").hidden = !quiet;
  const values = { ...USUAL, ...quiet, timezone };
  for (const [id, value] of Object.entries(values)) if (part(id) !== document.activeElement) part(id).value = value; // what is being typed stays
  part("locale").value = locale;
  part("zone-here").hidden = timezone === HERE;
}
