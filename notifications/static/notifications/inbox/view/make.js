// @ts-check
/** Elements, icons and links. All text goes in as text; nothing is parsed as markup, so no Trusted Types policy is needed. */
import { ICONS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * `make("p.quiet", { part: "message" }, "text")`. A property that begins with "on" is a listener; null and false are left out.
 * @param {string} name @param {Record<string, any>} [properties] @param {...any} children @returns {any}
 */
export function make(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  if (tag === "button") element.setAttribute("type", "button");
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value != null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

/** @param {string} name */
export function icon(name, size = "") {
  const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
  svg.setAttribute("class", `icon ${size}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name] ?? ICONS.info);
  svg.append(path);
  return svg;
}

/** A button that is an icon, and says what it does. @param {string} name @param {string} says @param {Record<string, any>} [properties] */
export function iconButton(name, says, properties = {}) {
  return make("button.icon-button", { "aria-label": says, title: says, ...properties }, icon(name));
}

/** Where a notification may lead: a page of the host, or http(s). All else (javascript:, data:, …) is no link. @param {string | null} link */
export function safeLink(link) {
  if (!link || !/^(\/|https?:\/\/)/i.test(link)) return null;
  const address = URL.canParse(link, location.origin) ? new URL(link, location.origin) : null;
  if (!address || !["http:", "https:"].includes(address.protocol)) return null;
  return { href: address.href, ours: address.origin === location.origin };
}

/** @param {HTMLAnchorElement} anchor @param {string} text @param {string | null} link */
export function follow(anchor, text, link) {
  const safe = safeLink(link);
  anchor.textContent = text;
  anchor.removeAttribute("href"); // without it, an anchor is mere text
  if (safe) anchor.href = safe.href;
  if (safe && !safe.ours) Object.assign(anchor, { target: "_blank", rel: "noopener noreferrer" });
}
