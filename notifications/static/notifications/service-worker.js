// @ts-check
/// <reference lib="webworker" />
/**
 * Shows what is pushed while no page is open. Served at /service-worker.js, so that it has all pages. What it is sent: payload() in
 * transports/push/webpush.py. It keeps nothing and answers no request for a page.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const ICON = "/static/notifications/icon.svg";
const PRESSING = ["urgent", "critical"]; // stays until somebody has looked

/** @typedef {{id?: number, event_id?: string, notification_type?: string, priority?: string, title?: string, message?: string, link?: string | null, image?: string | null}} Pushed */

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("push", (event) => event.waitUntil(show(read(event))));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.link));
});
worker.addEventListener("pushsubscriptionchange", (event) => {
  const changed = /** @type {ExtendableEvent & {oldSubscription?: PushSubscription, newSubscription?: PushSubscription}} */ (event);
  changed.waitUntil(subscribeAgain(changed));
});

/** A push without words is still one: browsers want each to be shown. @param {PushEvent} event @returns {Pushed} */
function read(event) {
  try {
    return event.data?.json() ?? {};
  } catch {
    return {};
  }
}

/** The same notification again (another attempt, a second device of one browser) takes the place of the first, without a sound. @param {Pushed} pushed */
function show({ id, event_id: event, priority = "normal", title, message = "", link = null, image }) {
  const options = {
    body: message,
    icon: ICON,
    badge: ICON,
    tag: `tidings-${id ?? event ?? "news"}`,
    renotify: false,
    requireInteraction: PRESSING.includes(priority),
    silent: priority === "low",
    data: { id, link },
    ...(image && { image }),
  };
  return worker.registration.showNotification(title || "You have news", options);
}

/** Its page if it is open, else any page of ours, else a new one; another site always gets its own. @param {string | null} [link] */
async function open(link) {
  const target = address(link);
  if (target.origin !== worker.location.origin) return worker.clients.openWindow(target.href);
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find(({ url }) => url === target.href) ?? pages.find(({ url }) => new URL(url).pathname === "/");
  if (!there) return worker.clients.openWindow(target.href);
  const focused = await there.focus();
  return focused.url === target.href ? focused : focused.navigate(target.href).catch(() => worker.clients.openWindow(target.href));
}

/** Where a notification may lead: http(s), else the inbox. @param {string | null} [link] */
function address(link) {
  const inbox = new URL("/", worker.location.origin);
  if (!link || !URL.canParse(link, inbox)) return inbox;
  const target = new URL(link, inbox);
  return ["http:", "https:"].includes(target.protocol) ? target : inbox;
}

/** The browser has given its old address up. Where it may not read the CSRF cookie, the preferences page says "off", and a person turns it on again. @param {{oldSubscription?: PushSubscription, newSubscription?: PushSubscription}} change */
async function subscribeAgain({ oldSubscription: old, newSubscription }) {
  const subscription = newSubscription ?? (old && (await worker.registration.pushManager.subscribe(old.options)));
  const cookies = /** @type {any} */ (globalThis).cookieStore;
  const csrf = (await cookies?.get("csrftoken"))?.value;
  if (!subscription || !csrf) return;
  await fetch("/api/notifications/devices/", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify({ kind: "webpush", ...subscription.toJSON() }),
  });
}
