// Messages of a stream, one after the other, as they are asked for. They come in batches, and are decoded when it is their turn.

import { environment, pull, type Puller } from "./environment.js";
import { MessageError } from "./errors.js";
import { uint32 } from "./metadata.js";
import { violation } from "./service.js";
import { isTurnOver } from "./turn.js";

interface Waiting {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorResult<never, undefined> = Object.freeze({ done: true, value: undefined });

/** What has arrived of a stream, and who waits for the rest. */
export class Reading implements Puller {
  /** What has to live as long as somebody waits, who may hold nothing but a promise. */
  keeper: object | undefined;
  readonly #token: number;
  readonly #decode: (payload: Uint8Array) => unknown;
  readonly #batches: { readonly bytes: Uint8Array; at: number; readonly end: number }[] = [];
  readonly #waiting: Waiting[] = [];
  #over = false;
  #failed: { readonly error: unknown } | undefined;

  constructor(token: number, decode: (payload: Uint8Array) => unknown) {
    this.#token = token;
    this.#decode = decode;
  }

  /** Whether nothing comes after what is here. */
  get isOver(): boolean {
    return this.#over;
  }

  next(keeper?: object): Promise<IteratorResult<unknown, undefined>> {
    const over = isTurnOver();
    if (this.#waiting.length === 0 && !over) {
      try {
        const result = this.#take() ?? this.#pull();
        if (result !== undefined) return Promise.resolve(result);
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a decoder has thrown
        return Promise.reject(error);
      }
    }
    this.keeper = keeper;
    if (over) {
      setImmediate(() => {
        this.#serve();
      });
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** The next message, if it is here, or the end. */
  #take(): IteratorResult<unknown, undefined> | undefined {
    const batch = this.#batches[0];
    if (batch === undefined) {
      if (!this.#over) return undefined;
      const failed = this.#failed;
      this.#failed = undefined;
      if (failed !== undefined) throw failed.error;
      return DONE;
    }
    const at = batch.at + 4;
    const end = at + uint32(batch.bytes, batch.at);
    batch.at = end;
    if (end >= batch.end) this.#batches.shift();
    try {
      return { done: false, value: this.#decode(batch.bytes.subarray(at, end)) };
    } catch (error) {
      // the stream ends with what does not fit
      this.#batches.length = 0;
      const running = !this.#over;
      this.#over = true;
      this.#failed = undefined;
      if (running) {
        const facts = error instanceof MessageError ? error : undefined;
        const found = facts === undefined ? String(error) : `${facts.found} at \`${facts.path}\``;
        environment().refuse(this.#token, facts?.expected ?? "a value", found);
      }
      throw violation(error);
    }
  }

  /** What has arrived meanwhile. */
  #pull(): IteratorResult<unknown, undefined> | undefined {
    const bytes = pull(this.#token, this);
    if (bytes === undefined) return undefined;
    this.#batches.push({ bytes, at: 0, end: bytes.length });
    return this.#take();
  }

  messages(bytes: Uint8Array, at: number, end: number): void {
    if (this.#over) return;
    this.#batches.push({ bytes, at, end });
    this.#serve();
  }

  resume(): void {
    this.#serve();
  }

  /** Nothing comes any more; with an error, who reads on hears of it once. */
  finish(failed?: { readonly error: unknown }): void {
    if (this.#over) return;
    this.#over = true;
    this.#failed = failed;
    this.#serve();
  }

  /** Who reads has left. */
  leave(): void {
    this.#over = true;
    this.#failed = undefined;
    this.#batches.length = 0;
    this.#serve();
  }

  /** Gives to those who wait what is here. */
  #serve(): void {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting[0] as Waiting;
      try {
        const result = this.#take() ?? this.#pull();
        if (result === undefined) return;
        this.#waiting.shift();
        waiting.resolve(result);
      } catch (error) {
        this.#waiting.shift();
        waiting.reject(error);
      }
    }
    this.keeper = undefined;
  }
}
