// @ts-check
/** What a person does: shown at once, taken back and said when it fails, and undone while that is possible. */

/** @typedef {import("../client.d.ts").Notification} Notification */

export class Deeds {
  /** @type {Map<number[], () => void>} */ #toRemove = new Map(); // what is deleted when that can no longer be undone, and how to bring it back

  /**
   * @param {import("../client.js").TidingsClient} client @param {import("./model.js").Model} model
   * @param {{redraw: () => void, badge: (difference: number) => void, say: (says: {title: string, message?: string, priority?: string, undo?: () => void, gone?: () => void}) => void, words: () => import("./words/words.js").Words}} host
   */
  constructor(client, model, host) {
    this.client = client;
    this.model = model;
    this.host = host;
  }

  get #says() {
    return this.host.words().says;
  }

  /** @param {(notification: Notification) => boolean} concerned @param {Partial<Notification>} changes @param {() => Promise<unknown>} call @param {string} failure */
  async #change(concerned, changes, call, failure) {
    const { model, host } = this, before = model.unreadLoaded, takeBack = model.change(concerned, changes), difference = model.unreadLoaded - before;
    host.badge(difference);
    host.redraw();
    try {
      await call();
      return true;
    } catch (error) {
      takeBack();
      host.badge(-difference);
      host.redraw();
      host.say({ title: failure, message: this.reason(error), priority: "failure" });
      return false;
    }
  }

  /** @param {any} error */
  reason(error) {
    return error?.status ? error.message : this.#says.unreachable;
  }

  /** One by its own call, so that the socket can carry it; several together. @param {"mark_as_read" | "mark_as_unread" | "archive" | "unarchive"} verb @param {number[]} ids */
  #call(verb, ids) {
    const { client } = this, one = ids[0];
    if (ids.length > 1) return client.bulk(verb, ids);
    return { mark_as_read: () => client.markAsRead(one), mark_as_unread: () => client.markAsUnread(one), archive: () => client.archive(one), unarchive: () => client.unarchive(one) }[verb]();
  }

  /** @param {number[]} ids @param {boolean} isRead */
  setRead(ids, isRead) {
    const verb = isRead ? "mark_as_read" : "mark_as_unread";
    const other = ids.filter((id) => this.model.items.get(id)?.is_read !== isRead);
    if (other.length) return this.#change(({ id }) => other.includes(id), { is_read: isRead }, () => this.#call(verb, other), this.#says.failed[verb]);
  }

  /** @param {number[]} ids @param {boolean} isArchived */
  async setArchived(ids, isArchived) {
    const verb = isArchived ? "archive" : "unarchive", changes = { archived_at: isArchived ? new Date().toISOString() : null };
    const done = await this.#change(({ id }) => ids.includes(id), changes, () => this.#call(verb, ids), this.#says.failed[verb]);
    if (done && isArchived) this.host.say({ title: this.#says.archivedDone(ids.length), undo: () => this.setArchived(ids, false) });
  }

  /** @param {number[]} ids @param {Date} until */
  async snooze(ids, until) {
    const call = () => Promise.all(ids.map((id) => this.client.snooze(id, until)));
    const done = await this.#change(({ id }) => ids.includes(id), { snoozed_until: until.toISOString() }, call, this.#says.failed.snooze);
    const time = this.host.words().ahead(until, Date.now());
    if (done) this.host.say({ title: this.#says.snoozedDone(time), undo: () => this.unsnooze(ids) });
  }

  /** @param {number[]} ids */
  unsnooze(ids) {
    const call = () => Promise.all(ids.map((id) => this.client.unsnooze(id)));
    return this.#change(({ id }) => ids.includes(id), { snoozed_until: null }, call, this.#says.failed.unsnooze);
  }

  /** @param {number} id @param {string} action */
  act(id, action) {
    return this.#change((other) => other.id === id, { action_taken: action, is_read: true }, () => this.client.act(id, action), this.#says.failed.act);
  }

  markAllAsRead() {
    const upToSeq = this.model.highestSeq; // what came while the finger was on its way stays unread
    return this.#change(({ seq }) => seq <= upToSeq, { is_read: true }, () => this.client.markAllAsRead(upToSeq), this.#says.failed.all);
  }

  /** Out of sight at once. No server can bring back what is deleted, so it is told when the offer to undo it has gone. @param {number[]} ids */
  remove(ids) {
    const { model, host } = this, before = model.unreadLoaded;
    ids.forEach((id) => model.leaving.add(id));
    const difference = model.unreadLoaded - before;
    const back = () => (ids.forEach((id) => model.leaving.delete(id)), host.badge(-difference), host.redraw());
    this.#toRemove.set(ids, back);
    host.badge(difference);
    host.redraw();
    host.say({ title: this.#says.removedDone(ids.length), undo: () => this.#toRemove.delete(ids) && back(), gone: () => this.#removeNow(ids, back) });
  }

  /** @param {number[]} ids @param {() => void} back */
  async #removeNow(ids, back) {
    if (!this.#toRemove.delete(ids)) return;
    try {
      await (ids.length > 1 ? this.client.bulk("delete", ids) : this.client.remove(ids[0]));
      ids.forEach((id) => (this.model.items.delete(id), this.model.leaving.delete(id)));
    } catch (error) {
      back();
      this.host.say({ title: this.#says.failed.delete, message: this.reason(error), priority: "failure" });
    }
  }

  /** The page goes: what waits for its undo is done. */
  finish() {
    for (const [ids, back] of [...this.#toRemove]) this.#removeNow(ids, back);
  }
}
