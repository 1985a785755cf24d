// Reads the values of a message; what enters are a peer's bytes, what leaves is a value or a `Failure`.
//
// Generated code calls one method for each thing in the bytes, in the order of the bytes, and has the loops itself: see
// "Containers" below for their form. No method calls back.

import { ByteReader, malformed } from "./byte-reader.js";
import type { EnumType } from "./enumeration.js";
import { Failure } from "./failure.js";
import { Decimal } from "./decimal.js";
import { Duration } from "./duration.js";
import { PlainDate } from "./plain-date.js";
import { HIGH, LOW, double, signed, single, unsigned, words } from "./scratch.js";
import { SHORT, asciiText, latin1Text, utf16Text, utf8Text } from "./text-reader.js";
import { Timestamp } from "./timestamp.js";
import type { TypeDef } from "./type-def.js";
import {
  CHUNK,
  ELEMENT,
  MAX_DEPTH,
  MAX_WEIGHTLESS,
  NULL,
  PRESENT,
  REFERABLE,
  WireType,
  XLANG,
} from "./wire.js";

/** Reads one payload. Made by `decode`. */
export class Reader extends ByteReader {
  /** After `optionalList` and `optionalMessages`: whether a flag is before each element (`present`). */
  nulls = false;

  private depth = 1;
  private weightless = 0;
  /** The types in order of their first appearance; those from `known` on are of an earlier payload. */
  private readonly types: TypeDef[] = [];
  private known = 0;

  /** Begins a payload of the message `root`. */
  begin(bytes: Uint8Array, root: TypeDef): void {
    if (root.bytes.length === 0) root.load();
    this.input = bytes;
    this.end = bytes.length;
    this.depth = 1;
    this.weightless = 0;
    this.known = 0;
    // Most TypeDefs are short, and most payloads right.
    if (
      this.end >= 12 &&
      bytes[0] === XLANG &&
      bytes[1] === PRESENT &&
      bytes[2] === WireType.MESSAGE &&
      bytes[3] === 0 &&
      bytes[4] !== 0xff &&
      this.word(4) === root.low &&
      this.word(8) === root.high &&
      root.bytes.length + 4 <= this.end
    ) {
      this.at = root.bytes.length + 4;
      this.types[0] = root;
      this.known = 1;
      return;
    }
    this.at = 0;
    this.take(3);
    if (bytes[0] !== XLANG || bytes[1] !== PRESENT || bytes[2] !== WireType.MESSAGE) {
      throw malformed(
        "a payload that begins with 01 ff 1e",
        [...bytes.subarray(0, 3)].map(hex).join(" "),
      );
    }
    this.marker(root);
  }

  // Scalars.

  /** Reads a `bool`: 0 or 1. */
  bool(): boolean {
    const byte = this.byte();
    if (byte > 1) throw malformed("a bool (0 or 1)", String(byte));
    return byte === 1;
  }

  /** Reads an `int8`. */
  int8(): number {
    return (this.byte() << 24) >> 24;
  }

  /** Reads an `int16`. */
  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  /** Reads an `int32`: a zigzag varint. */
  int32(): number {
    const zigzag = this.uint32();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  /** Reads an `int64`: a zigzag varint. */
  int64(): bigint {
    const zigzag = this.short();
    if (zigzag >= 0) {
      const sign = -(zigzag & 1);
      words[LOW] = (zigzag >>> 1) ^ sign;
      words[HIGH] = sign;
    } else {
      this.long();
      this.unzigzag();
    }
    return signed[0] as bigint;
  }

  /** Reads a `fixed_int32`: four bytes. */
  fixedInt32(): number {
    const at = this.take(4);
    return this.word(at);
  }

  /** Reads a `fixed_int64`: eight bytes. */
  fixedInt64(): bigint {
    this.words();
    return signed[0] as bigint;
  }

  /** Reads a `uint8`. */
  uint8(): number {
    return this.byte();
  }

  /** Reads a `uint16`. */
  uint16(): number {
    const at = this.take(2);
    const bytes = this.input;
    return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  }

  /** Reads a `uint32`: a varint in its shortest form. */
  uint32(): number {
    const value = this.short();
    return value >= 0 ? value : this.long32();
  }

  /** Reads a `uint64`: a varint in its shortest form, of at most nine bytes. */
  uint64(): bigint {
    this.varint();
    return unsigned[0] as bigint;
  }

  /** Reads a `fixed_uint32`: four bytes. */
  fixedUint32(): number {
    const at = this.take(4);
    return this.word(at) >>> 0;
  }

  /** Reads a `fixed_uint64`: eight bytes. */
  fixedUint64(): bigint {
    this.words();
    return unsigned[0] as bigint;
  }

  /** Reads a `float32`. */
  float32(): number {
    const at = this.take(4);
    words[0] = this.word(at);
    return single[0] as number;
  }

  /** Reads a `float64`. */
  float64(): number {
    this.words();
    return double[0] as number;
  }

  /** Reads a `string`: Latin-1, UTF-16 or UTF-8. */
  string(): string {
    const at = this.at;
    const input = this.input;
    if (at < this.end) {
      // One byte of header, and UTF-8.
      const header = input[at] as number;
      if ((header & 0x83) === 2) {
        const end = at + 1 + (header >> 2);
        if (end <= this.end) {
          const text =
            (header >> 2 <= SHORT ? asciiText(input, at + 1, end) : undefined) ??
            utf8Text(input, at + 1, end);
          this.at = end;
          return text;
        }
      }
    }
    return this.longString();
  }

  /** Reads `bytes`, into memory of their own. */
  bytes(): Uint8Array {
    const length = this.uint32();
    const at = this.take(length);
    return this.input.slice(at, at + length);
  }

  /** Reads a `timestamp`. */
  timestamp(): Timestamp {
    this.words();
    const seconds = ((words[HIGH] as number) | 0) * 0x1_0000_0000 + (words[LOW] as number);
    const nanos = this.fixedUint32();
    if (!Timestamp.fits(seconds, nanos)) throw badTime(Timestamp.RANGE, seconds, nanos);
    return new Timestamp(seconds, nanos);
  }

  /** Reads a `duration`. */
  duration(): Duration {
    const seconds = this.int64AsNumber();
    const nanos = this.fixedInt32();
    if (!Duration.fits(seconds, nanos)) throw badTime(Duration.RANGE, seconds, nanos);
    return new Duration(seconds, nanos);
  }

  /** Reads a `date`. */
  date(): PlainDate {
    const days = this.int64AsNumber();
    if (!PlainDate.fits(days))
      throw new Failure(PlainDate.RANGE, `day ${String(days)} since 1970-01-01`);
    return PlainDate.fromEpochDays(days);
  }

  /** Reads a `decimal`, with the scale it was written with. */
  decimal(): Decimal {
    const scale = this.int32();
    if (!Decimal.hasScale(scale)) throw new Failure(Decimal.RANGE, `scale ${String(scale)}`);
    const header = this.uint64();
    if ((header & 1n) === 0n) {
      const zigzag = header >> 1n;
      return new Decimal((zigzag & 1n) === 0n ? zigzag >> 1n : ~(zigzag >> 1n), scale);
    }
    const length = header >> 2n;
    if (length < 1n || length > BigInt(Decimal.MAX_MAGNITUDE)) {
      throw new Failure(Decimal.RANGE, `${String(length)} bytes of magnitude`);
    }
    const end = this.take(Number(length)) + Number(length);
    if (this.input[end - 1] === 0)
      throw malformed("a decimal magnitude without leading zeros", "one");
    let digits = "0x";
    for (let at = end - 1; at >= end - Number(length); at--)
      digits += hex(this.input[at] as number);
    const magnitude = BigInt(digits);
    return new Decimal((header & 2n) === 0n ? magnitude : -magnitude, scale);
  }

  /** Reads an enum by its declared number. */
  enumeration<E extends number>(type: EnumType<E>): E {
    const number = this.uint32();
    if (number < type.dense || type.has(number)) return number as E;
    throw new Failure(`a value of \`${type.typeName}\``, `number ${String(number)}`);
  }

  /** Reads whether a value that may be missing is there; it follows if so. */
  present(): boolean {
    const flag = this.byte();
    if (flag === PRESENT) return true;
    if (flag === NULL) return false;
    throw malformed("a value (ff) or a null (fd)", hex(flag));
  }

  // Messages: `r.enter(Leaf.typeDef); const leaf = Leaf.read(r); r.leave();`

  /** Begins a message that is a field's or a case's value: its type. Then its fields, then `leave`. */
  enter(type: TypeDef): void {
    this.deeper();
    this.messageType(type);
  }

  /** Ends a message, or a container of messages that is not empty. */
  leave(): void {
    this.depth--;
  }

  // Unions.
  //
  //     const number = r.unionCase();
  //     switch (number) {
  //       case 1: field = "card"; r.enter(Card.typeDef); {const value = Card.read(r); r.leave(); return {case: "card", value};}
  //       case 2: field = "cash"; r.caseType(7); return {case: "cash", value: r.int64()};
  //       case 3: field = "mood"; return {case: "mood", value: r.enumCase(Mood$)};
  //       default: throw v1.unknownCase("shop.Payment", number);      // outside the `try`: it has no field
  //     }

  /** Reads the number of a union's case; its type and value are to follow. */
  unionCase(): number {
    const number = this.uint32();
    const flag = this.byte();
    // Fory's derive says of a message in a case that others may refer to it; the value follows all the same.
    if (flag !== PRESENT && flag !== REFERABLE)
      throw malformed("the value of a union's case (ff)", hex(flag));
    return number;
  }

  /** Reads the type of a case's value that is a scalar: its number in `WireType`. */
  caseType(expected: number): void {
    const found = this.byte();
    if (found !== expected) throw malformed(typeShown(expected), typeShown(found));
  }

  /** Reads a case's value that is an enum: its type and its number. */
  enumCase<E extends number>(type: EnumType<E>): E {
    this.caseType(WireType.ENUM);
    this.marker(type.typeDef);
    return this.enumeration(type);
  }

  // Containers. `at` is the local variable that the `catch` gives to `within`.
  //
  // A list or set: its elements follow, each as a required value.
  //
  //     const n = r.list(), tags: string[] = [];
  //     for (let i = 0; i < n; i++) { at = i; tags.push(r.string()); }
  //     at = undefined;
  //
  //     const n = r.list(), marks = new Set<number>();
  //     for (let i = 0; i < n; i++) { at = i; marks.add(r.int32()); if (marks.size === i) throw r.repeatedElement(); }
  //     at = undefined;
  //
  //     const n = r.optionalList(), nulls = r.nulls;
  //     for (…) { at = i; notes.push(nulls && !r.present() ? undefined : r.string()); }
  //
  //     const n = r.messages(Line.typeDef), lines: Line[] = [];
  //     for (…) { at = i; lines.push(Line.read(r)); }
  //     at = undefined; if (n !== 0) r.leave();
  //
  // A map: as many chunks as the count takes.
  //
  //     const labels = new Map<string, number>();
  //     for (let left = r.count(); left !== 0; ) {
  //       let n = r.chunk(left); left -= n;                           // messages: r.messageChunk(left, Line.typeDef)
  //       for (; n !== 0; n--) {
  //         at = labels.size;
  //         const key = r.string(); at = key;
  //         if (labels.has(key)) throw r.repeatedKey();
  //         labels.set(key, r.int32());
  //       }
  //                                                                   // messages: r.leave();
  //     }
  //     at = undefined;
  //
  // A map whose values may be missing: 0 pairs stand for one pair with a key and no value.
  //
  //       let n = r.optionalChunk(left);                              // messages: r.optionalMessageChunk(left, type)
  //       left -= n || 1;
  //       if (n === 0) { at = labels.size; const key = r.string(); at = key;
  //                      if (labels.has(key)) throw r.repeatedKey(); labels.set(key, undefined); continue; }   // no `leave`

  /** Begins a list or set of scalars, enums, unions or containers that are required; returns how many follow. */
  list(): number {
    const count = this.count();
    if (count !== 0) {
      const header = this.byte();
      if (header !== ELEMENT.DECLARED) throw wrongHeader("elements", ELEMENT.DECLARED, header);
    }
    return count;
  }

  /** The same for elements that may be missing; `nulls` says whether each has a flag before it. */
  optionalList(): number {
    const count = this.count();
    this.nulls = count !== 0 && this.nullable(ELEMENT.DECLARED, ELEMENT.DECLARED_OR_NULL);
    return count;
  }

  /** Begins a list of messages that are required; returns how many follow. `leave` ends it if that is not 0. */
  messages(type: TypeDef): number {
    const count = this.messageCount(type);
    if (count !== 0) {
      const header = this.byte();
      if (header !== ELEMENT.MESSAGE) throw wrongHeader("elements", ELEMENT.MESSAGE, header);
      this.deeper();
      this.messageType(type);
      if (type.weightless) this.pay(count);
    }
    return count;
  }

  /** The same for messages that may be missing; `nulls` says whether each has a flag before it. */
  optionalMessages(type: TypeDef): number {
    const count = this.messageCount(type);
    if (count !== 0) {
      this.nulls = this.nullable(ELEMENT.MESSAGE, ELEMENT.MESSAGE_OR_NULL);
      this.deeper();
      this.messageType(type);
      if (type.weightless && !this.nulls) this.pay(count);
    }
    return count;
  }

  /** Begins a map; returns how many entries follow, in chunks. */
  count(): number {
    const count = this.uint32();
    if (count > this.end - this.at) {
      throw new Failure(`${String(count)} elements`, `${String(this.end - this.at)} bytes left`);
    }
    return count;
  }

  /** Begins a chunk of a map, of which `left` entries are left; returns how many pairs follow: at least one. */
  chunk(left: number): number {
    const header = this.byte();
    if (header !== CHUNK.DECLARED) throw wrongHeader("map entries", CHUNK.DECLARED, header);
    return this.chunkSize(left);
  }

  /** The same for values that are messages. `leave` ends the chunk. */
  messageChunk(left: number, type: TypeDef): number {
    const header = this.byte();
    if (header !== CHUNK.MESSAGE) throw wrongHeader("map entries", CHUNK.MESSAGE, header);
    const size = this.chunkSize(left);
    this.enter(type);
    return size;
  }

  /** The same for values that may be missing: 0 before the key of one pair whose value is. */
  optionalChunk(left: number): number {
    const header = this.byte();
    if (header === CHUNK.NULL_VALUE) return 0;
    if (header !== CHUNK.DECLARED) throw wrongHeader("map entries", CHUNK.DECLARED, header);
    return this.chunkSize(left);
  }

  /** The same for messages that may be missing. `leave` ends a chunk that is not 0. */
  optionalMessageChunk(left: number, type: TypeDef): number {
    const header = this.byte();
    if (header === CHUNK.NULL_VALUE) return 0;
    if (header !== CHUNK.MESSAGE) throw wrongHeader("map entries", CHUNK.MESSAGE, header);
    const size = this.chunkSize(left);
    this.enter(type);
    return size;
  }

  /** What to throw for an element of a set that is there twice. */
  repeatedElement(): Failure {
    return malformed("elements that are there once", "the same again");
  }

  /** What to throw for a key of a map that is there twice. */
  repeatedKey(): Failure {
    return malformed("keys that are there once", "the same again");
  }

  // Parts.

  private longString(): string {
    this.varint();
    const encoding = (words[LOW] as number) & 3;
    const length = (words[HIGH] as number) * 0x4000_0000 + ((words[LOW] as number) >>> 2);
    const at = this.take(length);
    const end = at + length;
    if (encoding === 2) return utf8Text(this.input, at, end);
    if (encoding === 0) return latin1Text(this.input, at, end);
    if (encoding === 1) return utf16Text(this.input, at, end);
    throw malformed("a string in Latin-1, UTF-16 or UTF-8", "encoding 3");
  }

  private deeper(): void {
    if (this.depth >= MAX_DEPTH) {
      throw new Failure(`at most ${String(MAX_DEPTH)} messages inside each other`, "one more");
    }
    this.depth++;
  }

  private pay(count: number): void {
    this.weightless += count;
    if (this.weightless > MAX_WEIGHTLESS) {
      throw new Failure(
        `at most ${MAX_WEIGHTLESS.toLocaleString("en")} list elements without fields in a payload`,
        String(this.weightless),
      );
    }
  }

  private messageType(type: TypeDef): void {
    const at = this.at;
    if (at + 1 < this.end && this.input[at] === WireType.MESSAGE) {
      const marker = this.input[at + 1] as number;
      // Below 0x80 it is whole.
      if ((marker & 0x81) === 1 && marker >> 1 < this.known && this.types[marker >> 1] === type) {
        this.at = at + 2;
        return;
      }
    }
    this.caseType(WireType.MESSAGE);
    this.marker(type);
  }

  /** Reads a type marker, and the TypeDef if it follows: it must be ours. */
  private marker(expected: TypeDef): void {
    const marker = this.uint32();
    const index = marker >>> 1;
    if ((marker & 1) === 1) {
      const found = index < this.known ? (this.types[index] as TypeDef) : undefined;
      if (found === expected) return;
      throw new Failure(
        `type \`${expected.name}\``,
        found === undefined
          ? `a reference to type ${String(index)}, which has not been defined`
          : `type \`${found.name}\``,
      );
    }
    if (index !== this.known) throw malformed(`type marker ${String(this.known)}`, String(index));
    if (expected.bytes.length === 0) expected.load();
    const at = this.take(8);
    const low = this.word(at);
    const high = this.word(at + 4);
    if (low !== expected.low || high !== expected.high) {
      throw new Failure(
        `type \`${expected.name}\` as defined here (TypeDef ${header(expected.low, expected.high)})`,
        `another definition (TypeDef ${header(low, high)})`,
      );
    }
    // The hash in the header stands for the body, so that it is not looked at again.
    let size = low & 0xff;
    if (size === 0xff) size += this.uint32();
    this.take(size);
    this.types[this.known++] = expected;
  }

  private messageCount(type: TypeDef): number {
    if (type.bytes.length === 0) type.load();
    return type.weightless ? this.uint32() : this.count();
  }

  private nullable(without: number, withNulls: number): boolean {
    const header = this.byte();
    if (header === withNulls) return true;
    if (header === without) return false;
    throw malformed(`elements with the header ${hex(without)} or ${hex(withNulls)}`, hex(header));
  }

  private chunkSize(left: number): number {
    const size = this.byte();
    if (size === 0 || size > left) {
      throw malformed(`a chunk of 1 to ${String(Math.min(left, 255))} map entries`, String(size));
    }
    return size;
  }
}

/** For generated code: what to throw for a case that the union does not declare. */
export function unknownCase(union: string, number: number): Failure {
  return new Failure(`a case of \`${union}\``, `number ${String(number)}`);
}

function badTime(expected: string, seconds: number, nanos: number): Failure {
  return new Failure(expected, `${String(seconds)} seconds and ${String(nanos)} nanoseconds`);
}

function typeShown(number: number): string {
  const named = Object.entries(WireType).find(([, type]) => type === number);
  return `type ${String(number)}${named ? ` (${named[0].toLowerCase()})` : ""}`;
}

function wrongHeader(of: string, expected: number, found: number): Failure {
  return malformed(`${of} with the header ${hex(expected)}`, hex(found));
}

function header(low: number, high: number): string {
  const half = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
  return half(high) + half(low);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
