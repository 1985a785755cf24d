// Strings and bytes: all three encodings, strictly.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { around, fails, fieldsOf, hex, payloadOf } from "./support.js";

const text = around<string>(
  (w, value) => w.string(value),
  (r) => r.string(),
);
const bytes = around<Uint8Array>(
  (w, value) => w.bytes(value),
  (r) => r.bytes(),
);
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function encoded(encoding: number, raw: Uint8Array): Uint8Array {
  let header = raw.length * 4 + encoding;
  let digits = "";
  for (; header >= 0x80; header = Math.floor(header / 128))
    digits += hex(Uint8Array.of((header % 128) | 0x80));
  return payloadOf(digits + hex(Uint8Array.of(header)) + hex(raw));
}

const utf8 = (raw: Uint8Array): Uint8Array => encoded(2, raw);

test("any text is written as UTF-8 and read again", () => {
  const check = (value: string): void => {
    const raw = new TextEncoder().encode(value);
    assert.deepEqual(text.encode(value), utf8(raw));
    assert.equal(text.decode(utf8(raw)), value);
    assert.equal(text.decode(encoded(1, new Uint8Array(Buffer.from(value, "utf16le")))), value);
  };
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 100 }), check));
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 100 }), check), { numRuns: 1_000 });
  check("\ufefftext with a byte order mark");
  check("a replacement character \ufffd, which is allowed, and more text behind it");
  check("\0");
});

test("text of any length near the limits between the ways of writing it", () => {
  const lengths = [
    0, 1, 7, 8, 15, 19, 20, 21, 23, 24, 25, 31, 32, 33, 63, 64, 127, 2_730, 4_095, 4_096,
  ];
  for (const length of [...lengths, 5_461, 8_191, 8_192, 8_193, 20_000, 1_000_000]) {
    for (const piece of ["a", "é", "日", "🦀", "ab日"]) {
      for (const value of [
        piece.repeat(Math.ceil(length / piece.length)),
        "a".repeat(length) + piece,
      ]) {
        const raw = new TextEncoder().encode(value);
        const payload = text.encode(value);
        assert.ok(
          Buffer.from(payload).equals(Buffer.from(utf8(raw))),
          `${String(length)} ${piece}`,
        );
        assert.equal(text.decode(payload), value);
      }
    }
  }
});

test("Latin-1 is read", () => {
  for (const length of [0, 1, 31, 32, 255, 5_000, 100_000]) {
    const raw = Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);
    assert.equal(text.decode(encoded(0, raw)), Buffer.from(raw).toString("latin1"));
  }
});

test("UTF-16 is read without lone surrogates and odd bytes", () => {
  const raw = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, "utf16le"));
  const long = "日本🦀".repeat(5_000);
  assert.equal(text.decode(encoded(1, raw(long))), long);
  for (const bad of [
    "\ud800",
    "\udc00",
    "\ud800\ud800",
    "a\udc00\ud800b",
    "a".repeat(4_095) + "\ud800",
  ]) {
    fails(() => text.decode(encoded(1, raw(bad))), "text in UTF-16", "value", "other bytes");
  }
  // A pair of which the halves are read apart.
  const split = "a".repeat(4_095) + "🦀";
  assert.equal(text.decode(encoded(1, raw(split))), split);
  fails(() => text.decode(encoded(1, Uint8Array.of(0x61, 0, 0x62))), "text in UTF-16");
});

test("there is no fourth encoding", () => {
  fails(
    () => text.decode(encoded(3, Uint8Array.of(0x61))),
    "a string in Latin-1, UTF-16 or UTF-8",
    "value",
    "encoding 3",
  );
});

test("bytes that are not UTF-8 are refused, as the strictest decoder there is does it", () => {
  const check = (raw: Uint8Array): void => {
    let wanted: string | undefined;
    try {
      wanted = strict.decode(raw);
    } catch {
      wanted = undefined;
    }
    if (wanted === undefined)
      fails(() => text.decode(utf8(raw)), "text in UTF-8", "value", "other bytes");
    else assert.equal(text.decode(utf8(raw)), wanted);
  };
  for (let first = 0x80; first < 0x100; first++) {
    check(Uint8Array.of(first));
    for (let second = 0; second < 0x100; second++) check(Uint8Array.of(first, second));
  }
  const edges = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  for (let first = 0xc0; first < 0x100; first++) {
    for (const second of edges) {
      for (const third of edges) {
        check(Uint8Array.of(first, second, third));
        if (first >= 0xef && first < 0xf7)
          for (const fourth of edges) check(Uint8Array.of(first, second, third, fourth));
        // Behind enough text for the other way of reading it.
        check(Uint8Array.from([...Buffer.from("a".repeat(40)), first, second, third, 0x80]));
      }
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), check), { numRuns: 2_000 });
});

test("a lone surrogate is not written", () => {
  for (const bad of [
    "\ud800",
    "\udfff",
    "a\ud800b",
    "\udc00\ud800",
    "x".repeat(50) + "\ud800",
    "日".repeat(9_000) + "\udc00",
  ]) {
    fails(() => text.encode(bad), "text without lone surrogates", "value", /^the string "/);
  }
});

test("only strings are text, and only bytes are bytes", () => {
  for (const bad of [1, 1n, null, undefined, ["a"], new String("a")])
    fails(() => text.encode(bad as string), "a string");
  for (const bad of [
    "a",
    [1],
    null,
    undefined,
    new ArrayBuffer(1),
    new Uint16Array(1),
    { length: 1 },
  ]) {
    fails(() => bytes.encode(bad as Uint8Array), "a Uint8Array");
  }
});

test("bytes are what they were, in memory of their own", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
      const payload = bytes.encode(value);
      const found = bytes.decode(payload);
      assert.deepEqual(found, value);
      payload.fill(0);
      assert.deepEqual(found, value);
    }),
  );
  assert.equal(fieldsOf(bytes, Uint8Array.of(1, 2, 3)), "03010203");
  assert.deepEqual(bytes.decode(bytes.encode(Buffer.from("abc"))), Uint8Array.of(97, 98, 99));
  fails(() => bytes.decode(payloadOf("04010203")), "more bytes", "value", "3 bytes left");
});

test("a length that is not there is not reserved", () => {
  for (const length of ["feffffff3f", "feffffff0f", "feffffffffffffff7f", "feffffffffffffffff"]) {
    fails(() => text.decode(payloadOf(`${length}61`)), "more bytes", "value", "1 bytes left");
    fails(() => text.decode(payloadOf(`${length.replace("fe", "fc")}61`)), "more bytes");
    fails(() => text.decode(payloadOf(`${length.replace("fe", "fd")}61`)), "more bytes");
  }
  fails(() => bytes.decode(payloadOf("ffffffff0f00")), "more bytes");
});
