/** What was said with a `ref` and waits for the frame that carries it back. */

const ANSWER_MS = 5_000; // then the same request goes over REST: it is idempotent

export class Questions {
  #open = new Map();
  #refs = 0;

  /** The answer, or an error; null when none came. */
  ask(link, event, data) {
    const ref = `r${++this.#refs}`;
    return new Promise((resolve) => {
      const settle = (answer) => (clearTimeout(timer), this.#open.delete(ref), resolve(answer));
      const timer = setTimeout(settle, ANSWER_MS, null);
      this.#open.set(ref, settle);
      link?.send(event, data, ref);
    });
  }

  answered(frame) {
    if (frame.ref) this.#open.get(frame.ref)?.(frame);
  }

  giveUp() {
    for (const settle of [...this.#open.values()]) settle(null);
  }
}
