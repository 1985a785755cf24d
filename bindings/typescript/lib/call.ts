// Calls that generated clients make.

import { Abort } from "./abort.js";
import { current } from "./context.js";
import { cancel, environment, forget, Listener, listen } from "./environment.js";
import { Cancelled, AsterError, type Metadata } from "./errors.js";
import { guarded, thrown } from "./failure.js";
import { flat, type MetadataInit, pairs } from "./metadata.js";
import type { NativeStub } from "./native.js";
import { aFunction, checkTimes, onlyKnown } from "./options.js";
import { Outlet } from "./outlet.js";
import { Reading } from "./reading.js";
import { attempt, print } from "./report.js";
import { type MethodInfo, violation } from "./service.js";

/** What may be said of a call. */
export interface CallOptions {
  /** Ends the call, also at the server, when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take, in milliseconds. Without it, what the schema says of the method. */
  readonly timeoutMs?: number | undefined;
  /** What is sent along. */
  readonly metadata?: MetadataInit | undefined;
  /** Gets what the server sends before its first message. What it throws ends the call. */
  readonly onHeader?: ((metadata: Metadata) => void) | undefined;
  /** Gets what the server sends after its last message, also if the call fails. */
  readonly onTrailer?: ((metadata: Metadata) => void) | undefined;
}

/** What goes with a call, as the addon takes it. */
interface Options {
  readonly timeout: number | undefined;
  readonly metadata: string[] | undefined;
  readonly within: number | undefined;
}

const CALL_OPTIONS = ["signal", "timeoutMs", "metadata", "onHeader", "onTrailer"];

function checked(options: CallOptions | undefined): Options {
  if (options === undefined) return { timeout: undefined, metadata: undefined, within: current() };
  onlyKnown("a call", options, CALL_OPTIONS);
  checkTimes(options);
  aFunction("onHeader", options.onHeader);
  aFunction("onTrailer", options.onTrailer);
  return { timeout: options.timeoutMs, metadata: flat(options.metadata), within: current() };
}

/** The error of a call that its own caller has ended. */
function aborted(signal: AbortSignal): Cancelled {
  return new Cancelled("the call was cancelled at this end", { cause: signal.reason as unknown });
}

/** Tells a function of the caller's of metadata, where the call is over already. */
function tellTrailer(options: CallOptions | undefined, trailer: Metadata): void {
  attempt(
    () => options?.onTrailer?.(trailer),
    (error) => {
      print(error, "onTrailer failed");
    },
  );
}

/** A call with one response. */
class Answering extends Listener {
  readonly #method: MethodInfo;
  readonly #options: CallOptions | undefined;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  abort: Abort | undefined;
  outlet: Outlet | undefined;
  #isOver = false;

  constructor(
    method: MethodInfo,
    options: CallOptions | undefined,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#method = method;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override answer(records: Uint8Array, at: number, end: number): void {
    this.answerWith(records.subarray(at, end), [], []);
  }

  override answerWith(payload: Uint8Array, header: string[], trailer: string[]): void {
    if (this.#isOver) return;
    const options = this.#options;
    // who awaits the call goes on after these
    if (options?.onHeader !== undefined || options?.onTrailer !== undefined) {
      let settled = false;
      const failed = (error: unknown): void => {
        // what one throws at once is what the call ends with
        if (settled) print(error, "onHeader or onTrailer failed");
        else this.#reject(error);
      };
      attempt(() => options.onHeader?.(pairs(header)), failed);
      attempt(() => options.onTrailer?.(pairs(trailer)), failed);
      settled = true;
    }
    try {
      this.#resolve(this.#method.decodeResponse(payload));
    } catch (error) {
      this.#reject(violation(error));
    }
    this.#over();
  }

  override failed(error: unknown): void {
    if (this.#isOver) return;
    this.#reject(error);
    if (error instanceof AsterError) tellTrailer(this.#options, error.metadata);
    this.#over();
  }

  override room(): void {
    this.outlet?.room();
  }

  override closed(): void {
    this.outlet?.close();
  }

  #over(): void {
    this.#isOver = true;
    this.abort?.off();
    this.outlet?.close();
  }
}

/** Ends calls whose streams nobody can read any more. */
const LOST = new FinalizationRegistry<Streaming>((call) => {
  call.lost();
});

/** A call whose responses stream, once it has begun. */
class Streaming extends Listener {
  readonly reading: Reading;
  readonly #options: CallOptions | undefined;
  readonly #token: number;
  trailer: Metadata | undefined;
  head: Metadata | undefined;
  outlet: Outlet | undefined;
  abort: Abort | undefined;
  readonly #heads: { resolve: (head: Metadata) => void; reject: (error: unknown) => void }[] = [];
  /** What the call ended with that did not succeed. */
  #failed: { readonly error: unknown } | undefined;

  constructor(method: MethodInfo, options: CallOptions | undefined) {
    super();
    this.#options = options;
    this.#token = listen(this);
    this.reading = new Reading(this.#token, (payload) => method.decodeResponse(payload));
  }

  get token(): number {
    return this.#token;
  }

  override header(flat: string[]): void {
    if (this.head !== undefined) return;
    const head = pairs(flat);
    this.head = head;
    for (const { resolve } of this.#heads.splice(0)) resolve(head);
    attempt(
      () => this.#options?.onHeader?.(head),
      (error) => {
        // what it throws is what the call ends with
        if (this.reading.isOver) print(error, "onHeader failed");
        else this.stop({ error });
      },
    );
  }

  async waitForHead(): Promise<Metadata> {
    if (this.head !== undefined) return this.head;
    if (this.#failed !== undefined) throw this.#failed.error;
    return await new Promise((resolve, reject) => this.#heads.push({ resolve, reject }));
  }

  override messages(records: Uint8Array, at: number, end: number): void {
    this.reading.messages(records, at, end);
  }

  override end(trailer: string[]): void {
    this.header([]);
    this.trailer = pairs(trailer);
    this.reading.finish();
    tellTrailer(this.#options, this.trailer);
    this.#over();
  }

  override failed(error: unknown): void {
    this.trailer = error instanceof AsterError ? error.metadata : [];
    this.#fail(error);
    this.reading.finish({ error });
    tellTrailer(this.#options, this.trailer);
    this.#over();
  }

  #fail(error: unknown): void {
    this.#failed = { error };
    for (const { reject } of this.#heads.splice(0)) reject(error);
  }

  override room(): void {
    this.outlet?.room();
  }

  override closed(): void {
    this.outlet?.close();
  }

  /** Ends the call at the server too. Who waits for a message hears the error; without one, of the end. */
  stop(failed?: { readonly error: unknown }): void {
    cancel(this.#token);
    this.#fail(
      failed === undefined ? new Cancelled("the call was cancelled at this end") : failed.error,
    );
    if (failed === undefined) this.reading.leave();
    else this.reading.finish(failed);
    this.#over();
  }

  /** Nobody can read it any more. */
  lost(): void {
    cancel(this.#token);
    this.#over();
  }

  #over(): void {
    this.abort?.off();
    this.outlet?.close();
  }
}

/**
 * The responses of a call, one after the other. The call begins with the first that is asked for, or with `metadata()`; leaving
 * the loop, `cancel()`, or losing the object ends it, also at the server.
 */
export class Stream<T> implements AsyncIterator<T, undefined>, AsyncIterable<T> {
  readonly #begin: (() => Streaming) | undefined;
  #call: Streaming | undefined;
  #over = false;

  /** @internal */
  constructor(begin: () => Streaming) {
    this.#begin = begin;
  }

  #begun(): Streaming {
    if (this.#call === undefined) {
      const call = (this.#begin as () => Streaming)();
      this.#call = call;
      LOST.register(this, call, this);
    }
    return this.#call;
  }

  /** Itself: a stream is read once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next message. Asking for the first begins the call; fails with the `AsterError` that the call ends with. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    let call: Streaming;
    try {
      call = this.#begun();
    } catch (error) {
      this.#over = true;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what was thrown
      return Promise.reject(thrown(error));
    }
    return call.reading.next(this) as Promise<IteratorResult<T, undefined>>;
  }

  /** Ends the call; a loop that is left calls it. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the call, also at the server. There are no more messages after that. */
  cancel(): void {
    this.#over = true;
    const call = this.#call;
    if (call === undefined) return;
    LOST.unregister(this);
    if (!call.reading.isOver) call.stop();
    else call.reading.leave();
  }

  /** What the server sends before its first message; begins the call. */
  async metadata(): Promise<Metadata> {
    if (this.#over && this.#call === undefined)
      throw new Cancelled("the call was cancelled at this end");
    return await this.#begun().waitForHead();
  }

  /** What the server sent after its last message; `undefined` until it has. */
  get trailer(): Metadata | undefined {
    return this.#call?.trailer;
  }

  /** Ends the call, as `cancel()` does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }
}

/** Calls one service: what generated clients are made of. */
export class Stub {
  readonly #native: NativeStub;
  readonly #methods: readonly MethodInfo[];

  /** @internal */
  constructor(native: NativeStub, methods: readonly MethodInfo[]) {
    this.#native = native;
    this.#methods = methods;
  }

  #method(index: number): MethodInfo {
    const method = this.#methods[index];
    if (method === undefined) throw new Error("generated code calls a method that there is not");
    return method;
  }

  /** A request for a response. */
  unary<T>(index: number, request: unknown, options?: CallOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const method = this.#method(index);
      const { timeout, metadata, within } = checked(options);
      const signal = options?.signal;
      if (signal?.aborted === true) throw aborted(signal);
      const payload = method.encodeRequest(request);
      const call = new Answering(method, options, resolve as (value: unknown) => void, reject);
      const token = listen(call);
      try {
        this.#native.unary(token, method.place, payload, timeout, metadata, within);
      } catch (error) {
        forget(token);
        throw thrown(error);
      }
      if (signal !== undefined) watch(signal, token, call);
    });
  }

  /** Requests for a response. */
  clientStream<T>(index: number, requests: unknown, options?: CallOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const method = this.#method(index);
      const { timeout, metadata, within } = checked(options);
      const signal = options?.signal;
      if (signal?.aborted === true) throw aborted(signal);
      const call = new Answering(method, options, resolve as (value: unknown) => void, reject);
      const token = listen(call);
      try {
        this.#native.clientStream(token, method.place, timeout, metadata, within);
      } catch (error) {
        forget(token);
        throw thrown(error);
      }
      if (signal !== undefined) watch(signal, token, call);
      call.outlet = new Outlet(token, (value) => method.encodeRequest(value));
      call.outlet.send(requests).then(
        () => environment().finish(token),
        (error: unknown) => {
          // what the source has thrown is what the call ends with
          environment().spoil(token);
          cancel(token);
          call.failed(error);
        },
      );
    });
  }

  /** A request for a stream of responses. */
  serverStream<T>(index: number, request: unknown, options?: CallOptions): Stream<T> {
    const method = this.#method(index);
    // a request is what it is when it is given
    const payload = method.encodeRequestApart(request);
    const native = this.#native;
    return this.#stream(method, options, (token, { timeout, metadata, within }) => {
      native.serverStream(token, method.place, payload, timeout, metadata, within);
    });
  }

  /** Requests for a stream of responses. */
  bidiStream<T>(index: number, requests: unknown, options?: CallOptions): Stream<T> {
    const method = this.#method(index);
    const native = this.#native;
    return this.#stream(method, options, (token, { timeout, metadata, within }, call) => {
      native.bidiStream(token, method.place, timeout, metadata, within);
      const outlet = new Outlet(token, (value) => method.encodeRequest(value));
      call.outlet = outlet;
      outlet.send(requests).then(
        () => environment().finish(token),
        (error: unknown) => {
          call.stop({ error });
        },
      );
    });
  }

  #stream<T>(
    method: MethodInfo,
    options: CallOptions | undefined,
    begin: (token: number, options: Options, call: Streaming) => void,
  ): Stream<T> {
    const all = checked(options);
    const signal = options?.signal;
    return new Stream<T>(() => {
      if (signal?.aborted === true) throw aborted(signal);
      const call = new Streaming(method, options);
      try {
        guarded(() => {
          begin(call.token, all, call);
        });
      } catch (error) {
        forget(call.token);
        throw error;
      }
      if (signal !== undefined) {
        call.abort = new Abort(signal, () => {
          call.stop({ error: aborted(signal) });
        });
      }
      return call;
    });
  }
}

function watch(signal: AbortSignal, token: number, call: Answering): void {
  call.abort = new Abort(signal, () => {
    cancel(token);
    call.failed(aborted(signal));
  });
}
