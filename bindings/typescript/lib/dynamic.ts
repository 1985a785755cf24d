// Services without generated code: their server describes them, and messages are JSON.

import type { CallOptions } from "./call.js";
import { current } from "./context.js";
import { abortable, pending } from "./environment.js";
import { Cancelled } from "./errors.js";
import { Events } from "./events.js";
import { guarded } from "./failure.js";
import { flat } from "./metadata.js";
import type { NativeDescriber, NativeDynamicMethod, NativeDynamicService } from "./native.js";
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
  { contractId }: DescribeOptions,
): Promise<DynamicService> {
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
    let failed: { readonly error: unknown } | undefined;
    const answer = abortable<string>(options.signal, (token) => {
      native.call(token, one, given);
      if (one === undefined) {
        void this.#upload(token, request as Items<unknown>, options, (error) => {
          failed = { error };
        });
      }
    });
    try {
      return loaded(await answer, options);
    } catch (error) {
      // what the source has thrown is what the call ends with
      throw failed === undefined ? error : failed.error;
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
    if (signal?.aborted === true) {
      throw new Cancelled("the call was cancelled at this end", {
        cause: signal.reason as unknown,
      });
    }
    const one = pattern === "serverStream" ? dumped(request, options) : undefined;
    const given = facts(options);
    const events = new Events<unknown>(
      (token) => {
        this.#native.call(token, one, given);
        if (one === undefined)
          void this.#upload(token, request as Items<unknown>, options, () => {});
      },
      (json) => loaded(json as string, options),
    );
    signal?.addEventListener("abort", () => void events.close(), { once: true });
    return events;
  }

  /** Sends what a source has, until nobody takes it any more. What it throws ends the call. */
  async #upload(
    of: number,
    requests: Items<unknown>,
    options: DynamicOptions,
    failed: (error: unknown) => void,
  ): Promise<void> {
    const native = this.#native;
    try {
      for await (const request of requests) {
        const json = dumped(request, options);
        const more = await pending<boolean>((token) => {
          native.put(token, of, json);
        });
        if (!more) return;
      }
    } catch (error) {
      failed(error);
      await pending((token) => {
        native.fail(token, of, `the source of the requests failed: ${String(error)}`);
      });
    } finally {
      native.finish(of);
    }
  }
}

function facts(options: DynamicOptions): object {
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
