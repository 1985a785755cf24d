// What comes one after the other without being a call: events, entries, chunks, connections.

import { Abort } from "./abort.js";
import { cancel, environment, forget, Listener, listen, pending } from "./environment.js";
import { thrown } from "./failure.js";

interface Waiting {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorResult<never, undefined> = Object.freeze({ done: true, value: undefined });

/** What has arrived of a feed, and who waits for the rest. */
export class Feed extends Listener {
  readonly token: number;
  /** Runs once, when nothing comes any more. */
  onOver: (() => void) | undefined;
  /** What has to live as long as somebody waits, who may hold nothing but a promise. */
  keeper: object | undefined;
  isOver = false;
  readonly #make: (item: unknown) => unknown;
  readonly #items: unknown[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #beginning: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #begun = false;
  #failed: { readonly error: unknown } | undefined;
  #abort: Abort | undefined;

  constructor(make: (item: unknown) => unknown) {
    super();
    this.#make = make;
    this.token = listen(this);
  }

  /** Ends it with `error()` when a signal is aborted. */
  watch(signal: AbortSignal, error: () => unknown): void {
    this.#abort = new Abort(signal, () => {
      this.stop(error());
    });
  }

  /** Ends it at its source too. Who reads on has what is here, then hears the error. */
  stop(error: unknown): void {
    if (this.isOver) return;
    cancel(this.token);
    this.#finish({ error });
  }

  /** Nobody can read it any more. */
  lost(): void {
    cancel(this.token);
    this.#ends();
  }

  #ends(): void {
    this.isOver = true;
    this.#abort?.off();
    const then = this.onOver;
    this.onOver = undefined;
    then?.();
  }

  next(keeper: object): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve, reject) => {
      this.keeper = keeper;
      this.#waiting.push({ resolve, reject });
      this.#serve();
      if (this.#waiting.length === 1 && !this.isOver) environment().take(this.token);
    });
  }

  waitForBegin(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined && !this.#begun) {
        const { error } = this.#failed;
        this.#failed = undefined;
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what was thrown
        reject(error);
      } else if (this.#begun || this.isOver) {
        resolve();
      } else {
        this.#beginning.push({ resolve, reject });
      }
    });
  }

  override begun(): void {
    this.#begun = true;
    for (const { resolve } of this.#beginning.splice(0)) resolve();
  }

  override items(items: unknown[]): void {
    for (const item of items) this.#items.push(item);
    this.#serve();
    if (this.#waiting.length > 0) environment().take(this.token);
  }

  override end(): void {
    this.#finish(undefined);
  }

  override failed(error: unknown): void {
    this.#finish({ error });
  }

  /** Nothing is wanted any more. */
  leave(): void {
    this.#items.length = 0;
    this.#ends();
    this.#failed = undefined;
    this.begun();
    this.#serve();
  }

  #finish(failed: { readonly error: unknown } | undefined): void {
    this.#ends();
    this.#failed = failed;
    if (failed !== undefined && this.#beginning.length > 0) {
      this.#failed = undefined;
      for (const { reject } of this.#beginning.splice(0)) reject(failed.error);
    }
    this.begun();
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const [waiting] = this.#waiting as [Waiting];
      if (this.#items.length > 0) {
        this.#waiting.shift();
        waiting.resolve({ done: false, value: this.#make(this.#items.shift()) });
      } else if (this.isOver) {
        this.#waiting.shift();
        const failed = this.#failed;
        this.#failed = undefined;
        if (failed === undefined) waiting.resolve(DONE);
        else waiting.reject(failed.error);
      } else {
        return;
      }
    }
    this.keeper = undefined;
  }
}

/** Ends feeds that nobody can read any more. */
const LOST = new FinalizationRegistry<Feed>((feed) => {
  feed.lost();
});

/**
 * What comes one after the other. It begins at once; `ready` says when it has. Leaving the loop, `close()`, or losing the object
 * ends it at its source; so does the end of the node.
 */
export class Events<T> implements AsyncIterator<T, undefined>, AsyncIterable<T> {
  readonly #feed: Feed;

  /** @internal */
  constructor(
    begin: (token: number, feed: Feed) => void,
    make: (item: unknown) => unknown = (item) => item,
  ) {
    const feed = new Feed(make);
    this.#feed = feed;
    try {
      begin(feed.token, feed);
    } catch (error) {
      forget(feed.token);
      throw thrown(error);
    }
    LOST.register(this, feed, this);
  }

  /** Waits until it has begun: what happens after that is told. */
  async ready(): Promise<this> {
    await this.#feed.waitForBegin();
    return this;
  }

  /** Itself: what comes is read once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What comes next. Fails with what went wrong at the source; that is told once, and then there is no more. */
  next(): Promise<IteratorResult<T, undefined>> {
    return this.#feed.next(this) as Promise<IteratorResult<T, undefined>>;
  }

  /** Ends it at its source; a loop that is left calls it. */
  async return(): Promise<IteratorResult<T, undefined>> {
    await this.close();
    return DONE;
  }

  /** Ends it; the promise is fulfilled when its source is let go. */
  async close(): Promise<void> {
    const feed = this.#feed;
    LOST.unregister(this);
    const open = !feed.isOver;
    feed.leave();
    if (!open) return;
    forget(feed.token);
    await pending((token) => {
      environment().release(token, feed.token);
    });
  }

  /** Ends it, as `close()` does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
