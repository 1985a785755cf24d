// The services of `matrix.aster`: every type back as it came, and what a peer can do otherwise.

import { AsterError, type Implementation, InvalidArgument } from "aster-runtime";
import * as v1 from "aster-runtime/codegen/v1";
import * as matrix from "./gen/matrix.js";

async function last<T>(requests: AsyncIterable<T>): Promise<T> {
  let found: { request: T } | undefined;
  for await (const request of requests) found = { request };
  if (found === undefined) throw new InvalidArgument("there is no last");
  return found.request;
}

const echo: matrix.Echo = {
  unary: (request) => request,
  serverStream: (request) => [request, request, request],
  clientStream: last,
  bidi: (requests) => requests,
};

const bare: matrix.Bare = {
  unary: (request) => request.value,
  serverStream: ({ value }) => [value, value, value],
  clientStream: last,
  bidi: (requests) => requests,
};

/** Every method gives back what it gets. */
const itself = new Proxy({} as matrix.Itself, {
  get: () => (requests: AsyncIterable<unknown>) => requests,
  has: () => true,
});

/** Counts what handlers do, and who has ended. */
class Behaviour implements matrix.Peer {
  #made = 0n;
  #ended = 0;
  #waits: (() => void)[] = [];

  #end(): void {
    const next = this.#waits.shift();
    if (next === undefined) this.#ended += 1;
    else next();
  }

  fail(request: matrix.FailRequest): never {
    throw new AsterError("UNKNOWN", request.message, {
      number: request.code,
      details: Object.fromEntries(request.details),
      metadata: [...request.trailer],
    });
  }

  async *endless(): AsyncGenerator<bigint> {
    try {
      for (;;) yield await Promise.resolve(this.#made++);
    } finally {
      this.#end();
    }
  }

  async swallow(requests: AsyncIterable<Uint8Array>): Promise<bigint> {
    let count = 0n;
    try {
      for await (const _ of requests) {
        count += 1n;
        this.#made += 1n;
      }
    } finally {
      this.#end();
    }
    return count;
  }

  async gone(): Promise<void> {
    if (this.#ended > 0) this.#ended -= 1;
    else await new Promise<void>((done) => this.#waits.push(done));
    this.#made = 0n;
  }

  made(): bigint {
    return this.#made;
  }

  moments(): matrix.Moments[] {
    return MOMENTS;
  }
}

/** Times to the nanosecond. */
const MOMENTS: matrix.Moments[] = [
  1_700_000_000_123_456_789n,
  999n,
  -1n,
  -62_135_596_799_999_999_999n,
].map((nanoseconds) => ({
  at: v1.Timestamp.fromEpochNanoseconds(nanoseconds),
  within: v1.Duration.fromNanoseconds(nanoseconds),
}));

/** All of them, to be served. */
export function services(): Implementation[] {
  return [
    matrix.Echo.implement(echo),
    matrix.Bare.implement(bare),
    matrix.Itself.implement(itself),
    matrix.Peer.implement(new Behaviour()),
  ];
}
