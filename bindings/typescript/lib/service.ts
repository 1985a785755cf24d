// Services as generated code describes them, and what implements them.

import { Buffer } from "node:buffer";
import type { Context, SessionContext } from "./context.js";
import { decode, encode, encodeShared, type MessageType } from "./codec/message.js";
import type { GENERATION } from "./codec/generation.js";
import { ContractViolation, MessageError } from "./errors.js";
import { guarded } from "./failure.js";
import { type NativeService, native } from "./native.js";
import { aFunction, onlyKnown } from "./options.js";

/** What may be given at once or as a promise. */
export type Awaitable<T> = T | PromiseLike<T>;

/** What is sent one after the other, as fast as the other side takes it. */
export type Items<T> = AsyncIterable<T> | Iterable<T>;

/** The types of a generated package, as they are hashed. */
export interface Schema {
  /** Which generation of runtimes the code fits. */
  readonly generation: typeof GENERATION;
  /** Each in base64, in the order of the table. */
  readonly types: readonly string[];
  /** Those inside others, in base64 too. */
  readonly nested: readonly string[];
}

/** For generated code: the types of its package. */
export function schema(parts: Schema): Schema {
  return parts;
}

/** Which sides of a method stream. */
export type Pattern = "unary" | "serverStream" | "clientStream" | "bidiStream";

type AnyMessage = MessageType<unknown, never>;

/** How generated code has a method of a service; all else is in the contract. */
export interface Method {
  /** The name in the schema. */
  readonly name: string;
  /** The name of the function. */
  readonly property: string;
  /** Which sides stream. */
  readonly pattern: Pattern;
  /** The message of a request. */
  readonly request: AnyMessage;
  /** The message of a response. */
  readonly response: AnyMessage;
  /** A stream of bare values, for which there are messages of one field `value`. */
  readonly takesValue?: true;
  /** A bare value, or a stream of such, for which there are messages of one field `value`. */
  readonly returnsValue?: true;
  /** A response of which there is nothing to tell. */
  readonly returnsNothing?: true;
}

/** What generated code says of a service. */
export interface ServiceParts {
  /** The full name, `package.Name`. */
  readonly name: string;
  readonly contractId: string;
  /** The contract's canonical bytes, in base64. */
  readonly contract: string;
  readonly schema: () => Schema;
  readonly methods: () => readonly Method[];
}

/** A function of an implementation. */
export type Handler = (request: unknown, context: Context) => unknown;

/** A method with what its messages are encoded and decoded with. */
export class MethodInfo {
  readonly name: string;
  readonly property: string;
  readonly pattern: Pattern;
  /** Its place in the contract. */
  readonly place: number;
  readonly #request: MessageType<unknown, unknown>;
  readonly #response: MessageType<unknown, unknown>;
  readonly #takesValue: boolean;
  readonly #returnsValue: boolean;
  readonly #returnsNothing: boolean;

  constructor(method: Method, place: number) {
    this.name = method.name;
    this.property = method.property;
    this.pattern = method.pattern;
    this.place = place;
    this.#request = method.request as MessageType<unknown, unknown>;
    this.#response = method.response as MessageType<unknown, unknown>;
    this.#takesValue = method.takesValue ?? false;
    this.#returnsValue = method.returnsValue ?? false;
    this.#returnsNothing = method.returnsNothing ?? false;
  }

  /** A request, in memory that the next encoding of this thread uses again. */
  encodeRequest(value: unknown): Uint8Array {
    return encodeShared(this.#request, this.#takesValue ? { value } : value);
  }

  /** A request in memory of its own. */
  encodeRequestApart(value: unknown): Uint8Array {
    return encode(this.#request, this.#takesValue ? { value } : value);
  }

  decodeRequest(payload: Uint8Array): unknown {
    const message = decode(this.#request, payload);
    return this.#takesValue ? (message as { value: unknown }).value : message;
  }

  /** A response, in memory that the next encoding of this thread uses again. */
  encodeResponse(value: unknown): Uint8Array {
    if (this.#returnsNothing) return encodeShared(this.#response, {});
    return encodeShared(this.#response, this.#returnsValue ? { value } : value);
  }

  decodeResponse(payload: Uint8Array): unknown {
    const message = decode(this.#response, payload);
    if (this.#returnsNothing) return undefined;
    return this.#returnsValue ? (message as { value: unknown }).value : message;
  }
}

/** Bytes of the other side that do not fit, as the error that they are; other errors stay. */
export function violation(error: unknown): unknown {
  return error instanceof MessageError
    ? new ContractViolation(error.message, { cause: error })
    : error;
}

/** What servers and clients know of a service, when they need it. */
class Known {
  readonly #parts: ServiceParts;
  #native: NativeService | undefined;
  #declared: readonly MethodInfo[] | undefined;
  #placed: readonly MethodInfo[] | undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  get native(): NativeService {
    return (this.#native ??= this.#make());
  }

  #make(): NativeService {
    const { name, contractId, contract } = this.#parts;
    const { types, nested } = this.#parts.schema();
    const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
    const made = native().Service;
    return guarded(
      () => new made(name, contractId, bytes(contract), types.map(bytes), nested.map(bytes)),
    );
  }

  /** In the order in which generated code counts them. */
  get declared(): readonly MethodInfo[] {
    return (this.#declared ??= this.#places());
  }

  #places(): readonly MethodInfo[] {
    const places = new Map(this.native.methods.map((name, place) => [name, place]));
    return this.#parts.methods().map((method) => {
      const place = places.get(method.name);
      if (place === undefined) {
        throw new Error(
          `the contract of \`${this.#parts.name}\` has no method \`${method.name}\`: generate the code again`,
        );
      }
      return new MethodInfo(method, place);
    });
  }

  /** In the order of the contract. */
  get placed(): readonly MethodInfo[] {
    return (this.#placed ??= [...this.declared].sort((one, other) => one.place - other.place));
  }
}

const KNOWN = new WeakMap<object, Known>();

/** What is known of a service's type. */
export function known(type: ServiceType<never> | SessionServiceType<never>): Known {
  const found = KNOWN.get(type);
  if (found === undefined) {
    throw new TypeError(
      "this is no service: expected what asterc generated for one, such as `Hello.implement(…)`",
    );
  }
  return found;
}

/** A service with what answers its calls, for a server. */
export class Implementation {
  /** @internal */
  readonly type: ServiceType<never> | SessionServiceType<never>;
  /** @internal The functions, in the order of the contract; for sessions what makes their instances. */
  readonly of: readonly Handler[] | PerSession;

  /** @internal */
  constructor(
    type: ServiceType<never> | SessionServiceType<never>,
    of: readonly Handler[] | PerSession,
  ) {
    this.type = type;
    this.of = of;
  }
}

/** Why a session has ended. */
export type SessionEnd = "closed" | "idle" | "lost";

/** How the instances of sessions are made. */
export interface PerSession {
  readonly make: (session: SessionContext) => unknown;
  readonly onClose: ((instance: never, end: SessionEnd) => Awaitable<void>) | undefined;
  readonly overlapping: boolean;
}

/** The functions of an object, in the order of the contract. Throws a `TypeError` for one that is missing. */
export function handlers(
  type: ServiceType<never> | SessionServiceType<never>,
  implementation: unknown,
): readonly Handler[] {
  const of =
    typeof implementation === "object" && implementation !== null ? implementation : undefined;
  return known(type).placed.map((method) => {
    const handler: unknown = of === undefined ? undefined : Reflect.get(of, method.property);
    if (typeof handler !== "function") {
      const what =
        of === undefined ? String(implementation) : (of.constructor as { name?: string }).name;
      throw new TypeError(
        `${what ?? "the object"} does not implement ${type.name}.${method.name}: it has no method \`${method.property}\``,
      );
    }
    return (request, context) => Reflect.apply(handler, of, [request, context]) as unknown;
  });
}

/** A service of which all callers share one implementation. */
export class ServiceType<H> {
  /** The full name, `package.Name`. */
  readonly name: string;
  /** The id of the contract, 64 hexadecimal digits. */
  readonly contractId: string;

  /** @internal */
  constructor(parts: ServiceParts) {
    this.name = parts.name;
    this.contractId = parts.contractId;
    KNOWN.set(this, new Known(parts));
  }

  /** Serves an object that has the methods. Throws a `TypeError` for one that lacks a method. */
  implement(implementation: H): Implementation {
    return new Implementation(this, handlers(this, implementation));
  }
}

/** A service of which each session has an implementation of its own. */
export class SessionServiceType<H> {
  /** The full name, `package.Name`. */
  readonly name: string;
  /** The id of the contract, 64 hexadecimal digits. */
  readonly contractId: string;

  /** @internal */
  constructor(parts: ServiceParts) {
    this.name = parts.name;
    this.contractId = parts.contractId;
    KNOWN.set(this, new Known(parts));
  }

  /**
   * Serves what `make` gives for each session, which the first call of a session makes. `onClose` runs when it ends, after its
   * last call. Calls of a session run one at a time unless they are `overlapping`.
   */
  perSession<I extends H>(
    make: (session: SessionContext) => Awaitable<I>,
    options: {
      /** Runs once for each instance, after its last call; what it throws goes to `onError` of the server. */
      readonly onClose?: ((instance: I, end: SessionEnd) => Awaitable<void>) | undefined;
      /** Lets calls of one session run at once; one at a time without it. */
      readonly overlapping?: boolean | undefined;
    } = {},
  ): Implementation {
    if (typeof make !== "function")
      throw new TypeError("perSession: expected a function that makes an instance");
    onlyKnown("perSession", options, ["onClose", "overlapping"]);
    aFunction("onClose", options.onClose);
    return new Implementation(this, {
      make,
      onClose: options.onClose,
      overlapping: options.overlapping ?? false,
    });
  }
}

/** For generated code: a service. */
export function service<H>(parts: ServiceParts): ServiceType<H> {
  return new ServiceType<H>(parts);
}

/** For generated code: a service of sessions. */
export function sessionService<H>(parts: ServiceParts): SessionServiceType<H> {
  return new SessionServiceType<H>(parts);
}
