// Messages that are sent one after the other, as fast as the other side takes them.

import { environment } from "./environment.js";
import { isTurnOver, turn } from "./turn.js";

/** Tells a source that nothing more is taken. How it likes that is its own affair. */
export async function ended(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // it has been told
  }
}

/** What is said of something that cannot be sent one by one. */
export function notItems(items: unknown): TypeError {
  const what = items === null ? "null" : typeof items;
  return new TypeError(
    `expected an iterable or an async iterable of messages, such as an async generator, found ${what}`,
  );
}

/** Sends the messages of a stream. */
export class Outlet {
  readonly #token: number;
  readonly #encode: (value: unknown) => Uint8Array;
  #closed = false;
  #waiting: (() => void) | undefined;
  #stop: (() => void) | undefined;
  readonly #onClose: (() => void) | undefined;

  /** `onClose` runs when nobody takes messages any more. */
  constructor(token: number, encode: (value: unknown) => Uint8Array, onClose?: () => void) {
    this.#token = token;
    this.#encode = encode;
    this.#onClose = onClose;
  }

  #isOver(): boolean {
    return this.#closed;
  }

  /** More messages are taken. */
  room(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** No more messages are taken: the source is told so. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose?.();
    this.room();
    const stop = this.#stop;
    this.#stop = undefined;
    stop?.();
  }

  /** Sends items to their end. Ends early when nobody takes them any more. Throws what their source throws. */
  async send(items: unknown): Promise<void> {
    if (typeof items === "object" && items !== null) {
      if (Symbol.asyncIterator in items) {
        await this.#sendEach(items as AsyncIterable<unknown>);
        return;
      }
      if (Symbol.iterator in items) {
        await this.#sendAll(items as Iterable<unknown>);
        return;
      }
    }
    throw notItems(items);
  }

  async #sendEach(items: AsyncIterable<unknown>): Promise<void> {
    const iterator = items[Symbol.asyncIterator]();
    // it ends when it comes to its next step
    const stop = (): void => void ended(iterator);
    if (this.#closed) {
      stop();
      return;
    }
    this.#stop = stop;
    for (;;) {
      let next: IteratorResult<unknown>;
      try {
        next = await iterator.next();
      } catch (error) {
        // nobody takes anything any more, which may be why
        if (this.#isOver()) return;
        throw error;
      }
      if (next.done === true) {
        this.#stop = undefined;
        return;
      }
      if (this.#isOver()) return;
      let room: boolean;
      try {
        room = this.#put(next.value);
      } catch (error) {
        this.#stop = undefined;
        stop();
        throw error;
      }
      if (!room) await this.#wait();
      else if (isTurnOver()) await turn();
      // waiting for room, too, ends with that
      if (this.#isOver()) return;
    }
  }

  async #sendAll(items: Iterable<unknown>): Promise<void> {
    for (const item of items) {
      if (this.#closed) return;
      if (!this.#put(item)) await this.#wait();
      else if (isTurnOver()) await turn();
    }
  }

  /** Sends a message, and says whether there is room for another. */
  #put(value: unknown): boolean {
    if (this.#closed) return true;
    const put = environment().put(this.#token, this.#encode(value));
    if (put === 2) this.close();
    return put !== 1;
  }

  #wait(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}
