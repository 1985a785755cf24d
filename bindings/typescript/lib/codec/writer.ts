// Writes the values of a message; what enters is a value, what leaves are its bytes at the end of the buffer.
//
// Generated code calls one method for each thing in the bytes, in Fory's field order, and has the loops itself: see
// "Containers" below for their form. What plain JavaScript may get wrong, a type or a range, is a `Failure`.

import { ByteWriter, varintLength } from "./byte-writer.js";
import { Decimal } from "./decimal.js";
import { Duration } from "./duration.js";
import type { EnumType } from "./enumeration.js";
import { Failure, describe, wrong, wrongTime } from "./failure.js";
import { PlainDate } from "./plain-date.js";
import { HIGH, LOW, double, signed, single, unsigned, words } from "./scratch.js";
import { SHORT, encodeText, utf8Length } from "./text-writer.js";
import { Timestamp } from "./timestamp.js";
import type { TypeDef } from "./type-def.js";
import {
  CHUNK,
  ELEMENT,
  MAX_DEPTH,
  MAX_WEIGHTLESS,
  NULL,
  PRESENT,
  WireType,
  XLANG,
} from "./wire.js";

/** The units of a text from where it is counted before it is written, so that no room is made that it does not take. */
const LONG = 8_192;

/** How long it is, whatever a subclass says. */
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the array
const lengthOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  "length",
)?.get as (this: Uint8Array) => number;

/** Writes payloads, one after another, into a buffer that grows. Made by `encode`. */
export class Writer extends ByteWriter {
  private depth = 1;
  private weightless = 0;
  /** The types in order of their first appearance; those from `known` on are of an earlier payload. */
  private readonly types: TypeDef[] = [];
  private known = 0;
  /** The places of the types, from when there are many. */
  private readonly places = new Map<TypeDef, number>();
  /** The outermost message of which the buffer has the beginning already, if it is not blank. */
  private begun: TypeDef | undefined = undefined;

  /** Begins a payload of the message `root`. */
  begin(root: TypeDef): void {
    if (root.bytes.length === 0) root.load();
    this.whole();
    this.depth = 1;
    this.weightless = 0;
    this.types[0] = root;
    this.known = 1;
    root.place = 0;
    if (this.blank || this.begun !== root) this.prelude(root);
    this.at = this.base + root.bytes.length + 4;
  }

  /** What each payload of `root` begins with. It stays in the buffer as long as nothing else is written there. */
  private prelude(root: TypeDef): void {
    this.at = this.base;
    const length = root.bytes.length;
    this.reserve(length + 4);
    const output = this.output;
    const at = this.at;
    output[at] = XLANG;
    output[at + 1] = PRESENT;
    output[at + 2] = WireType.MESSAGE;
    output[at + 3] = 0;
    if (length <= 64) {
      for (let index = 0; index < length; index++)
        output[at + 4 + index] = root.bytes[index] as number;
    } else {
      output.set(root.bytes, at + 4);
    }
    this.begun = root;
    this.blank = false;
  }

  /** Gives back what an unusual payload has taken, and forgets which types were written. */
  override release(): void {
    super.release();
    if (this.places.size !== 0) this.places.clear();
  }

  // Scalars.

  /** Writes a `bool`. */
  bool(value: boolean): void {
    if (value === true) this.byte(1);
    else if (value === false) this.byte(0);
    else throw wrong("a boolean", value);
  }

  /** Writes an `int8`. */
  int8(value: number): void {
    if (typeof value !== "number" || (value << 24) >> 24 !== value) throw outOfRange("int8", value);
    this.byte(value);
  }

  /** Writes an `int16`. */
  int16(value: number): void {
    if (typeof value !== "number" || (value << 16) >> 16 !== value)
      throw outOfRange("int16", value);
    this.two(value);
  }

  /** Writes an `int32`: a zigzag varint. */
  int32(value: number): void {
    if (typeof value !== "number" || (value | 0) !== value) throw outOfRange("int32", value);
    this.varint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** Writes an `int64`: a zigzag varint. */
  int64(value: bigint): void {
    this.toSigned("int64", value);
    const low = words[LOW] as number;
    const high = words[HIGH] as number;
    const sign = high >> 31;
    this.varint64(((low << 1) ^ sign) >>> 0, (((high << 1) | (low >>> 31)) ^ sign) >>> 0);
  }

  /** Writes a `fixed_int32`: four bytes. */
  fixedInt32(value: number): void {
    if (typeof value !== "number" || (value | 0) !== value) throw outOfRange("fixed_int32", value);
    this.reserve(4);
    this.four(value);
  }

  /** Writes a `fixed_int64`: eight bytes. */
  fixedInt64(value: bigint): void {
    this.toSigned("fixed_int64", value);
    this.eight();
  }

  /** Writes a `uint8`. */
  uint8(value: number): void {
    if (typeof value !== "number" || (value & 0xff) !== value) throw outOfRange("uint8", value);
    this.byte(value);
  }

  /** Writes a `uint16`. */
  uint16(value: number): void {
    if (typeof value !== "number" || (value & 0xffff) !== value) throw outOfRange("uint16", value);
    this.two(value);
  }

  /** Writes a `uint32`: a varint. */
  uint32(value: number): void {
    if (typeof value !== "number" || value >>> 0 !== value) throw outOfRange("uint32", value);
    this.varint32(value);
  }

  /** Writes a `uint64`: a varint. */
  uint64(value: bigint): void {
    this.toUnsigned("uint64", value);
    this.varint64(words[LOW] as number, words[HIGH] as number);
  }

  /** Writes a `fixed_uint32`: four bytes. */
  fixedUint32(value: number): void {
    if (typeof value !== "number" || value >>> 0 !== value) throw outOfRange("fixed_uint32", value);
    this.reserve(4);
    this.four(value);
  }

  /** Writes a `fixed_uint64`: eight bytes. */
  fixedUint64(value: bigint): void {
    this.toUnsigned("fixed_uint64", value);
    this.eight();
  }

  /** Writes a `float32`: the nearest there is. */
  float32(value: number): void {
    if (typeof value !== "number") throw wrong("a number", value);
    single[0] = value;
    const word = words[0] as number;
    if ((word & 0x7fff_ffff) === 0x7f80_0000 && Number.isFinite(value)) {
      throw wrong("a number that is not beyond the largest float32", value);
    }
    this.reserve(4);
    this.four(word);
  }

  /** Writes a `float64`. */
  float64(value: number): void {
    if (typeof value !== "number") throw wrong("a number", value);
    double[0] = value;
    this.eight();
  }

  /** Writes a `string`, as UTF-8. */
  string(value: string): void {
    if (typeof value !== "string") throw wrong("a string", value);
    const length = value.length;
    if (length < SHORT) {
      // ASCII of one byte of length, or all again.
      this.reserve(length + 1);
      const output = this.output;
      let at = this.at;
      output[at++] = (length << 2) | 2;
      let all = 0;
      for (let index = 0; index < length; index++) {
        const unit = value.charCodeAt(index);
        all |= unit;
        output[at++] = unit;
      }
      if (all < 0x80) {
        this.at = at;
        return;
      }
    }
    this.longString(value);
  }

  /** Writes `bytes`. */
  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw wrong("a Uint8Array", value);
    const length = lengthOf.call(value);
    // a detached one has no bytes, and cannot be copied
    if (length === 0) {
      this.byte(0);
      return;
    }
    this.varint32(length);
    this.reserve(length);
    this.output.set(value, this.at);
    this.at += length;
  }

  /** Writes a `timestamp`. */
  timestamp(value: Timestamp): void {
    if (!(value instanceof Timestamp)) throw wrong("a Timestamp", value);
    const { seconds, nanoseconds } = value;
    if (!Timestamp.fits(seconds, nanoseconds))
      throw wrongTime(Timestamp.RANGE, seconds, nanoseconds);
    this.reserve(12);
    this.four(seconds);
    this.four(Math.floor(seconds / 0x1_0000_0000));
    this.four(nanoseconds);
  }

  /** Writes a `duration`. */
  duration(value: Duration): void {
    if (!(value instanceof Duration)) throw wrong("a Duration", value);
    const { seconds, nanoseconds } = value;
    if (!Duration.fits(seconds, nanoseconds)) throw wrongTime(Duration.RANGE, seconds, nanoseconds);
    this.number64(seconds);
    this.reserve(4);
    this.four(nanoseconds);
  }

  /** Writes a `date`. */
  date(value: PlainDate): void {
    if (!(value instanceof PlainDate)) throw wrong("a PlainDate", value);
    const days = value.epochDays;
    if (!PlainDate.fits(days)) throw wrong(PlainDate.RANGE, days);
    this.number64(days);
  }

  /** Writes a `decimal`, with the scale it has. */
  decimal(value: Decimal): void {
    if (!(value instanceof Decimal)) throw wrong("a Decimal", value);
    const { unscaled, scale } = value;
    if (!Decimal.hasScale(scale)) throw new Failure(Decimal.RANGE, `as a scale ${describe(scale)}`);
    if (!Decimal.fits(unscaled, scale)) throw wrong(Decimal.RANGE, unscaled);
    this.int32(scale);
    if (unscaled >= -0x4000_0000_0000_0000n && unscaled < 0x4000_0000_0000_0000n) {
      this.uint64((unscaled < 0n ? ~unscaled * 2n + 1n : unscaled * 2n) * 2n);
      return;
    }
    let digits = (unscaled < 0n ? -unscaled : unscaled).toString(16);
    if (digits.length % 2 === 1) digits = `0${digits}`;
    const length = digits.length / 2;
    this.varint32((length << 2) | (unscaled < 0n ? 3 : 1));
    this.reserve(length);
    for (let end = digits.length; end > 0; end -= 2) {
      this.output[this.at++] = Number.parseInt(digits.slice(end - 2, end), 16);
    }
  }

  /** Writes an enum, as its declared number. */
  enumeration<E extends number>(value: E, type: EnumType<E>): void {
    if (
      typeof value !== "number" ||
      value >>> 0 !== value ||
      (value >= type.dense && !type.has(value))
    )
      throw wrongEnum(value, type);
    this.varint32(value);
  }

  /** Writes whether a value is there; it is to follow if so. */
  present<T>(value: T): value is Exclude<T, undefined> {
    const is = value !== undefined;
    this.byte(is ? PRESENT : NULL);
    return is;
  }

  // Messages: `w.enter(Leaf.typeDef); Leaf.write(w, value.leaf); w.leave();`

  /** Begins a message that is a field's or a case's value: its type. Then its fields, then `leave`. */
  enter(type: TypeDef): void {
    this.deeper();
    this.messageType(type);
  }

  /** Ends a message, or a container of messages that is not empty. */
  leave(): void {
    this.depth--;
  }

  /**
   * Says that a value is an object, so that its fields can be looked at. Each `write` of a message or union begins with it,
   * outside of its `try`.
   */
  object(value: object, typeName: string): void {
    if (typeof value !== "object" || value === null) throw wrong(`a \`${typeName}\``, value);
  }

  // Unions.
  //
  //     w.object(value, "shop.Payment");
  //     switch (value.case) {
  //       case "card": field = "card"; w.unionCase(1); w.enter(Card.typeDef); Card.write(w, value.value); w.leave(); break;
  //       case "cash": field = "cash"; w.scalarCase(2, 7); w.int64(value.value); break;
  //       case "mood": field = "mood"; w.enumCase(3, value.value, Mood$); break;
  //       default: throw v1.unknownCaseName("shop.Payment", value);      // outside the `try`: it has no field
  //     }

  /** Begins case `number` of a union; its value, a message, is to follow. */
  unionCase(number: number): void {
    this.varint32(number);
    this.byte(PRESENT);
  }

  /** Begins case `number` of a union; its value, a scalar of this `WireType`, is to follow. */
  scalarCase(number: number, type: number): void {
    this.varint32(number);
    this.byte(PRESENT);
    this.byte(type);
  }

  /** Writes case `number` of a union, whose value is an enum. */
  enumCase<E extends number>(number: number, value: E, type: EnumType<E>): void {
    this.scalarCase(number, WireType.ENUM);
    this.marker(type.typeDef);
    this.enumeration(value, type);
  }

  // Containers. `at` is the local variable that the `catch` gives to `within`.
  //
  // A list or set: its elements follow.
  //
  //     const tags = value.tags, n = w.list(tags);
  //     for (let i = 0; i < n; i++) { at = i; w.string(tags[i] as string); }
  //     at = undefined;
  //
  //     const marks = value.marks; let left = w.set(marks);
  //     for (const mark of marks) { w.int32(mark); left--; }     // the path ends at the field: an index in a set means little
  //     if (left !== 0) throw w.changed();
  //
  //     const notes = value.notes, n = w.optionalList(notes), nulls = w.nulls;
  //     for (…) { at = i; const note = notes[i]; if (nulls ? w.present(note) : true) w.string(note as string); }
  //
  //     const lines = value.lines, n = w.messages(lines, Line.typeDef);       // or w.optionalMessages, as above
  //     for (…) { at = i; Line.write(w, lines[i] as Line); }
  //     at = undefined; if (n !== 0) w.leave();
  //
  // A map. `run` is the open chunk: each `pair` gives it, and takes the one before.
  //
  //     const labels = value.labels; let left = w.map(labels), run = 0;
  //     for (const [key, entry] of labels) { at = key; run = w.pair(run); w.string(key); w.int32(entry); left--; }
  //     at = undefined; if (left !== 0) throw w.changed();
  //
  //     const lines = value.lines; let left = w.messageMap(lines), run = 0; const n = left;
  //     for (const [key, entry] of lines) { at = key; run = w.messagePair(run, Line.typeDef); w.string(key); Line.write(w, entry); left--; }
  //     at = undefined; if (left !== 0) throw w.changed(); if (n !== 0) w.leave();
  //
  // Values that may be missing: a pair without one ends the run.
  //
  //     { at = key; if (entry === undefined) { run = w.nullPair(); w.string(key); }
  //       else { run = w.pair(run); w.string(key); w.int32(entry); } left--; }

  /** After `optionalList` and `optionalMessages`: whether a flag is to be before each element (`present`). */
  nulls = false;

  /** Begins a list of scalars, enums, unions or containers; returns how many are to follow. */
  list(values: readonly unknown[]): number {
    if (!Array.isArray(values)) throw wrong("an array", values);
    const count = values.length;
    this.varint32(count);
    if (count !== 0) this.byte(ELEMENT.DECLARED);
    return count;
  }

  /** The same for elements that may be missing; `nulls` says whether one of them is. */
  optionalList(values: readonly unknown[]): number {
    if (!Array.isArray(values)) throw wrong("an array", values);
    const count = values.length;
    this.varint32(count);
    this.nulls = hasNulls(values);
    if (count !== 0) this.byte(this.nulls ? ELEMENT.DECLARED_OR_NULL : ELEMENT.DECLARED);
    return count;
  }

  /** Begins a list of messages; returns how many are to follow. `leave` ends it if that is not 0. */
  messages(values: readonly unknown[], type: TypeDef): number {
    if (!Array.isArray(values)) throw wrong("an array", values);
    const count = values.length;
    this.varint32(count);
    if (count !== 0) {
      this.deeper();
      this.byte(ELEMENT.MESSAGE);
      this.messageType(type);
      if (type.weightless) this.pay(count);
    }
    return count;
  }

  /** The same for messages that may be missing; `nulls` says whether one of them is. */
  optionalMessages(values: readonly unknown[], type: TypeDef): number {
    if (!Array.isArray(values)) throw wrong("an array", values);
    const count = values.length;
    this.varint32(count);
    this.nulls = hasNulls(values);
    if (count !== 0) {
      this.deeper();
      this.byte(this.nulls ? ELEMENT.MESSAGE_OR_NULL : ELEMENT.MESSAGE);
      this.messageType(type);
      if (type.weightless && !this.nulls) this.pay(count);
    }
    return count;
  }

  /** Begins a set; returns how many elements are to follow. */
  set(values: ReadonlySet<unknown>): number {
    if (!(values instanceof Set)) throw wrong("a Set", values);
    const count = values.size;
    this.varint32(count);
    if (count !== 0) this.byte(ELEMENT.DECLARED);
    return count;
  }

  /** Begins a map; returns how many entries are to follow. */
  map(values: ReadonlyMap<unknown, unknown>): number {
    if (!(values instanceof Map)) throw wrong("a Map", values);
    const count = values.size;
    this.varint32(count);
    return count;
  }

  /** Begins a map with values that are messages; returns how many entries are to follow. `leave` ends it if that is not 0. */
  messageMap(values: ReadonlyMap<unknown, unknown>): number {
    const count = this.map(values);
    if (count !== 0) this.deeper();
    return count;
  }

  /** Begins a pair: in the chunk `run` if there is one and it has room, else in another. Returns the chunk. */
  pair(run: number): number {
    if (run !== 0 && this.extend(run)) return run;
    return this.beginChunk(CHUNK.DECLARED);
  }

  /** The same for a value that is a message. */
  messagePair(run: number, type: TypeDef): number {
    if (run !== 0 && this.extend(run)) return run;
    const begun = this.beginChunk(CHUNK.MESSAGE);
    this.messageType(type);
    return begun;
  }

  /** Begins a pair without a value. Returns that no chunk is open. */
  nullPair(): number {
    this.byte(CHUNK.NULL_VALUE);
    return 0;
  }

  /** What to throw if a set or map has not as many elements as it said. */
  changed(): Failure {
    return new Failure("a container that is the same while it is written", "one that has changed");
  }

  // Parts.

  private beginChunk(header: number): number {
    this.reserve(2);
    this.output[this.at] = header;
    this.output[this.at + 1] = 1;
    this.at += 2;
    // From the beginning of the payload: the buffer may be another by the next pair.
    return this.at - 1 - this.base;
  }

  /** Counts one more pair in a chunk, if it has room. */
  private extend(run: number): boolean {
    const { output } = this;
    const place = this.base + run;
    const count = output[place] as number;
    if (count === 0xff) return false;
    output[place] = count + 1;
    return true;
  }

  private toSigned(type: string, value: bigint): void {
    if (typeof value !== "bigint") throw wrong("a bigint", value);
    signed[0] = value;
    if (signed[0] !== value) throw outOfRange(type, value);
  }

  private toUnsigned(type: string, value: bigint): void {
    if (typeof value !== "bigint") throw wrong("a bigint", value);
    unsigned[0] = value;
    if (unsigned[0] !== value) throw outOfRange(type, value);
  }

  private longString(value: string): void {
    if (!value.isWellFormed()) throw wrong("text without lone surrogates", value);
    const units = value.length;
    if (units > LONG) {
      const length = utf8Length(value);
      this.length64(length * 4 + 2);
      this.reserve(length);
      this.at += encodeText(value, this.output, this.at);
      return;
    }
    // How many bytes there will be is not known; those of ASCII go where they belong at once, or as far on as the length is long.
    const guess = varintLength(units * 4 + 2);
    this.reserve(units * 3 + 5);
    const begin = this.at + guess;
    const length = encodeText(value, this.output, begin);
    const header = length * 4 + 2;
    const found = varintLength(header);
    if (found !== guess) this.output.copyWithin(this.at + found, begin, begin + length);
    this.varint32(header);
    this.at += length;
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
    this.byte(WireType.MESSAGE);
    this.marker(type);
  }

  private marker(type: TypeDef): void {
    const place = type.place;
    if (place < this.known && this.types[place] === type) this.varint32((place << 1) | 1);
    else this.otherMarker(type);
  }

  /** A type that is new to this payload, or that another writer has used in the meantime. */
  private otherMarker(type: TypeDef): void {
    const many = 16;
    if (this.known === many && this.places.size === 0) {
      for (let place = 0; place < many; place++)
        this.places.set(this.types[place] as TypeDef, place);
    }
    const place =
      this.known < many
        ? this.types.slice(0, this.known).indexOf(type)
        : (this.places.get(type) ?? -1);
    if (place >= 0) {
      type.place = place;
      this.varint32((place << 1) | 1);
      return;
    }
    if (type.bytes.length === 0) type.load();
    if (this.known >= many) this.places.set(type, this.known);
    type.place = this.known;
    this.types[this.known] = type;
    this.varint32(this.known << 1);
    this.known++;
    this.reserve(type.bytes.length);
    this.output.set(type.bytes, this.at);
    this.at += type.bytes.length;
  }
}

/** For generated code: what to throw for a value of a union that has no case of this name. */
export function unknownCaseName(union: string, value: { readonly case: unknown }): Failure {
  return new Failure(`a case of \`${union}\``, describe(value.case));
}

function hasNulls(values: readonly unknown[]): boolean {
  for (let index = 0; index < values.length; index++) {
    if (values[index] === undefined) return true;
  }
  return false;
}

function outOfRange(type: string, value: unknown): Failure {
  const whole = type.endsWith("64") ? "a bigint" : "a whole number";
  return new Failure(`${whole} in the range of ${type}`, describe(value));
}

function wrongEnum<E extends number>(value: unknown, type: EnumType<E>): Failure {
  return new Failure(`a value of \`${type.typeName}\``, describe(value));
}
