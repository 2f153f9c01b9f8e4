// @ts-check
/** The inbox page around its component: the badge in the top bar, and the title of the tab. */
const badge = /** @type {HTMLElement} */ (document.getElementById("badge"));
const [count, words] = /** @type {NodeListOf<HTMLElement>} */ (badge.querySelectorAll(".count, .hidden"));
const title = document.title;

document.addEventListener("tidings-count", (event) => {
  const { unread } = /** @type {CustomEvent<{unread: number}>} */ (event).detail;
  badge.dataset.unreadCount = String(unread);
  count.hidden = !unread;
  count.textContent = unread > 99 ? "99+" : String(unread);
  words.textContent = `${unread} unread`;
  document.title = unread ? `(${unread}) ${title}` : title;
});
