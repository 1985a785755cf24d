// Interceptors: the runtime's own, and those that are written in TypeScript.

import { Context } from "./context.js";
import { environment, register, type Target } from "./environment.js";
import { Code, type Metadata } from "./errors.js";
import { guarded } from "./failure.js";
import { pairs } from "./metadata.js";
import { Metrics } from "./metrics.js";
import { inner, type NativeInterceptor, native } from "./native.js";
import { aFunction, onlyKnown } from "./options.js";
import { attempt, type Report, tell } from "./report.js";
import { fail } from "./server.js";
import type { Awaitable } from "./service.js";

/** How a call ended. */
export interface Outcome {
  /** The name of the status; that of `CANCELLED` where the caller gave up. */
  readonly code: Code;
  /** Its number, which may be one that this version does not know. */
  readonly number: number;
  /** The message of the status. */
  readonly message: string;
  /** From the beginning of the call to its end. */
  readonly elapsedMs: number;
}

/** Sees the calls of a server, each once, of all four patterns. */
export interface ServerHooks {
  /** Before the handler. What it throws refuses the call. */
  before?(call: Context): Awaitable<void>;
  /** Once for each call that `before` let through, however it ended. */
  after?(call: Context, outcome: Outcome): void;
}

/** A call that a client makes, as its interceptors see it. */
export interface ClientCall {
  /** The key of the server, in hexadecimal digits. */
  readonly peer: string;
  /** The full name of the service, `package.Name`. */
  readonly service: string;
  /** The method, as the schema names it. */
  readonly method: string;
  /** The client's number of the call. */
  readonly callId: bigint;
  /** Whether the method may be repeated without harm. */
  readonly isIdempotent: boolean;
  /** The milliseconds until the client gives up; `undefined` if it waits without end. */
  readonly timeLeftMs: number | undefined;
  /** What is sent along: pairs in their order. */
  readonly metadata: Metadata;
  /** Sends an entry along, in each attempt; to be called in `before`. Throws a `RangeError` for one that is against the rules. */
  addMetadata(name: string, value: string): void;
}

/** Sees the calls of a client, each once, of all four patterns. */
export interface ClientHooks {
  /** Before the call is sent for the first time. What it throws ends the call. */
  before?(call: ClientCall): Awaitable<void>;
  /** Each time the call is sent: `attempt` is 1 for the first time, and more for retries. */
  onAttempt?(call: ClientCall, attempt: number): void;
  /** Once for each call that `before` let through, however it ended. */
  after?(call: ClientCall, outcome: Outcome): void;
}

/** Lets calls through at a rate, at a server or at a client, and refuses the others with `RESOURCE_EXHAUSTED`. */
export class RateLimit {
  /** @internal */
  readonly [inner]: NativeInterceptor;

  /** `rate` calls a second, and up to `burst` at once. Throws a `RangeError` for a rate that is not positive. */
  constructor(
    rate: number,
    options: {
      /** How many at once, a whole number; 1 without it. */
      readonly burst?: number | undefined;
      /** Who shares the rate: each peer has its own without it, `"peer"`. */
      readonly per?: "peer" | "service" | "method" | "peer-and-method" | undefined;
    } = {},
  ) {
    onlyKnown("a RateLimit", options, ["burst", "per"]);
    const { burst = 1, per = "peer" } = options;
    this[inner] = guarded(() => new (native().RateLimit)(rate, burst, per));
  }
}

/** Ends calls of a client at a server that fails with `UNAVAILABLE`, for a while; then one tries whether it is back. */
export class CircuitBreaker {
  /** @internal */
  readonly [inner]: NativeInterceptor;

  /** Opens after so many `failures` in a row, 5 without it, for `pauseMs` milliseconds. */
  constructor(options: { readonly failures?: number | undefined; readonly pauseMs: number }) {
    onlyKnown("a CircuitBreaker", options, ["failures", "pauseMs"]);
    const { failures = 5, pauseMs } = options;
    this[inner] = guarded(() => new (native().CircuitBreaker)(failures, pauseMs));
  }
}

/** Logs each call of a server: who called what, and how it ended. Neither messages nor metadata are in it. */
export class Audit {
  /** @internal */
  readonly [inner]: NativeInterceptor = new (native().Audit)();
}

/** What a server takes as an interceptor. */
export type ServerInterceptor = ServerHooks | RateLimit | Audit | Metrics;
/** What a client takes as an interceptor. */
export type ClientInterceptor = ClientHooks | RateLimit | CircuitBreaker | Metrics;

/** What the addon takes for an interceptor. */
export function interceptorOf(
  interceptor: ServerInterceptor | ClientInterceptor,
  onError: Report,
): NativeInterceptor | number {
  if (typeof interceptor !== "object" || (interceptor as unknown) === null) {
    throw new TypeError("an interceptor is an object with `before`, `onAttempt` or `after`");
  }
  if (
    interceptor instanceof RateLimit ||
    interceptor instanceof CircuitBreaker ||
    interceptor instanceof Audit ||
    interceptor instanceof Metrics
  ) {
    return interceptor[inner];
  }
  const hooks = ["before", "onAttempt", "after"].map((name) => {
    const hook = (interceptor as Record<string, unknown>)[name];
    aFunction(name, hook);
    return hook;
  });
  if (hooks.every((hook) => hook === undefined)) {
    throw new TypeError("an interceptor has `before`, `onAttempt` or `after`; this one has none");
  }
  return register(new Interceptor(interceptor, onError));
}

class Interceptor implements Target {
  readonly #hooks: ServerHooks & ClientHooks;
  readonly #onError: Report;

  constructor(hooks: ServerHooks | ClientHooks, onError: Report) {
    this.#hooks = hooks as ServerHooks & ClientHooks;
    this.#onError = onError;
  }

  call(token: number): void {
    environment().end(token);
  }

  hook(token: number, name: string, facts: readonly unknown[]): void {
    switch (name) {
      case "before":
        void this.#before(token, answeredCall(token, facts));
        break;
      case "beforeCall":
        void this.#beforeCall(token, new Made(facts[0]));
        break;
      case "after":
        this.#tell(
          () => this.#hooks.after?.(answeredCall(0, facts) as never, outcome(facts[3])),
          "after a call",
        );
        break;
      case "afterCall":
        this.#tell(
          () => this.#hooks.after?.(new Made(facts[0]) as never, outcome(facts[1])),
          "after a call",
        );
        break;
      case "onAttempt":
        this.#tell(
          () => this.#hooks.onAttempt?.(new Made(facts[0]), facts[1] as number),
          "at an attempt",
        );
        break;
    }
  }

  async #before(token: number, call: Context): Promise<void> {
    try {
      await (this.#hooks as ServerHooks).before?.(call);
      environment().end(token);
    } catch (error) {
      this.#fail(token, error, call);
    }
  }

  async #beforeCall(token: number, call: Made): Promise<void> {
    try {
      await (this.#hooks as ClientHooks).before?.(call);
      environment().pass(token, call.added);
    } catch (error) {
      // it is told to the program that it is of
      this.#fail(token, error, call, `: ${shown(error)}`);
    }
  }

  #fail(
    token: number,
    error: unknown,
    call: { readonly service: string; readonly method: string },
    why = "",
  ): void {
    const where = `an interceptor failed before a call of ${call.service}.${call.method}`;
    fail(token, error, this.#onError, where, `an interceptor failed${why}`);
  }

  #tell(hook: () => unknown, where: string): void {
    attempt(hook, (error) => {
      tell(this.#onError, error, `an interceptor failed ${where}`);
    });
  }
}

function shown(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "it cannot be shown";
  }
}

function answeredCall(token: number, [bytes, service, method]: readonly unknown[]): Context {
  const facts = bytes as Uint8Array;
  return new Context(token, service as string, method as string, facts, 0, facts.length);
}

const NAMES = new Map<number, Code>(
  (Object.entries(Code) as [Code, number][]).map(([name, number]) => [number, name]),
);

function outcome(value: unknown): Outcome {
  const [number, message, elapsedMs] = value as [number, string, number];
  return Object.freeze({ code: NAMES.get(number) ?? "UNKNOWN", number, message, elapsedMs });
}

/** A call of a client's. */
class Made implements ClientCall {
  readonly peer: string;
  readonly service: string;
  readonly method: string;
  readonly callId: bigint;
  readonly isIdempotent: boolean;
  readonly timeLeftMs: number | undefined;
  readonly metadata: Metadata;
  readonly #flat: readonly string[];
  readonly #added: string[] = [];

  constructor(facts: unknown) {
    const [peer, service, method, callId, isIdempotent, timeLeftMs, flat] = facts as [
      string,
      string,
      string,
      bigint,
      boolean,
      number | undefined,
      string[],
    ];
    this.peer = peer;
    this.service = service;
    this.method = method;
    this.callId = callId;
    this.isIdempotent = isIdempotent;
    this.timeLeftMs = timeLeftMs;
    this.metadata = pairs(flat);
    this.#flat = flat;
  }

  get added(): readonly string[] {
    return this.#added;
  }

  addMetadata(name: string, value: string): void {
    guarded(() => {
      environment().checkMetadata([...this.#flat, ...this.#added, name, value]);
    });
    this.#added.push(name, value);
  }
}
