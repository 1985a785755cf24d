// Services without generated code: their server describes them, and messages are JSON.

import type { CallOptions } from "./call.js";
import { current } from "./context.js";
import { abortable, environment, forget, pending } from "./environment.js";
import { Cancelled } from "./errors.js";
import { Events, type Feed } from "./events.js";
import { guarded } from "./failure.js";
import { flat } from "./metadata.js";
import type { NativeDescriber, NativeDynamicMethod, NativeDynamicService } from "./native.js";
import { checkTimes, onlyKnown } from "./options.js";
import { ended, notItems } from "./outlet.js";
import type { Items, Pattern } from "./service.js";

/** What may be said of such a call. */
export type DynamicOptions = Pick<CallOptions, "signal" | "timeoutMs" | "metadata"> & {
  /** Takes and gives texts of JSON instead of what `JSON.parse` makes of them: 64-bit integers stay exact. */
  readonly text?: boolean | undefined;
};

/** Which service a server is asked to describe. */
export type DescribeOptions = {
  /** The id of the contract, 64 hexadecimal digits, where the server has the service under several. */
  readonly contractId?: string | undefined;
};

/** Asks for the description of a service. */
export async function described(
  of: NativeDescriber,
  name: string,
  options: DescribeOptions,
): Promise<DynamicService> {
  onlyKnown("a description", options, ["contractId"]);
  const { contractId } = options;
  const service = pending<NativeDynamicService>((token) => {
    of.service(token, name, contractId);
  });
  return new DynamicService(await service);
}

/** A service that its server has described: every method can be called. */
export class DynamicService {
  readonly #native: NativeDynamicService;

  /** @internal */
  constructor(native: NativeDynamicService) {
    this.#native = native;
  }

  /** The full name, `package.Name`. */
  get name(): string {
    return this.#native.name;
  }

  /** The id of the contract, to which all that was described was verified. */
  get contractId(): string {
    return this.#native.contractId;
  }

  /** The names of the methods. */
  get methods(): readonly string[] {
    return this.#native.methods;
  }

  /** The method of that name. Throws `Unimplemented`, with the names that there are. */
  method(name: string): DynamicMethod {
    return new DynamicMethod(guarded(() => this.#native.method(name)));
  }
}

/** A method of a service that its server has described. */
export class DynamicMethod {
  readonly #native: NativeDynamicMethod;

  /** @internal */
  constructor(native: NativeDynamicMethod) {
    this.#native = native;
  }

  /** The name, as the schema has it. */
  get name(): string {
    return this.#native.name;
  }

  /** Which sides stream. */
  get pattern(): Pattern {
    return this.#native.pattern as Pattern;
  }

  /** The full name of the request's type. */
  get request(): string {
    return this.#native.request;
  }

  /** The full name of the response's type. */
  get response(): string {
    return this.#native.response;
  }

  /**
   * Calls a method with one response: with a request, or with the requests of a client stream. Fails with the `AsterError` that the
   * call ends with: `ContractViolation` where the JSON does not fit. A `TypeError` for a method that streams its responses.
   */
  async call(request: unknown, options: DynamicOptions = {}): Promise<unknown> {
    const { pattern } = this;
    if (pattern !== "unary" && pattern !== "clientStream") {
      throw new TypeError(`\`${this.name}\` streams its responses: use \`stream\``);
    }
    const native = this.#native;
    const one = pattern === "unary" ? dumped(request, options) : undefined;
    const given = facts(options);
    let upload: Upload | undefined;
    const answer = abortable<string>(options.signal, (token) => {
      native.call(token, one, given);
      if (one === undefined) upload = new Upload(native, token, request as Items<unknown>, options);
    });
    try {
      // what the source has thrown is what the call ends with
      return loaded(
        await (upload === undefined ? answer : Promise.race([answer, upload.failed])),
        options,
      );
    } finally {
      upload?.stop();
    }
  }

  /**
   * Calls a method that streams its responses: with a request, or with requests of a stream in both directions. Throws a `TypeError`
   * for a method with one response.
   */
  stream(request: unknown, options: DynamicOptions = {}): Events<unknown> {
    const { pattern } = this;
    if (pattern !== "serverStream" && pattern !== "bidiStream") {
      throw new TypeError(`\`${this.name}\` has one response: use \`call\``);
    }
    const { signal } = options;
    if (signal?.aborted === true) throw aborted(signal);
    const one = pattern === "serverStream" ? dumped(request, options) : undefined;
    return new Events<unknown>(
      beginning(this.#native, one, request as Items<unknown>, options),
      loading(options),
    );
  }
}

// What is made here lives as long as the stream, and must not hold it: who loses it ends the call.

function beginning(
  native: NativeDynamicMethod,
  one: string | undefined,
  requests: Items<unknown>,
  options: DynamicOptions,
): (token: number, feed: Feed) => void {
  return (token, feed) => {
    native.call(token, one, facts(options));
    const { signal } = options;
    if (signal !== undefined) feed.watch(signal, () => aborted(signal));
    if (one !== undefined) return;
    const upload = new Upload(native, token, requests, options);
    feed.onOver = () => {
      upload.stop();
    };
    upload.failed.catch((error: unknown) => {
      feed.stop(error);
    });
  };
}

function loading(options: DynamicOptions): (json: unknown) => unknown {
  return (json) => loaded(json as string, options);
}

/** The error of a call that its own caller has ended. */
function aborted(signal: AbortSignal): Cancelled {
  return new Cancelled("the call was cancelled at this end", { cause: signal.reason as unknown });
}

/** Sends what a source has, until nobody takes it any more. */
class Upload {
  /** Is rejected with what the source throws, and never fulfilled. */
  readonly failed: Promise<never>;
  readonly #native: NativeDynamicMethod;
  readonly #of: number;
  readonly #options: DynamicOptions;
  #source: AsyncIterator<unknown> | undefined;
  #over = false;

  constructor(
    native: NativeDynamicMethod,
    of: number,
    requests: Items<unknown>,
    options: DynamicOptions,
  ) {
    this.#native = native;
    this.#of = of;
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#run(requests).catch((error: unknown) => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the source has thrown
        if (!this.#isOver()) reject(error);
      });
    });
  }

  /** The call is over: the source is told so. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    const source = this.#source;
    if (source !== undefined) void ended(source);
  }

  #isOver(): boolean {
    return this.#over;
  }

  async #run(requests: Items<unknown>): Promise<void> {
    const native = this.#native;
    try {
      for await (const request of this.#each(requests)) {
        if (this.#isOver()) return;
        const json = dumped(request, this.#options);
        const more = await pending<boolean>((token) => {
          native.put(token, this.#of, json);
        });
        if (!more) return;
      }
      this.#source = undefined;
    } catch (error) {
      if (this.#isOver()) return;
      // the call is gone before its requests end: what was sent of them is not all
      forget(this.#of);
      await pending((token) => {
        environment().release(token, this.#of);
      });
      throw error;
    } finally {
      native.finish(this.#of);
    }
  }

  /** The items of a source, which can be told to end while it is waited for. */
  #each(requests: unknown): Items<unknown> {
    if (typeof requests !== "object" || requests === null) throw notItems(requests);
    if (!(Symbol.asyncIterator in requests)) {
      if (!(Symbol.iterator in requests)) throw notItems(requests);
      return requests as Iterable<unknown>;
    }
    const source = (requests as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    this.#source = source;
    return { [Symbol.asyncIterator]: () => source };
  }
}

function facts(options: DynamicOptions): object {
  onlyKnown("a call", options, ["signal", "timeoutMs", "metadata", "text"]);
  checkTimes(options);
  return { timeoutMs: options.timeoutMs, metadata: flat(options.metadata), within: current() };
}

/** JSON of what a program has; with `text`, text is JSON already. */
function dumped(value: unknown, options: DynamicOptions): string {
  if (options.text === true) {
    if (typeof value !== "string") throw new TypeError("with `text`, a request is a text of JSON");
    return value;
  }
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError("this has no JSON");
  return json;
}

function loaded(json: string, options: DynamicOptions): unknown {
  return options.text === true ? json : (JSON.parse(json) as unknown);
}
