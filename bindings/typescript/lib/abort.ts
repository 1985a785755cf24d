// Who waits for an abort: a signal has one listener, however many calls it is given to.

interface Watched {
  readonly all: Set<() => void>;
  readonly listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/** Waits for an abort of a signal, until it is over. */
export class Abort {
  readonly #signal: AbortSignal;
  readonly #then: () => void;

  constructor(signal: AbortSignal, then: () => void) {
    this.#signal = signal;
    this.#then = then;
    let found = watched.get(signal);
    if (found === undefined) {
      const all = new Set<() => void>();
      const listener = (): void => {
        watched.delete(signal);
        for (const each of all) each();
      };
      found = { all, listener };
      watched.set(signal, found);
      signal.addEventListener("abort", listener, { once: true });
    }
    found.all.add(then);
  }

  off(): void {
    const found = watched.get(this.#signal);
    if (found?.all.delete(this.#then) === true && found.all.size === 0) {
      watched.delete(this.#signal);
      this.#signal.removeEventListener("abort", found.listener);
    }
  }
}
