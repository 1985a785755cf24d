// The client: what a line says is called, and what came of it is a line.

import { strict as assert } from "node:assert";
import { AsterError, Client, ContractMismatch, ServiceNotFound, type Node } from "aster-runtime";
import { Decimal, Duration, type MessageType, Timestamp } from "aster-runtime/codegen/v1";
import fc from "fast-check";
import { collect } from "./examples.js";
import * as shapes from "./gen/corners/services.js";
import { Level } from "./gen/fleet/common.js";
import * as control from "./gen/fleet/control.js";
import * as hello from "./gen/hello.js";
import * as matrix from "./gen/matrix.js";
import { Values, messageType } from "./values.js";

/** Runs commands, one after the other. */
export class Commands {
  readonly #node: Node;
  #client: Client | undefined;

  constructor(node: Node) {
    this.#node = node;
  }

  /** What one command came to. What is no command ends the program. */
  async run(line: string): Promise<string> {
    const [name = "", ...words] = line.split(" ");
    if (name === "connect") {
      this.#client?.close();
      this.#client = await Client.connect(this.#node, words[0] ?? "");
      return "ok";
    }
    if (this.#client === undefined) throw new Error("not connected");
    const payloads = words.map((word) => new Uint8Array(Buffer.from(word, "base64")));
    try {
      const answers = await answer(this.#client, name, payloads);
      return ["ok", ...answers.map(base64)].join(" ");
    } catch (error) {
      return failure(error);
    }
  }
}

function base64(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as Uint8Array).toString("base64");
}

/** The line of what a call ended with; what is no status ends the program. */
function failure(error: unknown): string {
  if (error instanceof ContractMismatch) return `mismatch ${base64(error.message)}`;
  if (error instanceof ServiceNotFound) return `missing ${base64(error.message)}`;
  if (!(error instanceof AsterError)) throw error;
  const details = Object.entries(error.details).map(([key, value]) => `d:${key}=${base64(value)}`);
  const metadata = error.metadata.map(([key, value]) => `m:${key}=${base64(value)}`);
  return [`error ${error.number} ${base64(error.message)}`, ...details, ...metadata].join(" ");
}

async function answer(client: Client, name: string, payloads: Uint8Array[]): Promise<Uint8Array[]> {
  if (name.startsWith("recoded.")) return recoded(await messageType(name.slice(8)), payloads);
  const [service, pattern = ""] = name.split(".");
  switch (service) {
    case "echo": {
      const messages = payloads.map((payload) => matrix.Any.decode(payload));
      return (await echoes(client, pattern, messages)).map((message) => matrix.Any.encode(message));
    }
    case "bare": {
      const values = payloads.map((payload) => matrix.Any.decode(payload).value);
      return (await bare(client, pattern, values)).map((value) => matrix.Any.encode({ value }));
    }
    case "itself":
      return itself(client, payloads);
    case "samples": {
      // values that fast-check makes, for whoever is to send them
      const values = fc.sample(new Values("microseconds").case(pattern), { numRuns: 50, seed: 1 });
      return values.map((value) => matrix.Any.encode({ value }));
    }
    case "checked":
      await checked(client, pattern);
      return [];
    case "lied": {
      // the server answers with the bytes that it is given
      const echo = new matrix.EchoClient(client);
      const request = { value: { case: "c1", value: {} } } as const;
      const metadata = { "payload-bin": base64(payloads[0] ?? "") };
      if (pattern === "unary") return [matrix.Any.encode(await echo.unary(request, { metadata }))];
      const answers = await collect(echo.serverStream(request, { metadata }));
      return answers.map((message) => matrix.Any.encode(message));
    }
    case "fail": {
      const request = payloads[0];
      assert.ok(request);
      await new matrix.PeerClient(client).fail(matrix.FailRequest.decode(request));
      return [];
    }
    case "moments": {
      const moments = await collect(new matrix.PeerClient(client).moments());
      return moments.map((moment) => matrix.Moments.encode(moment));
    }
    case "drop":
      return drops(client);
    case "examples":
      return callExamples(client);
    default:
      throw new Error(`no command: ${name}`);
  }
}

async function echoes(client: Client, pattern: string, messages: matrix.Any[]): Promise<matrix.Any[]> {
  const echo = new matrix.EchoClient(client);
  const answers = [];
  switch (pattern) {
    case "unary":
      for (const message of messages) answers.push(await echo.unary(message));
      return answers;
    case "server_stream":
      for (const message of messages) answers.push(...(await collect(echo.serverStream(message))));
      return answers;
    case "client_stream":
      return [await echo.clientStream(messages)];
    default:
      return collect(echo.bidi(messages));
  }
}

async function bare(client: Client, pattern: string, values: matrix.Value[]): Promise<matrix.Value[]> {
  const service = new matrix.BareClient(client);
  const answers = [];
  switch (pattern) {
    case "unary":
      for (const value of values) answers.push(await service.unary({ value }));
      return answers;
    case "server_stream":
      for (const value of values) answers.push(...(await collect(service.serverStream({ value }))));
      return answers;
    case "client_stream":
      return [await service.clientStream(values)];
    default:
      return collect(service.bidi(values));
  }
}

/** Payloads, written again: the first half of them, and others of the same values. */
function recoded(type: MessageType<unknown>, payloads: Uint8Array[]): Uint8Array[] {
  const values = payloads.map((payload) => type.decode(payload));
  const half = values.length / 2;
  assert.deepEqual(values.slice(half), values.slice(0, half));
  return values.map((value) => type.encode(value));
}

/** Sends messages of one case as what they are. */
async function itself(client: Client, payloads: Uint8Array[]): Promise<Uint8Array[]> {
  const values = payloads.map((payload) => matrix.Any.decode(payload).value);
  const name = values[0]?.case;
  if (name === undefined) return [];
  const answers = await asThemselves(client, name, values);
  return answers.map((value) => matrix.Any.encode({ value: { case: name, value } as matrix.ValueInit }));
}

/** What comes back of the values of a case. */
function asThemselves(client: Client, name: matrix.Value["case"], values: matrix.Value[]): Promise<unknown[]> {
  const service = new matrix.ItselfClient(client);
  // the methods are named as the cases are, and each takes the message of its case
  type Method = (items: unknown[]) => AsyncIterable<unknown>;
  const method = service[name].bind(service) as Method;
  return collect(method(values.map(({ value }) => value)));
}

/** Values of a case come back as they are, to the nanosecond; what does not is shown as small as it can be. */
async function checked(client: Client, name: string): Promise<void> {
  const lists = fc.array(new Values("nanoseconds").case(name), { minLength: 1, maxLength: 20 });
  const property = fc.asyncProperty(lists, async (values) => {
    const answers = await asThemselves(client, name as matrix.Value["case"], values);
    assert.deepEqual(
      answers,
      values.map(({ value }) => value),
    );
    assert.deepEqual(await bare(client, "bidi", values), values);
  });
  await fc.assert(property, { numRuns: 5, seed: 1 });
}

/** Breaks off a stream of responses, then one of requests. Each time the peer says that its handler has ended. */
async function drops(client: Client): Promise<Uint8Array[]> {
  const peer = new matrix.PeerClient(client);
  for await (const first of peer.endless({ padding: new Uint8Array(1024) })) {
    assert.equal(first, 0n);
    // the handler runs ahead no further than there is room
    let made = 0n;
    for (let i = 0; i < 100; i++) made = await peer.made();
    assert.ok(made > 0n && made < 100_000n, String(made));
    break;
  }
  await peer.gone();

  const stop = new AbortController();
  const call = peer.swallow(endless(), { signal: stop.signal });
  while ((await peer.made()) === 0n);
  stop.abort();
  await assert.rejects(call, { name: "Cancelled" });
  await peer.gone();
  return [];
}

function* endless(): Generator<Uint8Array> {
  for (;;) yield new Uint8Array(1024);
}

/** Calls every method of the examples' services, and holds the answers against what `examples.ts` and its pendants give. */
async function callExamples(client: Client): Promise<Uint8Array[]> {
  const epoch = Timestamp.fromEpochNanoseconds(0n);
  const reply = await new hello.HelloClient(client).greet({ name: "Ada" });
  assert.deepEqual(reply, { text: "Ada 0", at: epoch });

  const fleet = new control.ControlClient(client);
  const status = await fleet.status({ agent: "名前", verbose: true });
  const took = Duration.parse("-1.5s");
  assert.deepEqual([status.agent, status.load], ["名前", [0.5]]);
  assert.deepEqual(status.outcome, { case: "done", value: { steps: 3, took } });
  assert.equal((await fleet.status({ agent: "b" })).outcome, undefined);
  const entry = (text: string) => ({ agent: "a", at: epoch, text });
  await fleet.submit(entry("x"));
  await assert.rejects(fleet.submit(entry("")), { message: "the line is empty", code: "INVALID_ARGUMENT" });
  const lines = await collect(fleet.tail({ agents: new Set(["a", "é"]), level: Level.ERROR }));
  assert.deepEqual(lines.map(({ agent, level }) => [agent, level]).sort(), [
    ["a", Level.ERROR],
    ["é", Level.ERROR],
  ]);
  const taken = await fleet.ingest(Array.from({ length: 700 }, () => entry("x")));
  assert.deepEqual(taken, { lines: 700n });
  const outputs = await collect(fleet.exec([{ name: "ls", arguments: ["-l", "🎈"] }, { name: "cd" }]));
  assert.deepEqual(outputs, [
    { line: "ls -l 🎈", code: 30 },
    { line: "cd ", code: 30 },
  ]);

  const [first, second] = [client.session(), client.session()];
  const [here, there] = [new control.ShellClient(first), new control.ShellClient(second)];
  await here.cd({ path: "/tmp" });
  assert.equal((await here.ls()).path, "/tmp");
  assert.equal((await there.ls()).path, "/");
  await Promise.all([first.close(), second.close()]);

  const drawn = new shapes.ShapesClient(client);
  const words = (...texts: string[]) => texts.map((text) => ({ text }));
  assert.deepEqual(await drawn.unary({ text: "é🎈" }), { text: "é🎈" });
  assert.equal(await drawn.unaryValue({ text: "é🎈" }), -2);
  assert.deepEqual(await drawn.unaryList({ text: "a" }), ["a", undefined]);
  assert.equal(await drawn.unaryMaybe({ text: "" }), undefined);
  assert.deepEqual(await drawn.unaryMaybe({ text: "a" }), { text: "a" });
  assert.equal(await drawn.unaryNothing({ text: "" }), undefined);
  assert.deepEqual(await drawn.noParameters(), { text: "none" });
  assert.equal(await drawn.parameters({ text: "a", list: words("a") }), true);
  assert.equal(await drawn.parameters({ text: "a", maybe: { text: "" }, list: words("a") }), false);
  await drawn.many({ a: -128, b: 127, c: 0, d: 1, e: 2, f: 3, g: "-128 127 0 1 2 3" });
  assert.deepEqual(await collect(drawn.serverStream({ text: "aé🎈" })), words("a", "é", "🎈"));
  assert.deepEqual(await collect(drawn.serverStreamValue({ from: -2, to: 3 })), [-2, -1, 0, 1, 2]);
  assert.deepEqual(await drawn.clientStream(words("a", "é")), { text: "aé" });
  assert.equal(await drawn.clientStreamValue(["a", "é"]), 3n);
  assert.equal(await drawn.clientStreamNothing([]), undefined);
  assert.deepEqual(await collect(drawn.bidi(words("a", "é"))), words("a", "é"));
  const bytes = [new Uint8Array(), Uint8Array.of(0, 255)];
  assert.deepEqual(await collect(drawn.bidiValue(bytes)), bytes);
  const digits = ["-1234567890123456789012345678901234567890.5", "0.10"];
  const decimals = await collect(drawn.bidiMixed(words(...digits)));
  assert.deepEqual(
    decimals,
    digits.map((text) => Decimal.parse(text)),
  );
  return [];
}
