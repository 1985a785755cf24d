// A server: what answers the calls of peers.

import { randomBytes } from "node:crypto";
import { type Connection, nativeConnection } from "./accept.js";
import { Context, endOfFacts, runAs, type SessionContext } from "./context.js";
import {
  answered,
  environment,
  pending,
  register,
  runs,
  type Running,
  type Target,
} from "./environment.js";
import { AsterError, Code, MessageError } from "./errors.js";
import { guarded } from "./failure.js";
import { type Health, health as shown } from "./health.js";
import { type ServerInterceptor, interceptorOf } from "./interceptor.js";
import { mapped } from "./metadata.js";
import { inner, type NativeHealth, type NativeServer, native } from "./native.js";
import { type Node } from "./node.js";
import { aFunction, onlyKnown, texts } from "./options.js";
import { Outlet } from "./outlet.js";
import { Reading } from "./reading.js";
import { print, type Report, tell } from "./report.js";
import {
  type Handler,
  handlers,
  Implementation,
  known,
  type MethodInfo,
  type PerSession,
} from "./service.js";

/** What a server may be told. */
export interface ServerOptions {
  /** See every call, in their order; `after` in the opposite one. */
  readonly interceptors?: readonly ServerInterceptor[] | undefined;
  /** Whether peers may ask for the definitions of the services; `true` without it. */
  readonly describe?: boolean | undefined;
  /** Methods, `package.Name/method`, whose responses are not compressed. */
  readonly uncompressed?: readonly string[] | undefined;
  /**
   * Gets what a handler has thrown that is no `AsterError`. The caller gets `INTERNAL` and the reference, nothing else.
   * Without it, `console.error` does.
   */
  readonly onError?: ((error: unknown, where: string, reference: string) => void) | undefined;
}

/** Ends a call, or refuses a question, with what was thrown. */
export function fail(
  token: number,
  error: unknown,
  onError: Report,
  where: string,
  told: string,
): void {
  try {
    // a message that does not fit is a fault of the handler's, not of the caller's
    if (error instanceof AsterError && !(error instanceof MessageError)) {
      const names = Object.keys(error.details);
      const metadata = error.metadata.flat();
      environment().checkMetadata(metadata);
      environment().fail(token, {
        code: error.number,
        message: error.message,
        detailNames: names,
        details: names.map((name) => error.details[name] as Uint8Array),
        metadata,
      });
      return;
    }
  } catch {
    // a status that has something else than texts, bytes, a number, and metadata within the limits, is no status
  }
  const reference = randomBytes(8).toString("hex");
  environment().fail(token, {
    code: Code.INTERNAL,
    message: `${told}, reference ${reference}`,
    detailNames: [],
    details: [],
    metadata: [],
  });
  tell(onError, error, where, reference);
}

/** A call that runs here. */
class Call implements Running {
  readonly token: number;
  readonly context: Context;
  reading: Reading | undefined;
  outlet: Outlet | undefined;
  /** Whether its caller has left, or its time is over. */
  isOver = false;

  constructor(token: number, context: Context) {
    this.token = token;
    this.context = context;
    runs(token, this);
  }

  over(): void {
    this.isOver = true;
    const error = Context.end(this.context);
    this.outlet?.close();
    this.reading?.finish({ error });
  }

  room(): void {
    this.outlet?.room();
  }

  closed(): void {
    this.outlet?.close();
  }

  messages(records: Uint8Array, at: number, end: number): void {
    this.reading?.messages(records, at, end);
  }

  end(): void {
    this.reading?.finish();
  }

  failed(error: Error): void {
    this.reading?.finish({ error });
  }
}

/** The requests of a call, as its handler reads them. */
class Requests implements AsyncIterableIterator<unknown, undefined, undefined> {
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#reading.next();
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    // the rest is not read: the sender waits, and ends with the call
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** The implementation of a service, or one session's instance of it. */
class Service implements Target {
  readonly #name: string;
  readonly #methods: readonly MethodInfo[];
  readonly #handlers: readonly Handler[];
  readonly #onError: Report;
  readonly #close: ((end: string) => unknown) | undefined;

  constructor(
    name: string,
    methods: readonly MethodInfo[],
    of: readonly Handler[],
    onError: Report,
    close?: (end: string) => unknown,
  ) {
    this.#name = name;
    this.#methods = methods;
    this.#handlers = of;
    this.#onError = onError;
    this.#close = close;
  }

  call(
    token: number,
    place: number,
    records: Uint8Array,
    facts: number,
    end: number,
    large: Uint8Array | undefined,
  ): void {
    const method = this.#methods[place] as MethodInfo;
    const handler = this.#handlers[place] as Handler;
    const after = endOfFacts(records, facts);
    const context = new Context(token, this.#name, method.name, records, facts, after);
    const call = new Call(token, context);
    const { pattern } = method;
    let request: unknown;
    if (pattern === "unary" || pattern === "serverStream") {
      try {
        request = method.decodeRequest(large ?? records.subarray(after, end));
      } catch (error) {
        this.#refuse(token, error);
        return;
      }
    } else {
      call.reading = new Reading(token, (payload) => method.decodeRequest(payload));
      request = new Requests(call.reading);
    }
    const failed = (error: unknown): void => {
      answered(token);
      // how a handler ends that was told to is no fault, and nobody hears of it: a peer could fill the log with calls it leaves
      if (call.isOver) return;
      const where = `the handler of ${this.#name}.${method.name} failed`;
      fail(token, error, this.#onError, where, "the handler failed");
    };
    if (pattern === "unary" || pattern === "clientStream") {
      const reply = (response: unknown): void => {
        try {
          environment().reply(token, method.encodeResponse(response));
          answered(token);
        } catch (error) {
          failed(error);
        }
      };
      runAs(token, () => {
        try {
          const response = handler(request, context);
          if (isThenable(response)) response.then(reply, failed);
          else reply(response);
        } catch (error) {
          failed(error);
        }
      });
      return;
    }
    const outlet = new Outlet(
      token,
      (value) => method.encodeResponse(value),
      () => {
        // who takes no more responses has left
        call.over();
      },
    );
    call.outlet = outlet;
    runAs(token, () => {
      this.#respond(handler, request, context, outlet).then(() => {
        answered(token);
        environment().end(token);
      }, failed);
    });
  }

  async #respond(
    handler: Handler,
    request: unknown,
    context: Context,
    outlet: Outlet,
  ): Promise<void> {
    const items = handler(request, context);
    await outlet.send(isThenable(items) ? await items : items);
  }

  /** A request does not fit the contract. */
  #refuse(token: number, error: unknown): void {
    answered(token);
    environment().fail(token, {
      code: Code.CONTRACT_VIOLATION,
      message: error instanceof Error ? error.message : String(error),
      detailNames: [],
      details: [],
      metadata: [],
    });
  }

  hook(token: number, name: string, [end]: readonly unknown[]): void {
    if (name !== "close" || this.#close === undefined) {
      environment().end(token);
      return;
    }
    const close = this.#close;
    void (async () => {
      try {
        await close(end as string);
      } catch (error) {
        const reference = randomBytes(8).toString("hex");
        tell(
          this.#onError,
          error,
          `the close hook of a session of ${this.#name} failed`,
          reference,
        );
      } finally {
        environment().end(token);
      }
    })();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/** Makes the instances of sessions. */
class Sessions implements Target {
  readonly #implementation: Implementation;
  readonly #perSession: PerSession;
  readonly #onError: Report;

  constructor(implementation: Implementation, perSession: PerSession, onError: Report) {
    this.#implementation = implementation;
    this.#perSession = perSession;
    this.#onError = onError;
  }

  call(token: number): void {
    environment().end(token);
  }

  hook(token: number, name: string, [peer, id, attributes]: readonly unknown[]): void {
    if (name !== "open") {
      environment().end(token);
      return;
    }
    const session: SessionContext = Object.freeze({
      peer: peer as string,
      id: id as bigint,
      attributes: mapped(attributes as string[]),
    });
    const { type } = this.#implementation;
    void (async () => {
      try {
        const instance: unknown = await this.#perSession.make(session);
        const of = handlers(type, instance);
        const { onClose } = this.#perSession;
        const close = onClose && ((end: string) => onClose(instance as never, end as "closed"));
        const target = new Service(type.name, known(type).placed, of, this.#onError, close);
        environment().opened(token, register(target));
      } catch (error) {
        const where = `no instance of ${type.name} was made for a session`;
        fail(token, error, this.#onError, where, "the session cannot begin");
      }
    })();
  }
}

/** Says to peers how the services of a server do. All serve from the beginning. */
export class HealthReport {
  readonly #native: NativeHealth;

  /** @internal */
  constructor(native: NativeHealth) {
    this.#native = native;
  }

  /** The service of that full name can be called; without a name, the whole server. Throws `NotFound` for one that is not served. */
  setServing(service = ""): void {
    guarded(() => {
      this.#native.set(service, true);
    });
  }

  /** It is not to be called now. Calls that come all the same are answered. */
  setNotServing(service = ""): void {
    guarded(() => {
      this.#native.set(service, false);
    });
  }

  /** How it does. */
  get(service = ""): Health {
    return guarded(() => shown(this.#native.get(service)));
  }
}

/** The services of one node. */
export class Server {
  readonly #native: NativeServer;

  /**
   * Serves `services` at a node: what `implement` and `perSession` of generated services give.
   * Throws a `TypeError` for something else, and a `StartError` for what cannot be served together.
   */
  constructor(node: Node, services: Iterable<Implementation>, options: ServerOptions = {}) {
    onlyKnown("a server", options, ["interceptors", "describe", "uncompressed", "onError"]);
    aFunction("onError", options.onError);
    const onError = options.onError ?? print;
    const builder = guarded(
      () =>
        new (native().ServerBuilder)(environment(), node[inner], {
          describe: options.describe ?? true,
          uncompressed: texts("uncompressed", options.uncompressed),
        }),
    );
    for (const implementation of services) {
      if (!(implementation instanceof Implementation)) {
        throw new TypeError(
          "this is no service: expected what `implement(…)` or `perSession(…)` of a generated service gives",
        );
      }
      const { type, of } = implementation;
      const { native: service, placed } = known(type);
      if ("make" in of) {
        const target = register(new Sessions(implementation, of, onError));
        builder.addPerSession(service, target, of.overlapping);
      } else {
        builder.add(service, register(new Service(type.name, placed, of, onError)));
      }
    }
    for (const interceptor of options.interceptors ?? []) {
      guarded(() => {
        builder.intercept(interceptorOf(interceptor, onError));
      });
    }
    this.#native = guarded(() => builder.build());
  }

  /** Serves until `shutdown()`, or until the node closes. Fails with `AlreadyServing` if others have the node's connections. */
  serve(): Promise<void> {
    return pending((token) => {
      this.#native.serve(token);
    });
  }

  /** Serves in the background; the promise is fulfilled once peers can call. The process lives as long as it serves. */
  async start(): Promise<this> {
    await pending((token) => {
      this.#native.start(token);
    });
    return this;
  }

  /** Serves one connection to its end: for those who bring their own accept loop. */
  async handle(connection: Connection): Promise<void> {
    await pending((token) => {
      this.#native.handle(token, nativeConnection(connection));
    });
  }

  /**
   * Takes no more calls, lets those that run end, and is done when all peers have gone. What is open after the grace, `graceMs`
   * milliseconds and 10,000 without it, is closed. The node stays open.
   */
  shutdown(options: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    onlyKnown("a shutdown", options, ["graceMs"]);
    return pending((token) => {
      this.#native.shutdown(token, options.graceMs ?? 10_000);
    });
  }

  /** Says to peers how the services do. */
  get health(): HealthReport {
    return new HealthReport(this.#native.health);
  }

  /** Shuts down with ten seconds of grace, as `shutdown()` does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
