// A decimal number with the digits it was written with.

import { describe } from "./failure.js";

const MAX_SCALE = 10_000;
const MAX_MAGNITUDE = 4_096;
/** Beyond the largest magnitude. */
const BEYOND = 1n << 32_768n;
/** Longer ones have too many digits, or zeros that nobody needs. */
const MAX_TEXT = 30_000;
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

/** A decimal number: `unscaled` · 10^−`scale`. 1.50 is not written as 1.5 is; they are equal all the same. */
export class Decimal {
  /** In words: what a decimal may be. */
  static readonly RANGE =
    "a decimal with a scale from -10,000 to 10,000 and at most 4,096 bytes of magnitude";
  /** The bytes of the largest magnitude. */
  static readonly MAX_MAGNITUDE = MAX_MAGNITUDE;

  /** All its digits. */
  readonly unscaled: bigint;
  /** How many of them are behind the point; zeros are to be added if it is negative. */
  readonly scale: number;

  /** Throws a `RangeError` outside of the range of the language, and a `TypeError` for what is no bigint. */
  constructor(unscaled: bigint, scale = 0) {
    if (typeof unscaled !== "bigint")
      throw new TypeError(`expected a bigint, found ${describe(unscaled)}`);
    if (!Decimal.fits(unscaled, scale)) {
      const found = Decimal.hasScale(scale) ? "more bytes" : `as a scale ${describe(scale)}`;
      throw new RangeError(`expected ${Decimal.RANGE}, found ${found}`);
    }
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** Whether there is a decimal of these parts. */
  static fits(unscaled: bigint, scale: number): boolean {
    return (
      Decimal.hasScale(scale) &&
      typeof unscaled === "bigint" &&
      unscaled < BEYOND &&
      unscaled > -BEYOND
    );
  }

  /** Whether decimals have such a scale. */
  static hasScale(scale: number): boolean {
    return (scale | 0) === scale && scale >= -MAX_SCALE && scale <= MAX_SCALE;
  }

  /** Reads `-12.50` or `1.25e-7`; the scale is the one it is written with. Throws a `SyntaxError` for another text. */
  static parse(text: string): Decimal {
    const found = text.length > MAX_TEXT ? null : PATTERN.exec(text);
    const whole = found?.[2] ?? "";
    const behind = found?.[3] ?? "";
    if (found === null || whole + behind === "")
      throw new SyntaxError("expected a decimal such as -12.50");
    const magnitude = BigInt(whole + behind);
    return new Decimal(
      found[1] === "-" ? -magnitude : magnitude,
      behind.length - Number(found[4] ?? 0),
    );
  }

  /** `-12.50`, and with an exponent where there would be many zeros. Reading it gives the same scale. */
  toString(): string {
    const sign = this.unscaled < 0n ? "-" : "";
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString();
    if (this.scale === 0) return sign + digits;
    if (this.scale < 0 || this.scale > digits.length + 20) {
      return `${sign}${digits}e${String(-this.scale)}`;
    }
    const padded = digits.padStart(this.scale + 1, "0");
    const point = padded.length - this.scale;
    return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }

  /** The nearest number. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** Whether both are the same number; 1.50 equals 1.5. */
  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  /** Below 0 if this one is smaller, above 0 if it is larger: for `sort`. */
  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale);
    const ours = this.unscaled * 10n ** BigInt(scale - this.scale);
    const theirs = other.unscaled * 10n ** BigInt(scale - other.scale);
    return ours < theirs ? -1 : ours > theirs ? 1 : 0;
  }

  /** Throws: `<` and `+` would go through a text. There is `compare`. */
  valueOf(): never {
    throw new TypeError("compare decimals with compare() and equals()");
  }
}
