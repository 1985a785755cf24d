// What the tests of calls share: services that answer with what they were asked, and nodes that are connected.

import { randomBytes } from "node:crypto";
import {
  Client,
  Node,
  Server,
  type ClientOptions,
  type DevOptions,
  type ServerOptions,
} from "aster-runtime";
import type { Awaitable, Context, Items } from "aster-runtime/codegen/v1";
import * as probe from "./gen/probe.js";

/** Answers with what it was asked; each test replaces the methods that it is about. */
export class Shapes implements probe.Shapes {
  unary(request: probe.In, _context: Context): Awaitable<probe.OutInit> {
    return { text: request.text, filling: request.filling };
  }

  value(request: probe.In, _context: Context): Awaitable<number> {
    return request.text.length;
  }

  nothing(_request: probe.In, _context: Context): Awaitable<void> {}

  parameters(request: probe.ParametersRequest, _context: Context): Awaitable<string> {
    return `${request.text} ${String(request.number)}`;
  }

  *serverStream(request: probe.In, _context: Context): Items<probe.OutInit> {
    for (const text of request.text) yield { text, filling: request.filling };
  }

  async *serverStreamValue(
    request: probe.ServerStreamValueRequest,
    _context: Context,
  ): AsyncIterableIterator<number> {
    for (let number = request.from; number < request.to; number++) {
      await Promise.resolve();
      yield number;
    }
  }

  async clientStream(requests: AsyncIterable<probe.In>, _context: Context): Promise<probe.OutInit> {
    let text = "";
    for await (const request of requests) text += request.text;
    return { text };
  }

  async clientStreamValue(requests: AsyncIterable<string>, _context: Context): Promise<bigint> {
    let length = 0n;
    for await (const request of requests) length += BigInt(request.length);
    return length;
  }

  async *bidi(requests: AsyncIterable<probe.In>, _context: Context): AsyncIterable<probe.OutInit> {
    for await (const request of requests) yield { text: request.text.toUpperCase() };
  }

  async *bidiValue(
    requests: AsyncIterable<Uint8Array>,
    _context: Context,
  ): AsyncIterable<Uint8Array> {
    for await (const request of requests) yield request;
  }
}

/** Implementations of methods in place of those of `Shapes`. */
export function shapes(methods: Partial<probe.Shapes> = {}): Shapes {
  return Object.assign(new Shapes(), methods);
}

/** A client of a server, each on a node of its own. */
export interface Connected {
  readonly server: Server;
  readonly node: Node;
  readonly client: Client;
  readonly stub: probe.ShapesClient;
}

/** Runs `work` with a client of a server that has these methods; then closes all of it. */
export async function connected(
  methods: Partial<probe.Shapes>,
  work: (connected: Connected) => Promise<void>,
  options: {
    readonly node?: DevOptions;
    readonly server?: ServerOptions;
    readonly client?: ClientOptions;
  } = {},
): Promise<void> {
  const node = await Node.dev(options.node);
  const other = await Node.dev();
  try {
    const server = new Server(node, [probe.Shapes.implement(shapes(methods))], options.server);
    await server.start();
    const client = await Client.connect(other, node.address, options.client);
    try {
      await work({ server, node, client, stub: new probe.ShapesClient(client) });
    } finally {
      client.close();
    }
  } finally {
    await other.close();
    await node.close();
  }
}

/** What an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** A promise, and what fulfils it. */
export class Signal<T = void> {
  readonly promise: Promise<T>;
  set!: (value: T) => void;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.set = resolve;
    });
  }
}

/** A message with so many bytes that cannot be compressed. */
export function noise(size: number): probe.InInit {
  return { text: "", filling: randomBytes(size) };
}

/** A message with so many bytes. */
export function filled(size: number, text = ""): probe.InInit {
  return { text, filling: new Uint8Array(size).fill(7) };
}

/** What a promise fails with. */
export async function failed(promise: Promise<unknown>): Promise<unknown> {
  const [result] = await Promise.allSettled([promise]);
  if (result.status === "fulfilled") throw new Error("it has not failed");
  return result.reason;
}

/** A handler that never answers, and tells of its beginning and of its end. */
export class Hanging {
  readonly begun = new Signal();
  readonly ended = new Signal<unknown>();

  readonly unary: probe.Shapes["unary"] = (_request, context) => {
    context.signal.addEventListener("abort", () => {
      this.ended.set(context.signal.reason);
    });
    this.begun.set();
    return new Promise(() => {});
  };
}
