// What the client promises, with a fake socket and the clock in hand. Started by test_client_js.py.
import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { RequestFailed, TidingsClient } from "../../static/notifications/client.js";
import { FakeRest, FakeShelf, FakeSocket } from "./fakes.mjs";

const URL_ = "ws://tidings.example/ws/notifications/";
let shared, rest;

/** A tab: its own sessionStorage, the browser's localStorage. */
function tab(options = {}) {
  const own = new FakeShelf();
  const client = new TidingsClient({ url: URL_, userId: 7, transports: ["websocket"], WebSocket: FakeSocket, fetch: rest.fetch, storage: shared, tabStorage: own, ...options });
  const heard = [];
  for (const name of ["state", "notification", "unread_count", "read", "changed", "removed", "caught_up", "reset", "stale", "error"]) {
    client.addEventListener(name, ({ detail }) => heard.push([name, detail]));
  }
  const told = (name) => heard.filter(([event]) => event === name).map(([, detail]) => detail);
  return { client, own, heard, told, seqs: () => told("notification").map(({ notification }) => notification.seq), states: () => told("state").map(({ state }) => state) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const socket = (n = -1) => FakeSocket.opened.at(n);

async function connected(options, lastSeq = 10) {
  const opened = tab(options);
  opened.client.connect();
  await settled();
  socket().goesLive(lastSeq);
  return opened;
}

async function pass(ms) {
  mock.timers.tick(ms);
  await settled();
}

beforeEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  mock.method(Math, "random", () => 1);
  FakeSocket.opened = [];
  shared = new FakeShelf();
  rest = new FakeRest();
});

describe("signing in", () => {
  test("with the session cookie nothing is offered, and without a cursor none is sent", async () => {
    tab().client.connect();
    await settled();
    assert.equal(socket().address.href, URL_);
    assert.equal(socket().protocols, undefined);
  });

  test("a ticket is fetched for each connect and goes as a subprotocol, not into the address", async () => {
    let n = 0;
    const { client } = tab({ ticket: async () => `ticket-${++n}` });
    client.connect();
    await settled();
    assert.deepEqual(socket().protocols, ["tidings.v1", "ticket-1"]);
    socket().ends();
    await pass(500);
    assert.deepEqual(socket().protocols, ["tidings.v1", "ticket-2"]);
  });

  test("a token serves the socket and REST", async () => {
    const { client } = await connected({ token: () => "jwt" });
    await client.unread();
    assert.deepEqual(socket().protocols, ["tidings.v1", "jwt"]);
    assert.equal(rest.calls[0].headers.Authorization, "Bearer jwt");
  });

  test("a ticket that cannot be fetched is asked for again; one that is refused ends it", async () => {
    const answers = [new Error("no network"), new RequestFailed(401, {})];
    const { client, states } = tab({ ticket: () => Promise.reject(answers.shift()) });
    client.connect();
    await settled();
    assert.equal(client.state, "connecting");
    await pass(500);
    assert.deepEqual(states(), ["connecting", "signed_out"]);
    assert.equal(FakeSocket.opened.length, 0);
  });

  test("a fresh token is sent a minute before the old one expires", async () => {
    let n = 0;
    const { client } = tab({ token: () => `jwt-${++n}` });
    client.connect();
    await settled();
    socket().signsIn({ expires_at: new Date(1_000_000 + 65_000).toISOString() });
    await pass(4_999);
    assert.deepEqual(socket().told("authenticate"), []);
    await pass(1);
    assert.deepEqual(socket().told("authenticate"), [{ token: "jwt-2" }]);
  });

  test("a disconnect while the ticket is under way opens nothing", async () => {
    const { client } = tab({ ticket: async () => "late" });
    client.connect();
    client.disconnect();
    await settled();
    assert.equal(FakeSocket.opened.length, 0);
  });

  test("another person's session stops the page instead of mixing two inboxes", async () => {
    const { client, seqs } = tab();
    client.connect();
    await settled();
    socket().signsIn({ user_id: 8 });
    socket().notifies(1);
    assert.equal(client.state, "signed_out");
    assert.deepEqual(seqs(), []);
  });
});

describe("the cursor", () => {
  test("is stored before the notification is announced", async () => {
    const { client, own } = await connected();
    const stored = [];
    client.addEventListener("notification", () => stored.push(own.cursors[0].seq, shared.cursors[0].seq));
    socket().notifies(11);
    assert.deepEqual(stored, [11, 11]);
  });

  test("is sent with its epoch after a drop", async () => {
    await connected();
    socket().notifies(11);
    socket().ends();
    await pass(500);
    assert.equal(socket().address.searchParams.get("last_seq"), "11");
    assert.equal(socket().address.searchParams.get("epoch"), "e1");
  });

  test("survives the page, and belongs to one person and one endpoint", async () => {
    const { own } = await connected();
    const last_seq = async (options) => {
      tab({ tabStorage: own, storage: new FakeShelf(), ...options }).client.connect();
      await settled();
      return socket().address.searchParams.get("last_seq");
    };
    assert.equal(await last_seq({}), "10");
    assert.equal(await last_seq({ userId: 8 }), null);
    assert.equal(await last_seq({ url: "ws://tidings.example/ws/admin/" }), null);
  });

  test("of another tab never moves this one: what that tab received still comes here", async () => {
    const one = await connected();
    const first = socket();
    const other = await connected();
    socket().notifies(11);
    socket().notifies(12);
    first.ends();
    await pass(500);
    assert.equal(shared.cursors[0].seq, 12);
    assert.equal(socket().address.searchParams.get("last_seq"), "10");
    socket().goesLive(10);
    socket().notifies(11);
    assert.deepEqual(one.seqs(), [11]);
    assert.deepEqual(other.seqs(), [11, 12]);
  });

  test("of a tab that is loaded again is its own, though another tab is further", async () => {
    const { own } = await connected();
    await connected();
    socket().notifies(11);
    tab({ tabStorage: own }).client.connect();
    await settled();
    assert.equal(socket().address.searchParams.get("last_seq"), "10");
  });

  test("of the browser is where a new tab starts, and no slower tab turns it back", async () => {
    await connected();
    const slow = socket();
    await connected();
    socket().notifies(11);
    socket().notifies(12);
    slow.notifies(11);
    tab().client.connect();
    await settled();
    assert.equal(socket().address.searchParams.get("last_seq"), "12");
  });

  test("lives in memory where the browser refuses to store", async () => {
    const refuses = { getItem: () => { throw new Error("blocked"); }, setItem: () => { throw new Error("full"); } };
    const { seqs } = await connected({ storage: refuses, tabStorage: refuses });
    socket().notifies(11);
    socket().ends();
    await pass(500);
    assert.deepEqual(seqs(), [11]);
    assert.equal(socket().address.searchParams.get("last_seq"), "11");
  });

  test("moves over what was rightly left out, once caught up", async () => {
    const { client, seqs } = tab();
    client.connect();
    await settled();
    socket().signsIn({ last_seq: 20 });
    socket().notifies(15, { prev: 3 });
    socket().says("caught_up", { last_seq: 20, rev: 4 });
    socket().notifies(21, { prev: 15 });
    assert.deepEqual(seqs(), [15, 21]);
  });
});

describe("order", () => {
  test("a repeat is dropped but acknowledged again", async () => {
    const { seqs } = await connected();
    socket().notifies(11);
    await pass(2_000);
    socket().notifies(11);
    assert.deepEqual(seqs(), [11]);
    assert.deepEqual(socket().acked, [11, 11]);
  });

  test("a gap is asked for once, and what lies behind it waits its turn", async () => {
    const { seqs } = await connected();
    socket().notifies(13, { prev: 12 });
    socket().notifies(14, { prev: 13 });
    assert.deepEqual(seqs(), []);
    assert.deepEqual(socket().told("resume"), [{ last_seq: 10, epoch: "e1" }]);
    for (const seq of [11, 12, 13, 14]) socket().notifies(seq);
    assert.deepEqual(seqs(), [11, 12, 13, 14]);
    assert.deepEqual(socket().acked.filter((seq) => seq > 14), []);
  });

  test("holes in the numbers are no gap", async () => {
    const { seqs } = await connected();
    socket().notifies(15, { prev: 10 });
    assert.deepEqual(seqs(), [15]);
    assert.deepEqual(socket().told("resume"), []);
  });

  test("a refused resume is asked again at the next gap", async () => {
    await connected();
    socket().notifies(13, { prev: 12 });
    socket().says("error", { code: "unavailable", message: "later" });
    socket().notifies(14, { prev: 13 });
    assert.equal(socket().told("resume").length, 2);
  });

  test("sent again under a new seq it updates; only a snooze is shown anew, and nothing silent is", async () => {
    const { told } = await connected();
    socket().notifies(11, { id: 5 });
    socket().notifies(12, { id: 5, again: "repush" });
    socket().notifies(13, { id: 5, again: "snooze" });
    socket().notifies(14, { silent: true });
    socket().notifies(15, { id: 6, again: "repush" }); // its first frame never reached us
    assert.deepEqual(told("notification").map(({ show }) => show), [true, false, true, false, true]);
  });

  test("what came before caught_up is told apart from what comes live", async () => {
    const { client, told } = tab();
    client.connect();
    await settled();
    socket().signsIn();
    socket().notifies(1);
    socket().says("caught_up", { last_seq: 1, rev: 1 });
    socket().notifies(2);
    assert.deepEqual(told("notification").map(({ live }) => live), [false, true]);
  });

  test("a broadcast is a notification too", async () => {
    const { told } = await connected();
    socket().says("system_notification", { id: 1, seq: 11, silent: false }, { prev: 10 });
    assert.deepEqual(told("notification").map(({ broadcast, show }) => [broadcast, show]), [[true, true]]);
  });
});

describe("acknowledging", () => {
  test("at once after a quiet second, then once a second with the wait told", async () => {
    await connected();
    socket().notifies(11);
    await pass(300);
    socket().notifies(12);
    await pass(300);
    socket().notifies(13);
    await pass(399);
    assert.deepEqual(socket().acked, [11]);
    await pass(1);
    assert.deepEqual(socket().told("ack"), [{ up_to_seq: 11, after_ms: 0 }, { up_to_seq: 13, after_ms: 400 }]);
  });

  test("at once for what requires it", async () => {
    await connected();
    socket().notifies(11);
    socket().notifies(12);
    socket().notifies(13, { requires_acknowledgment: true });
    assert.deepEqual(socket().acked, [11, 13]);
  });

  test("each 64 frames of a backlog, and each 64 KB", async () => {
    await connected();
    for (let seq = 11; seq <= 139; seq++) socket().notifies(seq);
    assert.deepEqual(socket().acked, [11, 75, 139]);
    socket().notifies(140, { message: "x".repeat(70_000) });
    assert.deepEqual(socket().acked, [11, 75, 139, 140]);
  });

  test("what waits is said before leaving", async () => {
    const { client } = await connected();
    socket().notifies(11);
    socket().notifies(12);
    client.disconnect();
    assert.deepEqual(socket().acked, [11, 12]);
    assert.equal(socket().sent.at(-1).event, "disconnect");
    assert.equal(client.state, "offline");
  });
});

describe("coming back", () => {
  test("after 0.5 s, 1 s, 2 s … at most 30 s, all times a random share", async () => {
    tab().client.connect();
    await settled();
    for (const ms of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const before = FakeSocket.opened.length;
      socket().ends();
      await pass(ms - 1);
      assert.equal(FakeSocket.opened.length, before, `not before ${ms} ms`);
      await pass(1);
      assert.equal(FakeSocket.opened.length, before + 1);
    }
    Math.random.mock.mockImplementation(() => 0.1);
    socket().ends();
    await pass(3_000);
    assert.equal(FakeSocket.opened.length, 10);
  });

  test("thirty stable seconds make the next pause short again", async () => {
    tab().client.connect();
    await settled();
    for (const ms of [500, 1_000, 2_000]) (socket().ends(), await pass(ms));
    socket().goesLive(1);
    await pass(30_000);
    socket().ends();
    await pass(500);
    assert.equal(FakeSocket.opened.length, 5);
  });

  for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 4408, 4409, 4413, 4503]) {
    test(`after ${code}`, async () => {
      const { client } = await connected();
      socket().ends(code);
      assert.equal(client.state, "connecting");
      await pass(500);
      assert.equal(FakeSocket.opened.length, 2);
    });
  }

  test("after 4429 more slowly", async () => {
    await connected();
    socket().ends(4429);
    await pass(7_999);
    assert.equal(FakeSocket.opened.length, 1);
    await pass(1);
    assert.equal(FakeSocket.opened.length, 2);
  });

  for (const code of [4401, 4403]) {
    test(`but not after ${code}`, async () => {
      const { told } = await connected();
      socket().ends(code);
      await pass(3_600_000);
      assert.deepEqual(told("state").at(-1), { state: "signed_out", via: null, code });
      assert.equal(FakeSocket.opened.length, 1);
    });
  }

  test("is called offline after some vain tries, and online again with the first answer", async () => {
    const { states } = await connected();
    for (const ms of [500, 1_000, 2_000, 4_000, 8_000]) (socket().ends(), await pass(ms));
    socket().goesLive(10);
    assert.deepEqual(states(), ["connecting", "online", "connecting", "offline", "online"]);
  });

  test("after 2.5 heartbeats of silence, without waiting for the dead side to close", async () => {
    await connected();
    await pass(62_499);
    assert.equal(socket().closed, false);
    const dead = socket();
    await pass(1);
    assert.equal(dead.closed, true);
    await pass(500);
    assert.equal(FakeSocket.opened.length, 2);
    assert.equal(dead.onmessage, null); // a late frame of the old one is nobody's
  });

  test("a server that never signs us in is left too", async () => {
    tab().client.connect();
    await settled();
    await pass(10_000);
    await pass(500);
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("at once when the network is back, and a link that looks alive is asked whether it is", async (t) => {
    const listeners = [];
    globalThis.addEventListener = (name, listener) => name === "online" && listeners.push(listener);
    t.after(() => delete globalThis.addEventListener);
    await connected();
    const networkIsBack = () => listeners.forEach((listener) => listener());
    networkIsBack();
    assert.equal(socket().told("ping").length, 1);
    socket().says("pong");
    await pass(5_000);
    assert.equal(FakeSocket.opened.length, 1);
    networkIsBack();
    await pass(5_000); // no pong
    assert.equal(socket().closed, true);
    networkIsBack();
    await settled();
    assert.equal(FakeSocket.opened.length, 2);
  });

  test("a ping is answered and keeps the connection", async () => {
    await connected();
    for (let n = 0; n < 5; n++) {
      await pass(30_000);
      socket().says("ping", { last_seq: 10, rev: 1 });
    }
    assert.equal(socket().told("pong").length, 5);
    assert.equal(FakeSocket.opened.length, 1);
  });
});

describe("a server that goes away", () => {
  test("is left after another socket is signed in; nothing is lost or doubled in between", async () => {
    const { seqs, states } = await connected();
    const old = socket();
    old.says("reconnect", { after_ms: 700 });
    await pass(699);
    assert.equal(FakeSocket.opened.length, 1);
    await pass(1);
    const next = socket();
    assert.notEqual(next, old);
    old.notifies(11);
    assert.equal(old.closed, false);
    next.signsIn({ last_seq: 11 });
    assert.equal(old.closed, true);
    next.notifies(11);
    next.says("caught_up", { last_seq: 11, rev: 1 });
    next.notifies(12);
    assert.deepEqual(seqs(), [11, 12]);
    assert.deepEqual(states(), ["connecting", "online"]);
  });

  test("and closes early: the socket that is under way takes over", async () => {
    const { states } = await connected();
    const old = socket();
    old.says("reconnect", { after_ms: 0 });
    await pass(0);
    old.ends(4503);
    socket().goesLive(10);
    await pass(60_000);
    assert.equal(FakeSocket.opened.length, 2);
    assert.deepEqual(states(), ["connecting", "online", "connecting", "online"]);
  });

  test("and takes nobody any more: the old socket serves to its end, then the usual pause", async () => {
    const { seqs } = await connected();
    const old = socket();
    old.says("reconnect", { after_ms: 0 });
    await pass(0);
    socket().ends();
    old.notifies(11);
    old.ends(4503);
    await pass(500);
    assert.equal(FakeSocket.opened.length, 3);
    assert.deepEqual(seqs(), [11]);
  });
});

describe("what the view shows", () => {
  test("a reset takes the new cursor, below the old one too", async () => {
    const { told, own } = await connected();
    socket().says("reset", { last_seq: 3, epoch: "e2" });
    assert.deepEqual(told("reset"), [{ last_seq: 3, epoch: "e2" }]);
    assert.deepEqual(own.cursors, [{ epoch: "e2", seq: 3, rev: null }]);
    socket().notifies(4);
    assert.equal(told("notification").length, 1);
  });

  test("it is stale when the rev moved while we were away, and not when nothing happened", async () => {
    const { told } = await connected();
    for (const [rev, stale] of [[1, 0], [5, 1], [5, 1]]) {
      socket().ends();
      await pass(500);
      socket().goesLive(10, rev);
      assert.equal(told("stale").length, stale);
      await pass(30_000);
    }
  });

  test("it is stale when a heartbeat knows of a change that no frame brings within a second", async () => {
    const { told } = await connected();
    socket().says("ping", { last_seq: 10, rev: 2 });
    await pass(999);
    socket().says("unread_count", { unread_count: 0, last_seq: 10, rev: 2 });
    await pass(1_000);
    assert.deepEqual(told("stale"), []);
    socket().says("ping", { last_seq: 10, rev: 3 });
    await pass(1_000);
    assert.deepEqual(told("stale"), [{ rev: 3 }]);
  });

  test("its list starts at the rev that was asked for before it", async () => {
    rest.answers.body = { unread_count: 2, last_seq: 10, rev: 9 };
    const { client, told } = tab();
    await client.unreadCount({ beforeList: true });
    client.connect();
    await settled();
    socket().goesLive(10, 9);
    assert.deepEqual(told("stale"), []);
    assert.equal(told("unread_count")[0].unread_count, 2);
  });

  test("an overtaken badge is ignored", async () => {
    const { told } = await connected();
    for (const [unread_count, rev] of [[5, 8], [4, 7], [6, 9]]) socket().says("unread_count", { unread_count, last_seq: 10, rev });
    assert.deepEqual(told("unread_count").map(({ unread_count }) => unread_count), [0, 5, 6]);
  });

  test("changes are passed on, and frames of tomorrow are ignored", async () => {
    const { heard } = await connected();
    const before = heard.length;
    socket().says("notification_read", { ids: [1] });
    socket().says("notification_changed", { id: 1, seq: 1, changes: { is_read: false } });
    socket().says("notification_removed", { ids: [2] });
    socket().says("something_new", {});
    assert.deepEqual(heard.slice(before).map(([name]) => name), ["read", "changed", "removed"]);
  });
});

describe("what a person does", () => {
  const answer = (event = "mark_as_read", data = { count: 1 }) => socket().says(event, data, { ref: socket().sent.findLast(({ ref }) => ref).ref });

  test("goes over the socket while it is live, and is done when the server has answered", async () => {
    const { client } = await connected();
    const done = client.markAsRead(5);
    assert.deepEqual(socket().told("mark_as_read"), [{ id: 5 }]);
    answer();
    await done;
    assert.deepEqual(rest.calls, []);
  });

  test("an error that carries its ref is its failure", async () => {
    const { client } = await connected();
    const done = client.markAsRead(5);
    answer("error", { code: "not_found", message: "id: 5" });
    await assert.rejects(done, /id: 5/);
    assert.deepEqual(rest.calls, []);
  });

  test("goes over REST when no answer comes, when the socket breaks, and when there is none", async () => {
    const { client } = await connected();
    const silent = client.markAllAsRead(10);
    await pass(5_000);
    await silent;
    const broken = client.seen(10);
    socket().ends();
    await broken;
    await client.markAsRead(5);
    const posts = rest.calls.filter(({ method }) => method === "POST");
    assert.deepEqual(posts.map(({ path, body }) => [path, body]), [
      ["/api/notifications/mark_all_as_read/", { up_to_seq: 10 }],
      ["/api/notifications/seen/", { up_to_seq: 10 }],
      ["/api/notifications/5/mark_as_read/", {}],
    ]);
  });

  test("while offline the badge is fetched, and yet a reconnect still finds what others changed", async () => {
    const { client, told } = await connected();
    socket().ends();
    rest.answers.body = { unread_count: 3, last_seq: 10, rev: 6 };
    await client.archive(5);
    await settled();
    assert.equal(told("unread_count").at(-1).unread_count, 3);
    await pass(500);
    socket().goesLive(10, 6);
    assert.equal(told("stale").length, 1);
  });

  test("a list is paged by seq", async () => {
    const { client } = tab();
    await client.list({ before: 40, is_read: false, thread: null });
    await client.list({ after: 40 });
    await client.unread();
    assert.deepEqual(rest.calls.map(({ path }) => path), [
      "/api/notifications/?before=40&is_read=false",
      "/api/notifications/?after=40",
      `/api/notifications/unread/?before=${Number.MAX_SAFE_INTEGER}`,
    ]);
  });

  test("a refusal is told with its status; a lost session stops everything", async () => {
    const { client } = await connected();
    rest.answers = { status: 404, body: { detail: "Not found.", code: "not_found" } };
    await assert.rejects(client.archive(9), ({ status, message }) => status === 404 && message === "Not found.");
    assert.equal(client.state, "online");
    rest.answers = { status: 401, body: {} };
    await assert.rejects(client.archive(9));
    assert.equal(client.state, "signed_out");
    assert.equal(socket().closed, true);
  });
});
