// Times, dates and decimals: their bytes, their ranges, their texts.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Decimal, Duration, PlainDate, Timestamp } from "aster-runtime";
import { around, fails, fieldsOf, payloadOf } from "./support.js";

const timestamp = around<Timestamp>(
  (w, value) => w.timestamp(value),
  (r) => r.timestamp(),
);
const duration = around<Duration>(
  (w, value) => w.duration(value),
  (r) => r.duration(),
);
const date = around<PlainDate>(
  (w, value) => w.date(value),
  (r) => r.date(),
);
const decimal = around<Decimal>(
  (w, value) => w.decimal(value),
  (r) => r.decimal(),
);

const FIRST = -62_135_596_800;
const LAST = 253_402_207_200;

test("timestamps count seconds downwards", () => {
  const before = Timestamp.fromEpochNanoseconds(-1n);
  assert.deepEqual([before.seconds, before.nanoseconds], [-1, 999_999_999]);
  assert.equal(fieldsOf(timestamp, before), "ffffffffffffffff" + "ffc99a3b");
  assert.equal(fieldsOf(timestamp, new Timestamp(LAST)), "e0d3f2ff3a000000" + "00000000");
  const seconds = fc.integer({ min: FIRST, max: LAST - 1 });
  fc.assert(
    fc.property(seconds, fc.nat(999_999_999), (whole, nanoseconds) => {
      const value = new Timestamp(whole, nanoseconds);
      assert.deepEqual(timestamp.decode(timestamp.encode(value)), value);
      assert.deepEqual(Timestamp.parse(value.toString()), value);
      assert.deepEqual(Timestamp.fromEpochNanoseconds(value.epochNanoseconds), value);
      assert.equal(value.toDate().getTime(), value.epochMilliseconds);
      const text = value.toDate().toISOString();
      assert.equal(value.toString().slice(0, 19), text.slice(0, 19));
    }),
  );
});

test("timestamps outside of the range are refused on both sides", () => {
  for (const value of [new Timestamp(FIRST), new Timestamp(LAST)]) {
    assert.deepEqual(timestamp.decode(timestamp.encode(value)), value);
  }
  const broken: [number, number][] = [
    [FIRST - 1, 999_999_999],
    [LAST, 1],
    [0, 1_000_000_000],
    [0, -1],
    [0.5, 0],
    [NaN, 0],
    [0, 0.5],
  ];
  for (const [seconds, nanoseconds] of broken) {
    assert.throws(() => new Timestamp(seconds, nanoseconds), RangeError);
    const forged = Object.assign(new Timestamp(0), { seconds, nanoseconds });
    fails(() => timestamp.encode(forged), Timestamp.RANGE);
  }
  fails(
    () => timestamp.decode(payloadOf("0000000000000000" + "00ca9a3b")),
    Timestamp.RANGE,
    "value",
    "0 seconds and 1000000000 nanoseconds",
  );
  fails(() => timestamp.decode(payloadOf("ffffffffffffff7f" + "00000000")), Timestamp.RANGE);
  fails(() => timestamp.decode(payloadOf("0000000000000080" + "00000000")), Timestamp.RANGE);
  fails(() => timestamp.decode(payloadOf("00000000000000000000")), "more bytes");
  for (const bad of [new Date(), 5, "2024-01-01T00:00:00Z", null, { seconds: 1, nanoseconds: 0 }]) {
    fails(() => timestamp.encode(bad as Timestamp), "a Timestamp");
  }
});

test("timestamps have the text of RFC 3339", () => {
  assert.equal(Timestamp.parse("1969-12-31T23:59:59.5Z").toString(), "1969-12-31T23:59:59.5Z");
  assert.equal(
    Timestamp.parse("2024-02-29t12:00:00.000000001+02:00").toString(),
    "2024-02-29T10:00:00.000000001Z",
  );
  assert.equal(Timestamp.parse("2024-02-29 12:00:00-00:30").toString(), "2024-02-29T12:30:00Z");
  assert.equal(JSON.stringify({ at: new Timestamp(0) }), '{"at":"1970-01-01T00:00:00Z"}');
  assert.equal(Timestamp.fromDate(new Date(-1)).toString(), "1969-12-31T23:59:59.999Z");
  for (const bad of [
    "",
    "2024-02-30T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00:60Z",
    "x",
  ]) {
    assert.throws(() => Timestamp.parse(bad), SyntaxError, bad);
  }
  assert.throws(() => Timestamp.fromDate(new Date(NaN)), RangeError);
  for (let number = 0; number < 1_000; number++) {
    const milliseconds = 1_700_000_000_000 + number * 1.000_7;
    const seconds = Timestamp.fromEpochMilliseconds(milliseconds);
    assert.ok(Math.abs(seconds.epochMilliseconds - milliseconds) < 1.001);
  }
  assert.ok(Timestamp.fromEpochMilliseconds(0.999_999_9).equals(new Timestamp(0, 1_000_000)));
  assert.ok(Timestamp.fromEpochMilliseconds(999.999_999_9).equals(new Timestamp(1)));
  assert.ok(Timestamp.fromEpochMilliseconds(-0.000_001).equals(new Timestamp(-1, 999_999_999)));
  assert.ok(
    Timestamp.parse("2024-01-01T00:00:00Z").compare(Timestamp.parse("2023-01-01T00:00:00Z")) > 0,
  );
  assert.ok(new Timestamp(1, 5).equals(new Timestamp(1, 5)));
  assert.throws(() => Number(new Timestamp(1)), TypeError);
});

test("durations count seconds downwards", () => {
  assert.equal(fieldsOf(duration, Duration.parse("-0.5s")), "01" + "0065cd1d");
  assert.equal(fieldsOf(duration, Duration.fromMilliseconds(1_500)), "02" + "0065cd1d");
  const max = 9_000_000_000_000;
  for (const seconds of [-max, max, 0]) {
    assert.deepEqual(
      duration.decode(duration.encode(new Duration(seconds))),
      new Duration(seconds),
    );
  }
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.boolean(),
      fc.nat(999_999_999),
      (size, negative, nanoseconds) => {
        const seconds = (size % max) * (negative ? -1 : 1) + 0;
        const value = new Duration(seconds, nanoseconds);
        assert.deepEqual(duration.decode(duration.encode(value)), value);
        assert.deepEqual(Duration.parse(value.toString()), value);
        assert.deepEqual(Duration.fromNanoseconds(value.totalNanoseconds), value);
      },
    ),
  );
  const texts = {
    "90s": [90, 0],
    "1.5s": [1, 500_000_000],
    "-1.5s": [-2, 500_000_000],
    "-2s": [-2, 0],
    "-0.000000001s": [-1, 999_999_999],
    "0s": [0, 0],
  };
  for (const [text, [seconds, nanoseconds]] of Object.entries(texts)) {
    assert.deepEqual(Duration.parse(text), new Duration(seconds ?? 0, nanoseconds));
    assert.equal(Duration.parse(text).toString(), text);
  }
  assert.equal(Duration.parse("-0s").toString(), "0s");
  assert.deepEqual(Duration.fromSeconds(-0.25), new Duration(-1, 750_000_000));
  for (const bad of ["", "1", "1m", "s", "1.s", ".5s", "+1s", "1.0000000001s"])
    assert.throws(() => Duration.parse(bad), SyntaxError, bad);
});

test("durations outside of the range are refused on both sides", () => {
  const max = 9_000_000_000_000;
  for (const [seconds, nanoseconds] of [
    [max, 1],
    [-max - 1, 999_999_999],
    [0, -1],
    [Infinity, 0],
  ] as const) {
    assert.throws(() => new Duration(seconds, nanoseconds), RangeError);
    fails(
      () => duration.encode(Object.assign(new Duration(0), { seconds, nanoseconds })),
      Duration.RANGE,
    );
  }
  fails(
    () => duration.decode(payloadOf("00" + "ffffffff")),
    Duration.RANGE,
    "value",
    "0 seconds and -1 nanoseconds",
  );
  fails(() => duration.decode(payloadOf("ffffffffffffffffff" + "00000000")), Duration.RANGE);
  fails(() => duration.encode(5 as unknown as Duration), "a Duration");
});

test("every day of the range has its number", () => {
  const moment = new Date(0);
  for (let days = -719_162; days <= 2_932_896; days += 17) {
    const value = PlainDate.fromEpochDays(days);
    moment.setTime(days * 86_400_000);
    assert.equal(value.epochDays, days);
    assert.equal(value.toString(), moment.toISOString().slice(0, 10));
  }
  assert.equal(fieldsOf(date, new PlainDate(1970, 1, 2)), "02");
  for (const edge of ["0001-01-01", "9999-12-31", "2024-02-29", "1970-01-01", "1969-12-31"]) {
    const value = PlainDate.parse(edge);
    assert.deepEqual(date.decode(date.encode(value)), value);
    assert.equal(value.toString(), edge);
    assert.deepEqual(PlainDate.fromDate(value.toDate()), value);
  }
});

test("what does not fit is named, and what would", () => {
  const said: [() => unknown, new () => Error, RegExp][] = [
    [() => new Timestamp(1.5), RangeError, /^expected whole seconds, found the number 1.5$/],
    [
      () => new Timestamp(1e12),
      RangeError,
      /9999-12-30T22:00:00Z, found the number 1000000000000$/,
    ],
    [() => new Timestamp(1, 1e9), RangeError, /^expected nanoseconds from 0 to 999,999,999, found/],
    [() => new Duration(1.5), RangeError, /^expected whole seconds, found the number 1.5$/],
    [
      () => new Duration(1, 1.5),
      RangeError,
      /^expected nanoseconds from 0 to .*, found the number 1.5$/,
    ],
    [() => PlainDate.parse("2023-02-29"), RangeError, /: there is no day 29 of month 2 in 2023$/],
    [() => PlainDate.fromEpochDays(1e9), RangeError, /found day 1000000000 since 1970-01-01$/],
    [() => new Decimal("5" as never), TypeError, /^expected a bigint, found the string "5"$/],
    [() => new Decimal(1.5 as never), TypeError, /^expected a bigint, found the number 1.5$/],
    [() => new Decimal(1n, 20_000), RangeError, /found as a scale the number 20000$/],
  ];
  for (const [make, kind, text] of said) {
    assert.throws(make, (error: Error) => {
      assert.equal(error.constructor, kind);
      assert.match(error.message, text);
      return true;
    });
  }
  const seconds = Object.assign(new Timestamp(1_795_812_588), { nanoseconds: -1 });
  fails(() => timestamp.encode(seconds), Timestamp.RANGE, "value", "as nanoseconds the number -1");
  const scaled = Object.assign(new Decimal(1n), { scale: 20_000 });
  fails(() => decimal.encode(scaled), Decimal.RANGE, "value", "as a scale the number 20000");
  const text = Object.assign(new Decimal(1n), { unscaled: "5" });
  fails(() => decimal.encode(text), Decimal.RANGE, "value", 'the string "5"');
});

test("days that are not are refused on both sides", () => {
  for (const [year, month, day] of [
    [0, 1, 1],
    [10_000, 1, 1],
    [2023, 2, 29],
    [2024, 13, 1],
    [2024, 4, 31],
    [2024, 1, 0],
    [2024, 1.5, 1],
  ] as const) {
    assert.throws(() => new PlainDate(year, month, day), RangeError);
    fails(
      () => date.encode(Object.assign(new PlainDate(2024, 1, 1), { year, month, day })),
      PlainDate.RANGE,
    );
  }
  // Day -719,163 and day 2,932,897.
  fails(() => date.decode(payloadOf("f5e457")), PlainDate.RANGE, "value", /^day -719163 /);
  fails(() => date.decode(payloadOf("c282e602")), PlainDate.RANGE, "value", /^day 2932897 /);
  fails(() => date.encode(new Date() as unknown as PlainDate), "a PlainDate");
  for (const bad of ["", "2024-1-1", "24-01-01", "2024-02-29T"])
    assert.throws(() => PlainDate.parse(bad), SyntaxError);
});

test("decimals keep their digits and their scale", () => {
  assert.equal(fieldsOf(decimal, Decimal.parse("-12.50")), "04" + "8627");
  assert.equal(fieldsOf(decimal, new Decimal(0n)), "0000");
  const unscaled = fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n });
  fc.assert(
    fc.property(unscaled, fc.integer({ min: -10_000, max: 10_000 }), (digits, scale) => {
      const value = new Decimal(digits, scale);
      assert.deepEqual(decimal.decode(decimal.encode(value)), value);
      assert.deepEqual(Decimal.parse(value.toString()), value);
    }),
  );
  const large = 2n ** 32_768n - 1n;
  for (const digits of [
    2n ** 62n - 1n,
    2n ** 62n,
    -(2n ** 62n),
    -(2n ** 62n) - 1n,
    2n ** 63n,
    2n ** 64n,
    large,
    -large,
  ]) {
    const value = new Decimal(digits, 3);
    assert.deepEqual(decimal.decode(decimal.encode(value)), value);
  }
  assert.equal(fieldsOf(decimal, new Decimal(-(2n ** 62n))), "00" + "feffffffffffffffff");
  assert.equal(fieldsOf(decimal, new Decimal(2n ** 62n)), "00" + "21" + "0000000000000040");
  assert.equal(fieldsOf(decimal, new Decimal(-(2n ** 63n))), "00" + "23" + "0000000000000080");
  for (const [text, found] of [
    ["1e5", "1e5"],
    ["1.20e3", "120e1"],
    ["0.001", "0.001"],
    ["+7", "7"],
    [".5", "0.5"],
    ["5.", "5"],
    ["-0.0", "0.0"],
  ] as const) {
    assert.equal(Decimal.parse(text).toString(), found);
  }
  for (const bad of ["", ".", "-", "1e", "NaN", "Infinity", "1 ", "1".repeat(40_000)])
    assert.throws(() => Decimal.parse(bad), SyntaxError);
  assert.ok(Decimal.parse("1.50").equals(Decimal.parse("1.5")));
  assert.ok(Decimal.parse("-2").compare(Decimal.parse("1e-3")) < 0);
  assert.equal(Decimal.parse("-12.50").toNumber(), -12.5);
});

test("decimals outside of the range are refused on both sides", () => {
  const beyond = 2n ** 32_768n;
  for (const [digits, scale] of [
    [beyond, 0],
    [-beyond, 0],
    [1n, 10_001],
    [1n, -10_001],
    [1n, 0.5],
  ] as const) {
    assert.throws(() => new Decimal(digits, scale), RangeError);
    fails(
      () => decimal.encode(Object.assign(new Decimal(0n), { unscaled: digits, scale })),
      Decimal.RANGE,
    );
  }
  fails(() => decimal.encode(1.5 as unknown as Decimal), "a Decimal");
  fails(() => decimal.encode(Object.assign(new Decimal(0n), { unscaled: 1 })), Decimal.RANGE);
  fails(() => decimal.decode(payloadOf("a29c0100")), Decimal.RANGE, "value", "scale 10001");
  fails(() => decimal.decode(payloadOf("0001")), Decimal.RANGE, "value", "0 bytes of magnitude");
  fails(
    () => decimal.decode(payloadOf("00858001")),
    Decimal.RANGE,
    "value",
    "4097 bytes of magnitude",
  );
  fails(() => decimal.decode(payloadOf("00090100")), "a decimal magnitude without leading zeros");
  fails(() => decimal.decode(payloadOf("00090102".slice(0, 6))), "more bytes");
  assert.deepEqual(decimal.decode(payloadOf("000d" + "010203")), new Decimal(0x030201n));
});
