// The codec of TypeScript beside the static code of protobufjs, on the messages of the codec benchmark:
// `node codec.mjs OURS THEIRS [--json] [--rounds N]`, both modules made of the schema.
//
// Rounds take turns; the median of the rounds is printed, in nanoseconds for one message. protobufjs is given 64-bit integers
// once as the `Long`s that it decodes to, and once as numbers where they fit; it decodes into `Long`s, which are as exact as our
// bigints.

import { strict as assert } from "node:assert";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { values } from "./values.mjs";

const NAMES = {
  Sample: "3 fields",
  Order: "order of 50 fields and 20 lines",
  Node: "tree of 1,000 nodes",
};
const SAMPLE_MS = 5;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean" },
    rounds: { type: "string", default: "41" },
    only: { type: "string" },
  },
});
const [ours, theirs] = await Promise.all(
  positionals.slice(0, 2).map((path) => import(pathToFileURL(resolve(path)).href)),
);

const rows = [];
const big = values({ int64: BigInt, bytes: (list) => Uint8Array.from(list) });
big.Order.attributes = new Map(Object.entries(big.Order.attributes));
const number = (value) => (value > Number.MAX_SAFE_INTEGER ? String(value) : Number(value));
const plain = values({ int64: number, bytes: (list) => Buffer.from(list) });
for (const [type, name] of Object.entries(NAMES)) {
  if (options.only !== undefined && !type.includes(options.only)) continue;
  const us = ours[type];
  const them = theirs.aster.bench[type];
  const object = big[type];
  const payload = us.encode(object);
  assert.deepEqual(us.decode(payload), us.create(object));
  const message = them.fromObject(plain[type]);
  const numbers = withNumbers(message);
  const frame = them.encode(message).finish();
  assert.deepEqual(them.decode(frame), message);
  rows.push({
    name: `${name}, encode`,
    works: {
      aster: () => us.encode(object),
      protobufjs: () => them.encode(message).finish(),
      "protobufjs, numbers": () => them.encode(numbers).finish(),
    },
  });
  rows.push({
    name: `${name}, decode`,
    works: { aster: () => us.decode(payload), protobufjs: () => them.decode(frame) },
  });
}

/** The same message with numbers instead of `Long`s, where they are as exact. */
function withNumbers(message) {
  const copy = Object.create(Object.getPrototypeOf(message));
  for (const [key, value] of Object.entries(message)) {
    if (Array.isArray(value))
      copy[key] = value.map((item) => (typeof item === "object" ? withNumbers(item) : item));
    else if (value?.toNumber !== undefined) {
      copy[key] = Number.isSafeInteger(value.toNumber()) ? value.toNumber() : value;
    } else copy[key] = value;
  }
  return copy;
}

/**
 * The processor time that it takes once, of a run of some milliseconds: also that of the threads which collect garbage, and not that
 * of other programs.
 */
function nanoseconds(work, count) {
  const begin = process.cpuUsage();
  for (let index = 0; index < count; index++) kept = work();
  const { user, system } = process.cpuUsage(begin);
  return ((user + system) * 1_000) / count;
}
// What is made is kept until the next is there, so that it cannot be left out.
let kept;

for (const row of rows) {
  row.counts = {};
  row.times = {};
  for (const [name, work] of Object.entries(row.works)) {
    // Until it is compiled for good.
    let count = 64;
    for (let time = 0; time < 300e6; count *= 2) time = nanoseconds(work, count) * count;
    row.counts[name] = Math.max(1, Math.ceil((SAMPLE_MS * 1e6) / nanoseconds(work, count / 4)));
    row.times[name] = [];
  }
}
for (let round = 0; round < Number(options.rounds); round++) {
  for (const row of rows) {
    const works = Object.entries(row.works);
    // None is always the first.
    for (let index = 0; index < works.length; index++) {
      const [name, work] = works[(index + round) % works.length];
      row.times[name].push(nanoseconds(work, row.counts[name]));
    }
  }
}
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
const found = rows.map(({ name, times }) => ({
  name,
  times: Object.fromEntries(
    Object.entries(times).map(([contender, all]) => [contender, median(all)]),
  ),
}));
if (options.json === true) {
  const of = ({ name, times: { aster, ...peers } }) => ({ name, ours: aster, peers });
  console.log(JSON.stringify({ bench: "typescript codec", unit: "ns", rows: found.map(of) }));
} else {
  console.log(
    `| ns, median of ${options.rounds} interleaved rounds | aster | protobufjs | protobufjs, numbers | aster to the faster |`,
  );
  console.log("|---|---:|---:|---:|---:|");
  for (const { name, times } of found) {
    const [us, ...them] = Object.values(times);
    const cells = [us, them[0], them[1] ?? NaN].map((time) =>
      Number.isNaN(time) ? "" : time.toFixed(0),
    );
    console.log(`| ${name} | ${cells.join(" | ")} | ${(us / Math.min(...them)).toFixed(2)} |`);
  }
}
