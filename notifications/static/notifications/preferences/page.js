// @ts-check
/** The preferences page: loads what holds, and hands each section its part. */
import { Rest } from "../client/rest.js";
import { drawFilters, wireFilters } from "./filters.js";
import { drawGrid, makeGrid } from "./grid.js";
import { wirePush } from "./push.js";
import { drawReach, wireReach } from "./reach.js";
import { drawTimes, wireTimes } from "./times.js";
import { Wishes, isSignedOut, part, reason } from "./wishes.js";

const SAVED_MS = 4_000;
const page = part("main");
const rest = new Rest(new URL(page.dataset.api, location.href).href, async () => undefined);

async function load() {
  part("failed").hidden = true;
  part("loading").hidden = false;
  try {
    const [now, kinds, channels] = await Promise.all([rest.get("preferences/"), everyKind(), rest.get("channels/")]);
    show(new Wishes(rest, now), kinds, channels.results);
  } catch (error) {
    part("failed").querySelector(".what").textContent = `Your preferences could not be loaded. ${reason(error)}`;
    part("sign-in-again").hidden = !isSignedOut(error);
    part("try-again").hidden = isSignedOut(error);
    part("failed").hidden = false;
  }
  part("loading").hidden = true;
  page.ariaBusy = "false";
}

/** @returns {Promise<import("./grid.js").Kind[]>} */
async function everyKind() {
  const kinds = [];
  for (let next = "../notification-types/?limit=100"; next; ) {
    const answer = await rest.get(next);
    kinds.push(...answer.results);
    next = answer.next;
  }
  return kinds;
}

/** @param {Wishes} wishes @param {import("./grid.js").Kind[]} kinds @param {import("./reach.js").Channel[]} channels */
function show(wishes, kinds, channels) {
  const draw = () => [drawGrid, drawTimes, drawFilters].forEach((drawn) => drawn(wishes.now));
  makeGrid(wishes, kinds);
  wireTimes(wishes, kinds);
  wireFilters(wishes, kinds);
  wireReach(wishes);
  wirePush(rest, async () => drawReach((await rest.get("channels/")).results, wishes.now));
  wishes.addEventListener("settled", draw);
  wishes.addEventListener("saved", () => note("Saved"));
  draw();
  drawReach(channels, wishes.now);
  part("settings").hidden = false;
}

let leaving = 0;

/** @param {string} says */
function note(says) {
  clearTimeout(leaving);
  part("saved").textContent = says;
  leaving = setTimeout(() => (part("saved").textContent = ""), SAVED_MS);
}

part("try-again").addEventListener("click", load);
load();
