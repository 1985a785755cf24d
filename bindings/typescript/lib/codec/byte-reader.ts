// The bytes of a payload, from the first to the last, and the numbers that everything in them is made of.

import { Failure } from "./failure.js";
import { HIGH, LOW, words } from "./scratch.js";

/** Reads numbers of a payload, and never beyond its end. */
export class ByteReader {
  protected input: Uint8Array = NOTHING;
  protected at = 0;
  protected end = 0;

  /** Ends the payload: no bytes may be left over. */
  finish(): void {
    if (this.at !== this.end)
      throw malformed("the end of the payload", `${String(this.end - this.at)} more bytes`);
  }

  /** Gives the bytes back, so that a reader that is kept does not keep them. */
  release(): void {
    this.input = NOTHING;
    this.end = 0;
    this.at = 0;
  }

  protected byte(): number {
    const at = this.at;
    if (at >= this.end) throw this.tooShort();
    this.at = at + 1;
    return this.input[at] as number;
  }

  /** Passes `length` bytes and returns where they begin. */
  protected take(length: number): number {
    const at = this.at;
    if (length > this.end - at) throw this.tooShort();
    this.at = at + length;
    return at;
  }

  protected tooShort(): Failure {
    return new Failure("more bytes", `${String(this.end - this.at)} bytes left`);
  }

  /** Four bytes that are there. */
  protected word(at: number): number {
    const bytes = this.input;
    return (
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    );
  }

  /** Eight bytes, into the scratch. */
  protected words(): void {
    const at = this.take(8);
    words[LOW] = this.word(at);
    words[HIGH] = this.word(at + 4);
  }

  protected long32(): number {
    this.long();
    if (words[HIGH] !== 0) throw malformed("a varint of at most 32 bits", "a wider one");
    return words[LOW] as number;
  }

  /** A varint of up to four bytes, or -1 and nothing is read: for longer ones, wrong ones, and the last bytes of a payload. */
  protected short(): number {
    const input = this.input;
    const at = this.at;
    if (at + 4 > this.end) return -1;
    const first = input[at] as number;
    if (first < 0x80) {
      this.at = at + 1;
      return first;
    }
    const second = input[at + 1] as number;
    if (second < 0x80) {
      if (second === 0) return -1;
      this.at = at + 2;
      return (first & 0x7f) | (second << 7);
    }
    const third = input[at + 2] as number;
    if (third < 0x80) {
      if (third === 0) return -1;
      this.at = at + 3;
      return (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
    }
    const fourth = input[at + 3] as number;
    if (fourth >= 0x80 || fourth === 0) return -1;
    this.at = at + 4;
    return (first & 0x7f) | ((second & 0x7f) << 7) | ((third & 0x7f) << 14) | (fourth << 21);
  }

  /** A varint of up to 64 bits, into the scratch. */
  protected varint(): void {
    const value = this.short();
    if (value >= 0) {
      words[LOW] = value;
      words[HIGH] = 0;
    } else {
      this.long();
    }
  }

  /** The same of any length: seven bits of each of the first eight, all of the ninth. */
  protected long(): void {
    const bytes = this.input;
    const end = this.end;
    let at = this.at;
    let low = 0;
    let high = 0;
    let byte = 0x80;
    let shift = 0;
    for (; byte >= 0x80 && shift < 28; shift += 7) {
      if (at >= end) throw this.tooShort();
      byte = bytes[at++] as number;
      low |= (byte & 0x7f) << shift;
    }
    if (byte >= 0x80) {
      if (at >= end) throw this.tooShort();
      byte = bytes[at++] as number;
      low |= byte << 28;
      high = (byte & 0x7f) >> 4;
      for (shift = 3; byte >= 0x80 && shift < 24; shift += 7) {
        if (at >= end) throw this.tooShort();
        byte = bytes[at++] as number;
        high |= (byte & 0x7f) << shift;
      }
      if (byte >= 0x80) {
        if (at >= end) throw this.tooShort();
        byte = bytes[at++] as number;
        high |= byte << 24;
      }
    }
    if (byte === 0 && at - this.at > 1)
      throw malformed("a varint in its shortest form", "a longer one");
    this.at = at;
    words[LOW] = low;
    words[HIGH] = high;
  }

  protected unzigzag(): void {
    const low = words[LOW] as number;
    const high = words[HIGH] as number;
    const sign = -(low & 1);
    words[LOW] = ((low >>> 1) | (high << 31)) ^ sign;
    words[HIGH] = (high >>> 1) ^ sign;
  }

  /** An `int64` that is in a range of fewer than 53 bits, or refused. */
  protected int64AsNumber(): number {
    this.varint();
    this.unzigzag();
    return ((words[HIGH] as number) | 0) * 0x1_0000_0000 + (words[LOW] as number);
  }
}

const NOTHING = /* @__PURE__ */ new Uint8Array(0);

/** What to throw for bytes that no writer makes. */
export function malformed(expected: string, found: string): Failure {
  return new Failure(expected, found);
}
