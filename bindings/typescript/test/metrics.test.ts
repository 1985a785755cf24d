// `Metrics`, at both ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics, NotFound } from "aster-runtime";
import { all, connected, Signal } from "./calls-support.js";

const time = { timeout: 30_000 };

/** Waits until so many calls have ended: their last word comes after the response. */
async function counted(metrics: Metrics, side: string, calls: number): Promise<void> {
  while (metrics.snapshot().value(`aster_${side}_calls_total`) < calls)
    await new Promise(setImmediate);
}

await test("calls are counted and timed at both ends", time, async () => {
  const served = new Metrics();
  const made = new Metrics({ buckets: [30] });
  const unary = ({ text }: { text: string }) => {
    if (text === "") throw new NotFound("no");
    return { text };
  };
  await connected(
    { unary },
    async ({ stub }) => {
      for (let call = 0; call < 3; call++) await stub.unary({ text: "x" });
      await assert.rejects(stub.unary({ text: "" }), NotFound);
      assert.equal((await all(stub.serverStream({ text: "ab" }))).length, 2);
      await counted(served, "server", 5);
      await counted(made, "client", 5);
    },
    { server: { interceptors: [served] }, client: { interceptors: [made] } },
  );
  for (const [side, metrics] of [
    ["server", served],
    ["client", made],
  ] as const) {
    const snapshot = metrics.snapshot();
    const total = `aster_${side}_calls_total`;
    assert.equal(snapshot.value(total, { method: "unary", code: "OK" }), 3);
    assert.equal(snapshot.value(total, { method: "unary", code: "NOT_FOUND" }), 1);
    assert.equal(snapshot.value(total, { service: "probe.Shapes", method: "server_stream" }), 1);
    assert.equal(snapshot.value(total, { service: "other" }), 0);
    assert.equal(snapshot.value(`aster_${side}_calls_in_flight`), 0);
    const took = snapshot.histogram(`aster_${side}_call_seconds`, { service: "probe.Shapes" });
    assert.equal(took.count, 5);
    assert.ok(took.sum > 0 && took.sum < 30);
    assert.deepEqual(took.buckets.at(-1), [Infinity, 5]);
    const counts = took.buckets.map(([, count]) => count);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
    );
  }
  const snapshot = made.snapshot();
  assert.equal(snapshot.value("aster_client_attempts_total"), 5);
  assert.deepEqual(snapshot.histogram("aster_client_call_seconds").buckets, [
    [30, 5],
    [Infinity, 5],
  ]);
  assert.equal(snapshot.value("aster_server_calls_total"), 0);
  assert.deepEqual(snapshot.histogram("none"), { buckets: [[Infinity, 0]], count: 0, sum: 0 });
});

await test("calls in flight are seen", time, async () => {
  const [entered, leave] = [new Signal(), new Signal()];
  const metrics = new Metrics();
  const unary = async () => {
    entered.set();
    await leave.promise;
    return { text: "" };
  };
  await connected(
    { unary },
    async ({ stub }) => {
      const call = stub.unary({ text: "" });
      await entered.promise;
      const snapshot = metrics.snapshot();
      for (const side of ["server", "client"]) {
        const labels = { service: "probe.Shapes", method: "unary" };
        assert.equal(snapshot.value(`aster_${side}_calls_in_flight`, labels), 1);
      }
      leave.set();
      await call;
    },
    { server: { interceptors: [metrics] }, client: { interceptors: [metrics] } },
  );
});

await test("Prometheus reads it", time, async () => {
  const metrics = new Metrics({ buckets: [0.25, 30] });
  await connected(
    {},
    async ({ stub }) => {
      await stub.nothing({ text: "" });
      await counted(metrics, "server", 1);
    },
    { server: { interceptors: [metrics] } },
  );
  const text = metrics.snapshot().prometheus();
  const labels = 'service="probe.Shapes",method="nothing"';
  for (const line of [
    "# TYPE aster_server_calls_total counter",
    `aster_server_calls_total{${labels},code="OK"} 1`,
    "# TYPE aster_server_call_seconds histogram",
    `aster_server_call_seconds_bucket{${labels},le="0.25"} 1`,
    `aster_server_call_seconds_bucket{${labels},le="30"} 1`,
    `aster_server_call_seconds_bucket{${labels},le="+Inf"} 1`,
    `aster_server_call_seconds_count{${labels}} 1`,
    "# TYPE aster_server_calls_in_flight gauge",
    `aster_server_calls_in_flight{${labels}} 0`,
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
  }
  assert.ok(text.endsWith("\n"));
  assert.equal([...metrics.snapshot()].length, metrics.snapshot().series.length);
});

await test("buckets that do not grow are refused", () => {
  for (const buckets of [[1, 1], [2, 1], [Number.NaN], [Infinity]]) {
    assert.throws(() => new Metrics({ buckets }), RangeError);
  }
  assert.throws(() => new Metrics({ buckets: ["1"] as never }), TypeError);
});
