// What the component's list holds and offers, without a page. Started by test_client_js.py.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Feed } from "../../static/notifications/inbox/feed.js";
import { Leading } from "../../static/notifications/inbox/leading.js";
import { Model } from "../../static/notifications/inbox/model.js";
import { Selection } from "../../static/notifications/inbox/selecting/selection.js";
import { presets } from "../../static/notifications/inbox/overlays/menu.js";
import { de, en } from "./words.mjs";
import { FakeLocks, FakeShelf } from "./fakes.mjs";

const one = (seq, fields = {}) => ({ id: 100 + seq, seq, title: `No. ${seq}`, message: "", category: "info", priority: "normal", notification_type: "general", is_read: false, archived_at: null, snoozed_until: null, thread: null, ...fields });
const model = (...items) => { const made = new Model(); made.put(items); return made; };
const seqs = ({ shown }) => shown.map(({ seq }) => seq);

describe("the list", () => {
  test("each view shows its own, newest first", () => {
    const made = model(one(1), one(2, { is_read: true }), one(3, { archived_at: "x" }), one(4, { snoozed_until: "x" }));
    const views = Object.fromEntries(["all", "unread", "snoozed", "archived"].map((view) => [view, seqs(Object.assign(made, { view }))]));
    assert.deepEqual(views, { all: [2, 1], unread: [1], snoozed: [4], archived: [3] });
  });

  test("a thread folds under its newest, and what is done to it is done to all of it until it is unfolded", () => {
    const made = model(one(1, { thread: "a" }), one(2), one(3, { thread: "a" }), one(4, { thread: "b" }));
    assert.deepEqual(made.folds.map(({ head, earlier }) => [head.seq, earlier.map(({ seq }) => seq)]), [[4, []], [3, [1]], [2, []]]);
    assert.deepEqual(made.standingFor(103), [103, 101]);
    made.unfolded.add("a");
    assert.deepEqual(made.standingFor(103), [103]);
    assert.deepEqual(made.standingFor(101), [101]);
  });

  test("filters hold for what comes in; what the server's search has found stays", () => {
    const made = model(one(1, { priority: "high" }), one(2, { category: "alert" }), one(3, { notification_type: "order_shipped" }), one(4, { message: "a Cable" }));
    const filtered = (filters) => seqs(Object.assign(made, { filters }));
    assert.deepEqual(filtered({ min_priority: "high" }), [1]);
    assert.deepEqual(filtered({ category: "alert" }), [2]);
    assert.deepEqual(filtered({ notification_type: "order_shipped" }), [3]);
    assert.deepEqual(filtered({ search: "cable" }), [4]);
    made.found.add("No. 2");
    assert.deepEqual(filtered({ search: "cable" }), [4, 2]);
  });

  test("a failed change is taken back, but not what somebody else changed meanwhile", () => {
    const made = model(one(1), one(2));
    const takeBack = made.change(() => true, { is_read: true, archived_at: "x" });
    made.change(({ id }) => id === 101, { archived_at: "y" });
    takeBack();
    assert.deepEqual([101, 102].map((id) => [made.items.get(id).is_read, made.items.get(id).archived_at]), [[false, "y"], [false, null]]);
  });

  test("what is deleted is out of sight and out of the badge as long as it can be undone", () => {
    const made = model(one(1), one(2));
    made.leaving.add(102);
    assert.deepEqual([seqs(made), made.unreadLoaded], [[1], 1]);
  });
});

describe("a selection", () => {
  const rows = [[1], [2, 20], [3], [4]];
  const ids = ({ ids }) => [...ids];

  test("grows and shrinks as a range from where it began, on top of what was there; after a step without Shift anew", () => {
    const made = new Selection();
    made.toggle([4]);
    made.step(rows, 2, 1);
    made.step(rows, 3, 2);
    assert.deepEqual(ids(made), [4, 1, 2, 20, 3]);
    made.step(rows, 2, 3);
    assert.deepEqual(ids(made), [4, 1, 2, 20]);
    made.extend(rows, 4, 1);
    made.toggle([1]);
    assert.deepEqual(ids(made), [4, 2, 20, 3]);
  });

  test("is of notifications: who joins a thread later was not chosen, who leaves the list is not acted upon", () => {
    const made = new Selection();
    made.all(rows);
    assert.deepEqual([made.of([2, 20]), made.of([5, 2, 20])], ["all", "some"]);
    made.keep([{ id: 2 }, { id: 5 }]);
    assert.deepEqual([ids(made), made.of([20]), made.isOn], [[2], "none", true]);
    made.keep([]);
    assert.equal(made.isOn, false);
  });

  test("holds no more than one request may name", () => {
    const made = new Selection();
    made.all([...Array(1_200).keys()].map((id) => [id]));
    assert.equal(made.ids.size, 1_000);
  });
});

describe("loading", () => {
  class Answers extends EventTarget {
    asked = [];
    waiting = [];
    list = (query) => new Promise((answer) => (this.asked.push(query), this.waiting.push(answer)));
    unread = this.list;
    acknowledge = async () => {};
    says(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail }));
    }
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  test("what is heard while the answer is on its way is applied on top of it", async () => {
    const client = new Answers(), made = model(), feed = new Feed(client, made, () => {});
    feed.listen(new AbortController().signal);
    const loaded = feed.load();
    client.says("read", { ids: [101] });
    client.says("notification", { notification: one(2), live: true });
    client.waiting[0]({ results: [one(1)], next: null });
    await loaded;
    assert.deepEqual(made.shown.map(({ seq, is_read }) => [seq, is_read]), [[2, false], [1, true]]);
  });

  test("goes on from the last seq, and an answer for another view is not mixed in", async () => {
    const client = new Answers(), made = model(), feed = new Feed(client, made, () => {});
    const first = feed.load();
    client.waiting[0]({ results: [one(9), one(5)], next: "more" });
    await first;
    feed.loadOlder();
    assert.equal(client.asked[1].before, 5);
    Object.assign(made, { view: "archived" });
    const over = feed.startOver();
    assert.equal(client.asked[2].archived, true);
    client.waiting[1]({ results: [one(4)], next: null });
    client.waiting[2]({ results: [], next: null });
    await over;
    await settled();
    assert.equal(made.items.size, 0);
  });

  test("one that takes another's place lets it go", () => {
    const client = new Answers(), made = model(one(1)), feed = new Feed(client, made, () => {});
    feed.listen(new AbortController().signal);
    client.says("notification", { notification: one(2, { replaces: 101 }), live: true });
    assert.deepEqual(seqs(made), [2]);
  });
});

describe("the tabs of a browser", () => {
  const refuse = () => assert.fail("SecurityError"), blocked = { getItem: refuse, setItem: refuse };
  const handedOver = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    mock.timers.enable({ apis: ["Date"] });
    Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: new FakeLocks() } });
    Object.assign(globalThis, { document: Object.assign(new EventTarget(), { hidden: true }), addEventListener() {} });
  });
  afterEach(() => mock.timers.reset());

  class Tab {
    late = [];
    #life = new AbortController();
    constructor(shelf) {
      this.leading = new Leading("x", shelf);
      this.leading.start(this.#life.signal, (missed) => this.late.push(...missed.map(({ seq }) => seq)));
    }
    isOffered = (...seqs) => seqs.map((seq) => this.leading.claims({ seq }));
    close = () => this.#life.abort();
  }
  /** They lead in this order. */
  const tabs = async (count, shelf = new FakeShelf()) => {
    const opened = Array.from({ length: count }, () => new Tab(shelf));
    await handedOver();
    return opened;
  };

  test("show each once, whoever leads; after a reset seqs begin anew", async () => {
    const [one_, other] = await tabs(2);
    assert.deepEqual(other.isOffered(1), [false], "it does not lead");
    other.leading.leads = true;
    assert.deepEqual([one_.isOffered(1), other.isOffered(1, 2), one_.isOffered(2)], [[true], [false, true], [false]]);
    one_.leading.resetTo(0);
    assert.deepEqual(other.isOffered(1), [true]);
  });

  test("show what came while none of them led: the next one does, in order, and no other", async () => {
    const [leading, next, last] = await tabs(3);
    for (const each of [next, last, leading]) each.isOffered(1);
    leading.close();
    for (const each of [next, last]) each.isOffered(3, 2);
    await handedOver();
    assert.deepEqual([next.late, next.isOffered(4)], [[2, 3], [true]]);
    last.isOffered(4);
    next.close();
    await handedOver();
    assert.deepEqual([last.late, last.isOffered(5)], [[], [true]]);
  });

  test("keep it for seconds, not over a reset, and not where no mark says what was shown", async () => {
    for (const [shelf, between, late] of [
      [new FakeShelf(), () => {}, [2]],
      [new FakeShelf(), () => mock.timers.tick(5_000), []],
      [new FakeShelf(), (next) => next.leading.resetTo(0), []],
      [blocked, () => {}, []],
    ]) {
      const [leading, next] = await tabs(2, shelf);
      assert.deepEqual([leading.isOffered(1), next.isOffered(1)], [[true], [false]]);
      leading.close();
      next.isOffered(2);
      between(next);
      await handedOver();
      assert.deepEqual([next.late, next.isOffered(9)], [late, [true]]);
      next.close();
      await handedOver();
    }
  });
});

describe("words", () => {
  test("snooze offers times that lie ahead: no evening in the evening, and on Monday the next one", () => {
    const names = (at) => presets(new Date(at)).map(({ name }) => name);
    assert.deepEqual(names("2026-11-23T10:00"), ["laterToday", "thisEvening", "tomorrow", "nextWeek"]);
    assert.deepEqual(names("2026-11-23T17:30"), ["laterToday", "tomorrow", "nextWeek"]);
    for (const at of ["2026-11-23T10:00", "2026-11-22T10:00", "2026-12-31T23:00"]) for (const preset of presets(new Date(at))) assert.ok(preset.at > new Date(at));
    assert.equal(presets(new Date("2026-11-23T10:00")).at(-1).at.getTime(), new Date("2026-11-30T09:00").getTime());
  });

  test("German says everything that English says, and nothing that nobody asks for", () => {
    const shape = (table) => Object.entries(table).flatMap(([name, value]) => (typeof value === "object" ? shape(value).map((inner) => `${name}.${inner}`) : [`${name}:${typeof value}`])).sort();
    assert.deepEqual(shape(de), shape(en));
  });
});
