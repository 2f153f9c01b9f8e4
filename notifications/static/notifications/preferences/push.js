// @ts-check
/** Web push in this browser, on and off, and the list of all browsers and apps that take part. */
import { copy, part, reason } from "./wishes.js";

/** @typedef {import("../client/rest.js").Rest} Rest @typedef {{id: number, kind: string, endpoint: string | null, created_at: string}} Device */

const WORKER = "/service-worker.js";
const SERVICES = /** @type {[RegExp, string][]} */ ([
  [/(^|\.)googleapis\.com$/, "Chrome or a relative of it"],
  [/(^|\.)mozilla\.com$/, "Firefox"],
  [/(^|\.)apple\.com$/, "Safari"],
  [/(^|\.)windows\.com$/, "Edge"],
]);
const SAYS = {
  unsupported: "This browser cannot receive push. On an iPhone or iPad it can once Tidings is on the Home Screen.",
  unconfigured: "Push is not set up in this installation.",
  blocked: "This browser blocks notifications from here. Allow them in its settings for this site, then reload the page.",
  off: "This browser does not take part.",
  on: "This browser takes part, even when Tidings is closed.",
};

/** @param {Rest} rest @param {() => Promise<void>} changed */
export async function wirePush(rest, changed) {
  const button = part("push-switch");
  button.addEventListener("click", async () => {
    part("push-problem").textContent = "";
    button.ariaDisabled = "true";
    try {
      await (button.dataset.turns === "on" ? turnOn(rest) : turnOff(rest));
    } catch (error) {
      part("push-problem").textContent = error instanceof DOMException ? `The browser refused: ${error.message}` : reason(error);
    }
    button.ariaDisabled = null;
    await draw(rest, changed);
    await changed();
  });
  await draw(rest, changed);
}

/** @param {Rest} rest */
async function turnOn(rest) {
  if ((await Notification.requestPermission()) !== "granted") return;
  const { vapid_public_key: key } = await rest.get("devices/");
  const registration = await navigator.serviceWorker.register(WORKER, { scope: "/" });
  await navigator.serviceWorker.ready;
  const subscription = await subscribed(registration.pushManager, key);
  try {
    await rest.post("devices/", { kind: "webpush", ...subscription.toJSON() });
  } catch (error) {
    await subscription.unsubscribe(); // nobody would push to it
    throw error;
  }
}

/** One with an older key of the server's is given up. @param {PushManager} manager @param {string} key */
async function subscribed(manager, key) {
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(wanted);
  } catch (error) {
    const old = await manager.getSubscription();
    if (!old || !(error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
    await old.unsubscribe();
    return manager.subscribe(wanted);
  }
}

/** @param {Rest} rest */
async function turnOff(rest) {
  const subscription = await current(), own = (await devices(rest)).find(({ endpoint }) => endpoint === subscription?.endpoint);
  if (own) await rest.remove(`devices/${own.id}/`);
  await subscription?.unsubscribe();
}

/** This browser's subscription. */
async function current() {
  const registration = isSupported() ? await navigator.serviceWorker.getRegistration("/") : undefined;
  return (await registration?.pushManager.getSubscription()) ?? null;
}

function isSupported() {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

/** @param {Rest} rest @returns {Promise<Device[]>} */
async function devices(rest) {
  return (await rest.get("devices/", { page_size: 100 })).results; // a person has twenty at most
}

/** @param {Rest} rest @param {() => Promise<void>} changed */
async function draw(rest, changed) {
  const [{ vapid_public_key: key, results }, subscription] = await Promise.all([rest.get("devices/", { page_size: 100 }), current()]);
  const isOn = results.some((/** @type {Device} */ { endpoint }) => endpoint === subscription?.endpoint);
  const state = !isSupported() ? "unsupported" : !key ? "unconfigured" : Notification.permission === "denied" ? "blocked" : isOn ? "on" : "off";
  part("push-says").textContent = SAYS[state];
  part("push-says").dataset.state = state;
  Object.assign(part("push-switch"), { hidden: !["on", "off"].includes(state), textContent: isOn ? "Turn off here" : "Turn on here" }).dataset.turns = isOn ? "off" : "on";
  const list = document.querySelector(".devices");
  list?.replaceChildren(...results.map((/** @type {Device} */ device) => entry(device, device.endpoint === subscription?.endpoint, rest, changed)));
}

/** @param {Device} device @param {boolean} isHere @param {Rest} rest @param {() => Promise<void>} changed */
function entry(device, isHere, rest, changed) {
  const made = copy("device"), name = nameOf(device), button = /** @type {HTMLButtonElement} */ (made.querySelector("button"));
  const since = new Date(device.created_at).toLocaleDateString(undefined, { dateStyle: "medium" });
  /** @type {HTMLElement} */ (made.querySelector(".name")).textContent = name;
  /** @type {HTMLElement} */ (made.querySelector(".quiet")).textContent = isHere ? `this browser, since ${since}` : `since ${since}`;
  button.setAttribute("aria-label", `Remove ${name}, since ${since}`);
  button.addEventListener("click", async () => {
    part("push-problem").textContent = "";
    try {
      await (isHere ? turnOff(rest) : rest.remove(`devices/${device.id}/`));
    } catch (error) {
      part("push-problem").textContent = reason(error);
    }
    await draw(rest, changed);
    await changed();
    part("push-switch").focus();
  });
  return made;
}

/** @param {Device} device */
function nameOf({ kind, endpoint }) {
  if (kind === "fcm") return "An app";
  const host = endpoint && URL.canParse(endpoint) ? new URL(endpoint).hostname : "";
  return SERVICES.find(([pattern]) => pattern.test(host))?.[1] ?? "A browser";
}
