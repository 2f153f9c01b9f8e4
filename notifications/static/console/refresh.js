/**
 * A part of a page that changes by itself: whatever has `data-refresh` is fetched from there and put in its place, every two
 * seconds, as long as what comes has it too and the page is looked at.
 */
const EVERY_MS = 2000;

async function refresh(part) {
  const answer = await fetch(part.dataset.refresh, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return null; // signed out, or gone: what is there stays
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (fresh) part.replaceWith(fresh);
  return fresh;
}

async function keepFresh(part) {
  while (part?.dataset.refresh) {
    await new Promise((resume) => setTimeout(resume, EVERY_MS));
    if (document.hidden) continue;
    try {
      part = await refresh(part);
    } catch {
      // the server is away: the next round asks again
    }
  }
}

document.querySelectorAll("[data-refresh]").forEach((part) => keepFresh(part));
