// The call that a handler answers, as the handler sees it.

import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { environment } from "./environment.js";
import { Cancelled, DeadlineExceeded, type Metadata } from "./errors.js";
import { guarded } from "./failure.js";
import { block, mapped, pairs, uint32 } from "./metadata.js";

/** The call whose handler runs here: calls that it makes end with its deadline. */
const CURRENT = new AsyncLocalStorage<number>();

/** Whether this thread has served: before that no call is made by a handler. */
let serves = false;

/** The call whose handler runs here. */
export function current(): number | undefined {
  return serves ? CURRENT.getStore() : undefined;
}

/** Runs a handler as that of a call. */
export function runAs<T>(token: number, handler: () => T): T {
  serves = true;
  return CURRENT.run(token, handler);
}

// Where the facts of a call are in their record: see `facts` in `src/record.rs`.
const CALL_ID = 8;
const SESSION = 16;
const PEER = 24;
const METADATA = 56;

/** Where the facts that begin at `at` end. */
export function endOfFacts(bytes: Uint8Array, at: number): number {
  const attributes = at + METADATA + 4 + uint32(bytes, at + METADATA);
  return attributes + 4 + uint32(bytes, attributes);
}

/** What a handler knows of its call, and what it may say beside its messages. */
export class Context {
  /** The full name of the service, `package.Name`. */
  readonly service: string;
  /** The method, as the schema names it. */
  readonly method: string;
  readonly #token: number;
  readonly #facts: DataView;
  readonly #bytes: Uint8Array;
  readonly #until: number;
  #metadata: Metadata | undefined;
  #attributes: ReadonlyMap<string, string> | undefined;
  #controller: AbortController | undefined;
  #over: Error | undefined;

  /** @internal */
  constructor(
    token: number,
    service: string,
    method: string,
    bytes: Uint8Array,
    at: number,
    end: number,
  ) {
    this.service = service;
    this.method = method;
    this.#token = token;
    // what else lies there is not held
    this.#bytes = bytes.slice(at, end);
    this.#facts = new DataView(this.#bytes.buffer);
    const left = this.#facts.getFloat64(0, true);
    this.#until = Number.isNaN(left) ? Infinity : performance.now() + left;
  }

  /** The key of the peer that calls, in hexadecimal digits. */
  get peer(): string {
    return Buffer.from(this.#bytes.buffer, PEER, 32).toString("hex");
  }

  /** The caller's number of the call, for logs. */
  get callId(): bigint {
    return this.#facts.getBigUint64(CALL_ID, true);
  }

  /** The number of the session that the call belongs to; `undefined` if the service has none. */
  get session(): bigint | undefined {
    const session = this.#facts.getBigUint64(SESSION, true);
    return session === 0xffff_ffff_ffff_ffffn ? undefined : session;
  }

  /** What the caller sent along: pairs in their order. */
  get metadata(): Metadata {
    return (this.#metadata ??= pairs(block(this.#bytes, METADATA)));
  }

  /** What the peer's credential says of it. */
  get attributes(): ReadonlyMap<string, string> {
    const at = METADATA + 4 + uint32(this.#bytes, METADATA);
    return (this.#attributes ??= mapped(block(this.#bytes, at)));
  }

  /** The milliseconds that are left until the caller gives up; `undefined` if it did not say. */
  get timeLeftMs(): number | undefined {
    return this.#until === Infinity ? undefined : Math.max(0, this.#until - performance.now());
  }

  /** Is aborted when the caller gives up, when the deadline passes, or when the connection is lost. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over !== undefined) this.#controller.abort(this.#over);
    }
    return this.#controller.signal;
  }

  /**
   * Adds an entry to what goes before the first message. Once that has gone, it goes with the trailer.
   * Throws a `RangeError` for an entry that is against the rules.
   */
  setHeader(name: string, value: string): void {
    guarded(() => {
      environment().setHeader(this.#token, name, value);
    });
  }

  /** Adds an entry to what goes with the status, also if the call fails. Throws a `RangeError` for one that is against the rules. */
  setTrailer(name: string, value: string): void {
    guarded(() => {
      environment().setTrailer(this.#token, name, value);
    });
  }

  /**
   * Sends the responses from here on without compression, whose length tells of their content: for those that mix a secret with
   * text that somebody else chooses.
   */
  uncompressed(): void {
    environment().uncompressed(this.#token);
  }

  /** @internal The call has ended before it was answered. */
  static end(context: Context): Error {
    if (context.#over !== undefined) return context.#over;
    const passed = performance.now() >= context.#until;
    const error = passed
      ? new DeadlineExceeded("the deadline of the call has passed")
      : new Cancelled("the caller has given up");
    context.#over = error;
    context.#controller?.abort(error);
    return error;
  }
}

/** The session that an instance is made for. */
export interface SessionContext {
  /** The key of the peer whose session it is, in hexadecimal digits. */
  readonly peer: string;
  /** The number that the peer gave the session. */
  readonly id: bigint;
  /** What the peer's credential said of it when the session began. */
  readonly attributes: ReadonlyMap<string, string>;
}
