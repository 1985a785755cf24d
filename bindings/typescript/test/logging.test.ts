// What the runtime says of itself comes to the program.

import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, test } from "node:test";
import { Worker } from "node:worker_threads";
import {
  Audit,
  Client,
  disableLogging,
  enableLogging,
  type LogRecord,
  Node,
  Server,
} from "aster-runtime";
import { child } from "./child.js";
import { connected, shapes } from "./calls-support.js";
import * as probe from "./gen/probe.js";

const time = { timeout: 30_000 };

/** Keeps what it is given, and lets a test wait for more. */
class Hears {
  readonly heard: LogRecord[] = [];
  #more: (() => void) | undefined;

  readonly log = (record: LogRecord): void => {
    this.heard.push(record);
    this.#more?.();
  };

  async until(fits: (record: LogRecord) => boolean): Promise<LogRecord> {
    for (;;) {
      const found = this.heard.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#more = resolve));
    }
  }

  audit(): Promise<LogRecord> {
    return this.until(({ target }) => target === "aster::audit");
  }
}

/** Makes one call that the runtime's `Audit` tells of; gives the peer that called. */
async function audited(): Promise<string> {
  const [node, other] = [await Node.dev(), await Node.dev()];
  const service = probe.Shapes.implement(shapes());
  const server = await new Server(node, [service], { interceptors: [new Audit()] }).start();
  const client = await Client.connect(other, node.address);
  await new probe.ShapesClient(client).unary({ text: "x" });
  client.close();
  await server.shutdown();
  await other.close();
  await node.close();
  return other.id;
}

afterEach(() => {
  disableLogging();
});

await test("a record has its level, its fields and its time", time, async () => {
  const hears = new Hears();
  enableLogging(hears.log);
  const before = Date.now();
  const peer = await audited();
  const record = await hears.audit();
  assert.equal(record.level, "info");
  assert.equal(record.fields["service"], "probe.Shapes");
  assert.equal(record.fields["method"], "unary");
  assert.equal(record.fields["code"], "OK");
  assert.equal(record.fields["peer"], peer);
  assert.equal(typeof record.fields["milliseconds"], "number");
  assert.ok(record.time.getTime() >= before && record.time.getTime() <= Date.now());
});

await test("nothing is said until it is asked for, nor afterwards", time, async () => {
  const hears = new Hears();
  await audited();
  enableLogging(hears.log);
  disableLogging();
  await audited();
  assert.deepEqual(hears.heard, []);
  enableLogging(hears.log);
  await audited();
  await hears.audit();
});

await test("levels are for the runtime, and for the network below it", time, async () => {
  const hears = new Hears();
  enableLogging(hears.log, { level: "trace", network: "off" });
  await audited();
  await hears.audit();
  const own = /^(aster|aster_\w+)(::|$)/;
  assert.ok(hears.heard.every(({ target }) => own.test(target)));
  const other = new Hears();
  enableLogging(other.log, { level: "error", network: "debug" });
  const before = hears.heard.length;
  await audited();
  await other.until(({ target }) => target.startsWith("iroh"));
  assert.ok(other.heard.every(({ target, level }) => !own.test(target) || level === "error"));
  // what was asked for last has it all
  assert.equal(hears.heard.length, before);
});

await test("wrong levels and functions are refused", () => {
  assert.throws(() => {
    enableLogging(() => {}, { level: "loud" as never });
  }, RangeError);
  assert.throws(() => {
    enableLogging(() => {}, { level: "off" as never, network: "off" });
  }, RangeError);
  assert.throws(() => {
    enableLogging("console" as never);
  }, TypeError);
});

await test("too many records are counted and told", time, async () => {
  const hears = new Hears();
  await connected({}, async ({ node }) => {
    enableLogging(hears.log, { level: "trace", network: "trace" });
    // this thread, which hands records on, does not come to it: neither the runtime nor the other loop waits for it
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(new URL("noise.js", import.meta.url), {
      workerData: { address: node.address, flag },
    });
    await once(worker, "message");
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
    assert.notEqual(Atomics.wait(flag, 0, 1, 25_000), "timed-out");
    await once(worker, "exit");
    disableLogging();
  });
  const told = await hears.until(({ message }) =>
    message.includes("records of the runtime were dropped"),
  );
  assert.equal(told.level, "warn");
  assert.ok(Number.parseInt(told.message) > 0, told.message);
  assert.ok(hears.heard.length > 1000);
});

await test(
  "a process that exits says what was said last, whatever the function throws",
  time,
  async () => {
    const logging = child("logging");
    const lines: string[] = [];
    while (!lines.includes("aster::audit unary OK")) lines.push(await logging.line());
    assert.ok(lines.includes("uncaught: in the log"), lines.join("\n"));
    assert.deepEqual(await logging.end(), [0, ""]);
  },
);

await test("who does not listen any more silences nobody else", time, async () => {
  enableLogging(() => {});
  const worker = new Worker(new URL("noise.js", import.meta.url), { workerData: { go: true } });
  assert.deepEqual(await once(worker, "message"), ["listens"]);
  disableLogging();
  worker.postMessage("go");
  assert.deepEqual(await once(worker, "message"), ["aster::audit"]);
  await worker.terminate();
});

await test("a worker that listened and ended leaves nothing behind", time, async () => {
  const worker = new Worker(new URL("noise.js", import.meta.url), { workerData: {} });
  assert.deepEqual(await once(worker, "message"), ["aster::audit"]);
  await worker.terminate();
  await audited();
  const hears = new Hears();
  enableLogging(hears.log);
  await audited();
  await hears.audit();
});
