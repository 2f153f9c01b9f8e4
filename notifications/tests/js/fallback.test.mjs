// Down the ladder and up again, nothing lost and nothing shown twice. Started by test_client_js.py.
import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { TidingsClient } from "../../static/notifications/client.js";
import { FakeRest, FakeShelf, FakeSocket, FakeSource } from "./fakes.mjs";

const API = "/api/notifications/";
let rest, shelf;

/** A server that is asked: what it holds is `rows`. */
class PolledRest extends FakeRest {
  rows = [];
  count = { unread_count: 0, last_seq: 0, rev: 1, epoch: "e1", user_id: 7 };
  refuses = false;
  answer = (path) => {
    if (this.refuses) throw new TypeError("blocked");
    const { pathname, searchParams } = new URL(path, "http://x");
    if (pathname === `${API}unread_count/`) return this.count;
    if (pathname.endsWith("/socket-ticket/")) return { ticket: "t-1" };
    if (pathname !== API && pathname !== `${API}unread/`) return {};
    const size = Number(searchParams.get("page_size")), found = this.rows.filter(({ seq }) => seq > Number(searchParams.get("after")));
    return { results: found.slice(0, size), next: found.length > size ? "more" : null };
  };
  /** @param {number} seq */
  has(seq, fields = {}) {
    this.rows.push({ id: 100 + seq, seq, title: `No. ${seq}`, silent: false, requires_acknowledgment: false, is_read: false, delivered_at: null, ...fields });
    Object.assign(this.count, { last_seq: seq, rev: this.count.rev + 1 });
  }
  asked = (name) => this.calls.filter(({ path }) => path.includes(name));
  get acked() {
    return this.asked("ack/").map(({ body }) => body.up_to_seq);
  }
}

function tab(options = {}) {
  const client = new TidingsClient({
    url: "ws://tidings.example/ws/notifications/", userId: 7, WebSocket: FakeSocket, EventSource: FakeSource,
    fetch: rest.fetch, storage: new FakeShelf(), tabStorage: shelf, ...options,
  });
  const heard = [];
  for (const name of ["state", "notification", "unread_count", "read", "stale", "reset"]) client.addEventListener(name, ({ detail }) => heard.push([name, detail]));
  const told = (name) => heard.filter(([event]) => event === name).map(([, detail]) => detail);
  client.connect();
  return { client, told, seqs: () => told("notification").map(({ notification }) => notification.seq), vias: () => told("state").map(({ state, via }) => via ?? state) };
}

const settled = async () => { for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve)); };
const socket = () => FakeSocket.opened.at(-1);
const source = () => FakeSource.opened.at(-1);
async function pass(ms) {
  mock.timers.tick(ms);
  await settled();
}

/** Nothing opened a socket; the next one down is tried at once. */
async function withoutSocket(options) {
  const opened = tab(options);
  await settled();
  socket().ends();
  await pass(0);
  return opened;
}

async function withoutStream(options) {
  const opened = await withoutSocket(options);
  source().ends();
  await pass(0);
  await pass(0);
  return opened;
}

beforeEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  mock.method(Math, "random", () => 1);
  FakeSocket.opened = [];
  FakeSource.opened = [];
  shelf = new FakeShelf();
  rest = new PolledRest();
});

describe("where sockets are blocked", () => {
  test("a stream brings the same, from the same cursor, and acknowledges over REST", async () => {
    const { client, seqs, told } = await withoutSocket();
    assert.equal(source().address.href, "http://tidings.example/api/notifications/stream/");
    assert.equal(source().withCredentials, true);
    source().goesLive(10);
    assert.equal(client.via, "sse");
    source().notifies(11);
    source().notifies(11);
    await pass(1_000);
    assert.deepEqual(seqs(), [11]);
    assert.deepEqual(told("notification").map(({ live, show }) => [live, show]), [[true, true]]);
    assert.deepEqual(rest.acked, [11, 11]);
    source().ends();
    await pass(500);
    assert.equal(source().address.searchParams.get("last_event_id"), "11");
    assert.equal(source().address.searchParams.get("epoch"), "e1");
  });

  test("what is sent again says so inside its data", async () => {
    const { told } = await withoutSocket();
    source().goesLive(10);
    source().notifies(11, { id: 5 });
    source().notifies(12, { id: 5, again: "repush" });
    source().notifies(13, { id: 5, again: "snooze" });
    assert.deepEqual(told("notification").map(({ show }) => show), [true, false, true]);
  });

  test("a token stands in no address: a ticket is bought with it", async () => {
    await withoutSocket({ token: () => "jwt" });
    await settled();
    assert.equal(source().address.search, "?ticket=t-1");
    assert.equal(source().withCredentials, false);
    assert.equal(rest.asked("socket-ticket/")[0].headers.Authorization, "Bearer jwt");
  });

  test("a stream that says nothing is given up, as a swallowing proxy would have it", async () => {
    const { client } = await withoutSocket();
    await pass(10_000);
    await pass(0);
    await pass(0);
    assert.equal(source().closed, true);
    assert.equal(client.via, "polling");
  });

  test("what is done goes over REST", async () => {
    const { client } = await withoutSocket();
    source().goesLive(10);
    await client.markAsRead(5);
    assert.equal(rest.asked("5/mark_as_read/").length, 1);
  });
});

describe("where streams are blocked too", () => {
  test("asking every few seconds brings each once, and acknowledges it", async () => {
    rest.has(11);
    const { client, seqs, told } = await withoutStream();
    assert.equal(client.via, "polling");
    assert.deepEqual(seqs(), [11]);
    rest.has(12);
    rest.has(13);
    await pass(15_000);
    await pass(15_000);
    assert.deepEqual(seqs(), [11, 12, 13]);
    assert.deepEqual(told("notification").map(({ live }) => live), [false, true, true]);
    assert.equal(rest.acked.at(-1), 13);
    assert.match(rest.asked("after=11")[0].path, /channel=websocket/); // what is muted is not announced
  });

  test("a first visit announces what nobody has seen, and a later one only what came since", async () => {
    rest.has(1, { delivered_at: "2026-11-21T09:00:00Z" });
    rest.has(2);
    const { seqs } = await withoutStream();
    assert.deepEqual(seqs(), [2]);
    rest.has(3, { delivered_at: "2026-11-21T09:00:00Z" }); // another device was quicker
    const again = await withoutStream();
    assert.deepEqual(again.seqs(), [3]);
  });

  test("a change without a notification makes the list stale, and nothing else does", async () => {
    const { told } = await withoutStream();
    await pass(15_000);
    assert.deepEqual(told("stale"), []);
    rest.count.rev++;
    await pass(15_000);
    assert.equal(told("stale").length, 1);
  });

  test("a restored backup is a reset", async () => {
    rest.has(5);
    const { told } = await withoutStream();
    Object.assign(rest.count, { epoch: "e2", last_seq: 3 });
    await pass(15_000);
    assert.deepEqual(told("reset").map(({ epoch, last_seq }) => [epoch, last_seq]), [["e2", 3]]);
  });

  test("more than can be fetched at once is a reset", async () => {
    for (let seq = 1; seq <= 1_001; seq++) rest.has(seq);
    const { told, client } = await withoutStream();
    assert.equal(told("reset").length, 1);
    assert.equal(client.cursor.seq, 1_001);
  });

  test("another person's session stops it before anything is shown", async () => {
    rest.has(1);
    rest.count.user_id = 8;
    const { client, seqs } = await withoutStream();
    assert.equal(client.state, "signed_out");
    assert.deepEqual(seqs(), []);
  });

  test("what is done is asked after at once", async () => {
    const { client } = await withoutStream();
    const before = rest.asked("unread_count/").length;
    await client.archive(5);
    await settled();
    assert.equal(rest.asked("unread_count/").length, before + 1);
  });
});

describe("the ladder", () => {
  test("is climbed again beside what works, and the better one takes over without loss or repeat", async () => {
    const { seqs, vias } = await withoutSocket();
    source().goesLive(10);
    const stream = source();
    stream.notifies(11);
    await pass(10_000);
    assert.equal(socket().address.searchParams.get("last_seq"), "11");
    stream.notifies(12); // while the socket is under way
    socket().signsIn({ last_seq: 12, rev: 1 });
    assert.equal(stream.closed, true);
    socket().notifies(12);
    socket().says("caught_up", { last_seq: 12, rev: 1 });
    socket().notifies(13);
    assert.deepEqual(seqs(), [11, 12, 13]);
    assert.deepEqual(vias(), ["connecting", "sse", "websocket"]);
  });

  test("is climbed ever more rarely", async () => {
    await withoutSocket();
    source().goesLive(10);
    for (const ms of [10_000, 20_000, 40_000]) {
      const before = FakeSocket.opened.length;
      for (let left = ms - 1; left > 0; left -= 10_000) {
        await pass(Math.min(left, 10_000));
        source().says("ping", { last_seq: 10, rev: 1 });
      }
      assert.equal(FakeSocket.opened.length, before);
      await pass(1);
      assert.equal(FakeSocket.opened.length, before + 1);
      socket().ends();
    }
  });

  test("from the bottom both others are tried in turn", async () => {
    const { vias, seqs } = await withoutStream();
    rest.has(11);
    await pass(10_000);
    socket().ends();
    await pass(10_000);
    assert.equal(FakeSource.opened.length, 2);
    rest.has(12); // between two polls
    source().says("connected", { user_id: 7, last_seq: 12, unread_count: 0, rev: 3, epoch: "e1", heartbeat_s: 30 });
    for (const seq of [11, 12]) source().notifies(seq);
    await pass(60_000);
    assert.deepEqual(vias().filter((via) => via !== "connecting"), ["polling", "sse"]);
    assert.deepEqual(seqs(), [11, 12]);
  });

  test("a socket that has worked is tried three times before anything else", async () => {
    await (async () => { tab(); await settled(); socket().goesLive(10); })();
    socket().ends();
    for (const ms of [500, 1_000, 2_000]) {
      await pass(ms);
      assert.equal(FakeSource.opened.length, 0);
      socket().ends();
    }
    await pass(0);
    assert.equal(FakeSource.opened.length, 1);
  });

  test("a server that is away is away on all of them, and found by the best once it is back", async () => {
    rest.refuses = true;
    const { client, seqs } = await withoutStream();
    await pass(0);
    assert.notEqual(client.state, "online");
    rest.refuses = false;
    await pass(1_000);
    assert.equal(FakeSocket.opened.length, 2);
    socket().goesLive(0);
    socket().notifies(1);
    assert.equal(client.via, "websocket");
    assert.deepEqual(seqs(), [1]);
  });

  test("a server that turns us away is no reason to go down", async () => {
    tab();
    await settled();
    socket().signsIn();
    socket().ends(4429);
    await pass(8_000);
    assert.equal(FakeSource.opened.length, 0);
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("the admin's endpoint is a socket's alone: a stream shows all namespaces", async () => {
    await withoutSocket({ url: "ws://tidings.example/ws/admin/" });
    assert.equal(FakeSource.opened.length, 0);
  });
});
