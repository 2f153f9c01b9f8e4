// A socket, a server behind it and two shelves, all under the test's hand.

export class FakeSocket {
  /** @type {FakeSocket[]} */ static opened = [];

  constructor(address, protocols) {
    Object.assign(this, { address: new URL(address), protocols, readyState: 0, sent: [], closed: false, onmessage: null, onclose: null });
    FakeSocket.opened.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
    this.readyState = 3;
  }

  // --- the server's side
  says(event, data = {}, rest = {}) {
    this.readyState = 1;
    this.onmessage?.({ data: JSON.stringify({ event, data, ...rest }) });
  }

  signsIn(data = {}) {
    this.says("authenticated", { user_id: 7, connection_id: "c", last_seq: 0, unread_count: 0, rev: 0, epoch: "e1", expires_at: null, heartbeat_s: 25, ...data });
  }

  goesLive(lastSeq, rev = 1) {
    this.signsIn({ last_seq: lastSeq, rev });
    this.says("caught_up", { last_seq: lastSeq, rev });
  }

  notifies(seq, { prev = seq - 1, again, ...fields } = {}) {
    this.says("notification", { id: 100 + seq, seq, title: `No. ${seq}`, silent: false, requires_acknowledgment: false, ...fields }, { prev, again });
  }

  ends(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  told(event) {
    return this.sent.filter((frame) => frame.event === event).map(({ data }) => data);
  }

  get acked() {
    return this.told("ack").map(({ up_to_seq }) => up_to_seq);
  }
}

export class FakeSource {
  /** @type {FakeSource[]} */ static opened = [];
  listeners = new Map();
  closed = false;

  constructor(address, { withCredentials }) {
    Object.assign(this, { address: new URL(address), withCredentials });
    FakeSource.opened.push(this);
  }

  addEventListener(event, listener) {
    this.listeners.set(event, listener);
  }

  close() {
    this.closed = true;
  }

  // --- the server's side
  says(event, data) {
    if (!this.closed) this.listeners.get(event)?.({ data: JSON.stringify(data) });
  }

  goesLive(lastSeq, rev = 1) {
    this.says("connected", { user_id: 7, connection_id: "c", last_seq: lastSeq, unread_count: 0, rev, epoch: "e1", heartbeat_s: 30 });
    this.says("ping", { timestamp: "", last_seq: lastSeq, rev });
  }

  notifies(seq, fields = {}) {
    this.says("notification", { id: 100 + seq, seq, title: `No. ${seq}`, silent: false, requires_acknowledgment: false, ...fields });
  }

  ends() {
    this.onerror?.();
  }
}

export class FakeShelf {
  kept = new Map();
  getItem(key) {
    return this.kept.get(key) ?? null;
  }
  setItem(key, value) {
    this.kept.set(key, value);
  }
  get cursors() {
    return [...this.kept.values()].map((text) => JSON.parse(text));
  }
}

/** One lock; who asks first has it first. Nobody steals it. */
export class FakeLocks {
  last = Promise.resolve();

  request(_name, { signal }, hold) {
    return (this.last = this.last.then(() => (signal?.aborted ? undefined : hold())));
  }
}

export class FakeRest {
  /** @type {{method: string, path: string, headers: any, body: any}[]} */ calls = [];
  answers = { status: 200, body: {} };
  fetch = async (address, { method, headers, body }) => {
    this.calls.push({ method, path: address.pathname + address.search, headers, body: body && JSON.parse(body) });
    const { status, body: answer } = this.answer ? { status: 200, body: this.answer(address.pathname + address.search) } : this.answers;
    return { ok: status < 400, status, json: async () => answer };
  };
}
