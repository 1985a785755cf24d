// The bytes of payloads, one payload after another in a buffer that grows, and the numbers that everything in them is made of.

import { markAsUntransferable } from "node:worker_threads";
import { Failure } from "./failure.js";
import { HIGH, LOW, words } from "./scratch.js";
import { MAX_PAYLOAD } from "./wire.js";

/** What a writer begins with; it is given away piece by piece. */
const SLAB = 16_384;
/** Larger payloads are copied. */
const LARGEST_PIECE = 4_096;
/** What a writer keeps at most from one payload to the next. */
const KEPT = 1 << 20;

/** Writes numbers at the end of a payload, and makes room for them. */
export class ByteWriter {
  protected output: Uint8Array = slab(SLAB);
  protected at = 0;
  /** Where the payload begins; what is before has been given away. */
  protected base = 0;
  /** Whether no payload has begun at `base` yet. */
  protected blank = true;
  private size = SLAB;

  /** The payload: a view, until the next one. */
  view(): Uint8Array {
    return this.output.subarray(this.base, this.at);
  }

  /** The payload, in memory that nothing writes to again. */
  take(): Uint8Array {
    const { base, at } = this;
    if (at - base > LARGEST_PIECE) return this.output.slice(base, at);
    const payload = this.output.subarray(base, at);
    if (this.size - at >= LARGEST_PIECE) {
      this.base = at;
      this.blank = true;
    } else {
      this.renew();
    }
    return payload;
  }

  /** Gives back what an unusual payload has taken. */
  release(): void {
    if (this.size > KEPT) this.renew();
  }

  // Parts.

  /** Has memory to write to, also if somebody has taken it away. */
  protected whole(): void {
    if (this.output.length !== this.size) this.renew();
  }

  private renew(): void {
    this.output = slab(SLAB);
    this.size = SLAB;
    this.base = 0;
    this.blank = true;
  }

  /** Makes room for `count` more bytes. */
  protected reserve(count: number): void {
    if (count > this.size - this.at) this.grow(count);
  }

  private grow(count: number): void {
    const { base } = this;
    const length = this.at - base;
    const needed = length + count;
    if (needed > MAX_PAYLOAD) throw new Failure("a payload of at most 4 GiB", "a larger one");
    const size = needed <= SLAB ? SLAB : Math.min(Math.max(needed, length * 2), MAX_PAYLOAD);
    let output: Uint8Array;
    try {
      output = slab(size);
    } catch {
      throw new Failure(
        "a payload that memory has room for",
        `one of more than ${String(length)} bytes`,
      );
    }
    output.set(this.output.subarray(base, this.at));
    this.output = output;
    this.size = size;
    this.base = 0;
    this.at = length;
  }

  protected byte(value: number): void {
    if (this.at >= this.size) this.grow(1);
    this.output[this.at++] = value;
  }

  protected two(value: number): void {
    this.reserve(2);
    this.output[this.at] = value;
    this.output[this.at + 1] = value >> 8;
    this.at += 2;
  }

  /** Four bytes for which there is room. */
  protected four(value: number): void {
    const output = this.output;
    const at = this.at;
    output[at] = value;
    output[at + 1] = value >> 8;
    output[at + 2] = value >> 16;
    output[at + 3] = value >> 24;
    this.at = at + 4;
  }

  /** The scratch. */
  protected eight(): void {
    this.reserve(8);
    this.four(words[LOW] as number);
    this.four(words[HIGH] as number);
  }

  protected varint32(value: number): void {
    if (value < 0x80) {
      this.byte(value);
      return;
    }
    this.reserve(5);
    const output = this.output;
    let at = this.at;
    while (value >= 0x80) {
      output[at++] = value | 0x80;
      value >>>= 7;
    }
    output[at++] = value;
    this.at = at;
  }

  /** A varint of two halves without signs. */
  protected varint64(low: number, high: number): void {
    if (high === 0) {
      this.varint32(low);
      return;
    }
    this.reserve(9);
    const output = this.output;
    let at = this.at;
    output[at++] = low | 0x80;
    output[at++] = (low >>> 7) | 0x80;
    output[at++] = (low >>> 14) | 0x80;
    output[at++] = (low >>> 21) | 0x80;
    // 36 bits are left: the ninth byte, if there is one, has eight of them.
    const middle = ((low >>> 28) | (high << 4)) >>> 0;
    high >>>= 28;
    let rest = middle;
    for (let count = 0; count < 4; count++) {
      if (rest < 0x80 && high === 0) {
        output[at++] = rest;
        this.at = at;
        return;
      }
      output[at++] = rest | 0x80;
      rest = ((rest >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    output[at++] = rest;
    this.at = at;
  }

  /** A whole number of fewer than 53 bits as an `int64`. */
  protected number64(value: number): void {
    const low = value >>> 0;
    const high = Math.floor(value / 0x1_0000_0000);
    const sign = high >> 31;
    this.varint64(((low << 1) ^ sign) >>> 0, (((high << 1) | (low >>> 31)) ^ sign) >>> 0);
  }

  protected length64(value: number): void {
    this.varint64(value >>> 0, Math.floor(value / 0x1_0000_0000));
  }
}

/** Memory that several payloads share: with one of them, none of it goes to another thread. */
function slab(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  markAsUntransferable(bytes.buffer);
  return bytes;
}

/** How many bytes a varint takes. */
export function varintLength(value: number): number {
  return value < 0x80
    ? 1
    : value < 0x4000
      ? 2
      : value < 0x20_0000
        ? 3
        : value < 0x1000_0000
          ? 4
          : 5;
}
