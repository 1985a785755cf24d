// Numbers: their bytes, their ranges, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type * as v1 from "aster-runtime/codegen/v1";
import { around, bytesOf, fails, fieldsOf, hex, payloadOf } from "./support.js";

const KINDS = {
  int8: around<number>(
    (w, value) => w.int8(value),
    (r) => r.int8(),
  ),
  int16: around<number>(
    (w, value) => w.int16(value),
    (r) => r.int16(),
  ),
  int32: around<number>(
    (w, value) => w.int32(value),
    (r) => r.int32(),
  ),
  fixedInt32: around<number>(
    (w, value) => w.fixedInt32(value),
    (r) => r.fixedInt32(),
  ),
  uint8: around<number>(
    (w, value) => w.uint8(value),
    (r) => r.uint8(),
  ),
  uint16: around<number>(
    (w, value) => w.uint16(value),
    (r) => r.uint16(),
  ),
  uint32: around<number>(
    (w, value) => w.uint32(value),
    (r) => r.uint32(),
  ),
  fixedUint32: around<number>(
    (w, value) => w.fixedUint32(value),
    (r) => r.fixedUint32(),
  ),
};
const BIG_KINDS = {
  int64: around<bigint>(
    (w, value) => w.int64(value),
    (r) => r.int64(),
  ),
  fixedInt64: around<bigint>(
    (w, value) => w.fixedInt64(value),
    (r) => r.fixedInt64(),
  ),
  uint64: around<bigint>(
    (w, value) => w.uint64(value),
    (r) => r.uint64(),
  ),
  fixedUint64: around<bigint>(
    (w, value) => w.fixedUint64(value),
    (r) => r.fixedUint64(),
  ),
};
const bool = around<boolean>(
  (w, value) => w.bool(value),
  (r) => r.bool(),
);
const float32 = around<number>(
  (w, value) => w.float32(value),
  (r) => r.float32(),
);
const float64 = around<number>(
  (w, value) => w.float64(value),
  (r) => r.float64(),
);

function range(kind: string): [bigint, bigint] {
  const bits = BigInt(/\d+/.exec(kind)?.[0] ?? "");
  return kind.toLowerCase().includes("uint")
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

/** The varint of a number without a sign: at most nine bytes, of which the ninth has eight bits. */
function varint(value: bigint): string {
  const bytes: number[] = [];
  while (value >= 0x80n && bytes.length < 8) {
    bytes.push(Number(value & 0x7fn) | 0x80);
    value >>= 7n;
  }
  bytes.push(Number(value));
  return hex(Uint8Array.from(bytes));
}

function expected(kind: string, value: bigint): string {
  const bits = Number(/\d+/.exec(kind)?.[0]);
  if (kind.startsWith("fixed") || bits < 32) {
    return hex(
      Uint8Array.from({ length: bits / 8 }, (_, index) =>
        Number((value >> BigInt(index * 8)) & 0xffn),
      ),
    );
  }
  if (kind.startsWith("uint")) return varint(value);
  return varint(value < 0n ? -value * 2n - 1n : value * 2n);
}

function edges(low: bigint, high: bigint): bigint[] {
  const found = new Set([low, low + 1n, -1n, 0n, 1n, high - 1n, high]);
  for (let bits = 1n; bits < 64n; bits++) {
    for (const near of [-1n, 0n, 1n]) found.add(2n ** bits + near).add(-(2n ** bits) + near);
  }
  return [...found].filter((value) => value >= low && value <= high);
}

for (const [kind, type] of Object.entries(KINDS)) {
  const [low, high] = range(kind);
  test(`${kind} is written and read over its range`, () => {
    const check = (value: bigint): void => {
      const number = Number(value);
      assert.equal(fieldsOf(type, number), expected(kind, value), `${kind} ${String(value)}`);
      assert.equal(type.decode(type.encode(number)), number);
    };
    edges(low, high).forEach(check);
    fc.assert(fc.property(fc.bigInt({ min: low, max: high }), check));
  });
  test(`${kind} refuses what it cannot hold`, () => {
    for (const value of [Number(low) - 1, Number(high) + 1, 0.5, NaN, Infinity, -Infinity]) {
      fails(
        () => type.encode(value),
        /a whole number in the range of/,
        "value",
        `the number ${String(value)}`,
      );
    }
    for (const value of ["1", 1n, true, undefined, null, {}, [1], Symbol("x"), (): number => 1]) {
      fails(() => type.encode(value as number), /a whole number in the range of/);
    }
  });
}

for (const [kind, type] of Object.entries(BIG_KINDS)) {
  const [low, high] = range(kind);
  test(`${kind} is written and read over its range`, () => {
    const check = (value: bigint): void => {
      assert.equal(fieldsOf(type, value), expected(kind, value), `${kind} ${String(value)}`);
      assert.equal(type.decode(type.encode(value)), value);
    };
    edges(low, high).forEach(check);
    fc.assert(fc.property(fc.bigInt({ min: low, max: high }), check));
  });
  test(`${kind} refuses what it cannot hold`, () => {
    for (const value of [low - 1n, high + 1n, 2n ** 64n, -(2n ** 64n), 2n ** 4_000n]) {
      fails(() => type.encode(value), /a bigint in the range of/);
    }
    fails(() => type.encode(1 as unknown as bigint), "a bigint", "value", "the number 1");
    fails(() => type.encode(null as unknown as bigint), "a bigint", "value", "null");
  });
}

test("a varint is in its shortest form and not too wide", () => {
  const { uint32, int32 } = KINDS;
  const { uint64 } = BIG_KINDS;
  assert.equal(uint32.decode(payloadOf("ffffffff0f")), 0xffff_ffff);
  fails(() => uint32.decode(payloadOf("ffffffff10")), "a varint of at most 32 bits");
  fails(() => int32.decode(payloadOf("ffffffff1f")), "a varint of at most 32 bits");
  fails(() => uint32.decode(payloadOf("ffffffffffffffffff")), "a varint of at most 32 bits");
  for (const long of ["8000", "ff00", "80808080808000", "808080808080808000"]) {
    fails(() => uint64.decode(payloadOf(long)), "a varint in its shortest form");
  }
  assert.equal(uint64.decode(payloadOf("ffffffffffffffffff")), 2n ** 64n - 1n);
  assert.equal(uint64.decode(payloadOf("808080808080808001")), 2n ** 56n);
  assert.equal(uint64.decode(payloadOf("808080808080808080")), 2n ** 63n);
  for (let length = 0; length < 9; length++) {
    fails(() => uint64.decode(payloadOf("ff".repeat(length))), "more bytes");
  }
});

test("a bool is 0 or 1", () => {
  assert.equal(fieldsOf(bool, true), "01");
  assert.equal(fieldsOf(bool, false), "00");
  assert.equal(bool.decode(payloadOf("01")), true);
  assert.equal(bool.decode(payloadOf("00")), false);
  fails(() => bool.decode(payloadOf("02")), "a bool (0 or 1)", "value", "2");
  for (const value of [0, 1, "true", undefined, null])
    fails(() => bool.encode(value as unknown as boolean), "a boolean");
});

test("floats are written by their bits", () => {
  assert.equal(fieldsOf(float64, 21.625), "0000000000a03540");
  assert.equal(fieldsOf(float32, -2.5), "000020c0");
  assert.equal(fieldsOf(float32, 0.1), "cdcccc3d");
  const any: [v1.MessageType<number>, (value: number) => number][] = [
    [float64, (value) => value],
    [float32, Math.fround],
  ];
  for (const [type, near] of any) {
    for (const value of [
      0,
      -0,
      Infinity,
      -Infinity,
      NaN,
      Number.MIN_VALUE,
      3.4028234663852886e38,
    ]) {
      assert.ok(Object.is(type.decode(type.encode(value)), near(value)), String(value));
    }
    fc.assert(
      fc.property(fc.float(), (value) => Object.is(type.decode(type.encode(value)), value)),
    );
    fails(() => type.encode(1n as unknown as number), "a number", "value", "the bigint 1n");
    fails(() => type.encode("1" as unknown as number), "a number");
  }
  fc.assert(
    fc.property(fc.double(), (value) => Object.is(float64.decode(float64.encode(value)), value)),
  );
  fails(() => float32.encode(1e39), /beyond the largest float32/);
  fails(() => float64.decode(payloadOf("00000000000000")), "more bytes", "value", "7 bytes left");
});

test("every byte is its own", () => {
  const { uint8 } = KINDS;
  assert.equal(uint8.decode(payloadOf("ff")), 255);
  fails(() => uint8.decode(payloadOf("")), "more bytes", "value", "0 bytes left");
  fails(() => uint8.decode(payloadOf("0001")), "the end of the payload", "", "1 more bytes");
  fails(() => uint8.decode(bytesOf("")), "more bytes", "");
});
