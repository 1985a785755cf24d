// A length of time, exact to the nanosecond.

import { misfit } from "./failure.js";
import { fraction, nanosecondsOf } from "./fraction.js";

const MAX_SECONDS = 9_000_000_000_000;
const SECOND = 1_000_000_000;
const PATTERN = /^(-?)(\d{1,13})(?:\.(\d{1,9}))?s$/;

/** A length of time: seconds, rounded down, and nanoseconds from there. −0.5 s is −1 second and 500,000,000 nanoseconds. */
export class Duration {
  /** In words: what a duration may be. */
  static readonly RANGE = "a duration of at most 9,000,000,000,000 seconds either way";

  /** Whole seconds, rounded down. */
  readonly seconds: number;
  /** From there: 0 to 999,999,999. */
  readonly nanoseconds: number;

  /** Throws a `RangeError` outside of the range of the language. */
  constructor(seconds: number, nanoseconds = 0) {
    if (!Duration.fits(seconds, nanoseconds)) throw misfit(seconds, nanoseconds, Duration.RANGE);
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
  }

  /** Whether there is a duration of these parts. */
  static fits(seconds: number, nanoseconds: number): boolean {
    return (
      Number.isInteger(seconds) &&
      (nanoseconds | 0) === nanoseconds &&
      nanoseconds >= 0 &&
      nanoseconds < SECOND &&
      seconds >= -MAX_SECONDS &&
      (seconds < MAX_SECONDS || (seconds === MAX_SECONDS && nanoseconds === 0))
    );
  }

  /** A number of seconds; what is behind the point is rounded to nanoseconds. */
  static fromSeconds(seconds: number): Duration {
    const whole = Math.floor(seconds);
    const nanoseconds = Math.round((seconds - whole) * SECOND);
    return nanoseconds === SECOND ? new Duration(whole + 1) : new Duration(whole, nanoseconds);
  }

  /** A number of milliseconds; what is behind the point is rounded to nanoseconds. */
  static fromMilliseconds(milliseconds: number): Duration {
    const whole = Math.floor(milliseconds / 1_000);
    const nanoseconds = Math.round((milliseconds - whole * 1_000) * 1_000_000);
    return nanoseconds === SECOND ? new Duration(whole + 1) : new Duration(whole, nanoseconds);
  }

  /** A number of nanoseconds. */
  static fromNanoseconds(nanoseconds: bigint): Duration {
    let rest = nanoseconds % 1_000_000_000n;
    if (rest < 0n) rest += 1_000_000_000n;
    return new Duration(Number((nanoseconds - rest) / 1_000_000_000n), Number(rest));
  }

  /** Reads decimal seconds: `90s`, `-1.5s`. Throws a `SyntaxError` for another text. */
  static parse(text: string): Duration {
    const found = PATTERN.exec(text);
    if (found === null) throw new SyntaxError("expected a duration such as 1.5s");
    const seconds = Number(found[2]);
    const nanoseconds = nanosecondsOf(found[3] ?? "");
    if (found[1] === "") return new Duration(seconds, nanoseconds);
    // Zero has one form.
    return nanoseconds === 0
      ? new Duration(0 - seconds)
      : new Duration(-seconds - 1, SECOND - nanoseconds);
  }

  /** All of it in nanoseconds. */
  get totalNanoseconds(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanoseconds);
  }

  /** All of it in seconds, as exact as a number can be. */
  get totalSeconds(): number {
    return this.seconds + this.nanoseconds / SECOND;
  }

  /** All of it in milliseconds, as exact as a number can be. */
  get totalMilliseconds(): number {
    return this.seconds * 1_000 + this.nanoseconds / 1_000_000;
  }

  /** Decimal seconds: `-1.5s`. */
  toString(): string {
    if (this.seconds >= 0) return `${String(this.seconds)}${fraction(this.nanoseconds)}s`;
    if (this.nanoseconds === 0) return `${String(this.seconds)}s`;
    return `-${String(-this.seconds - 1)}${fraction(SECOND - this.nanoseconds)}s`;
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }

  /** Whether both are as long. */
  equals(other: Duration): boolean {
    return this.seconds === other.seconds && this.nanoseconds === other.nanoseconds;
  }

  /** Below 0 if this one is shorter, above 0 if it is longer: for `sort`. */
  compare(other: Duration): number {
    return this.seconds - other.seconds || this.nanoseconds - other.nanoseconds;
  }

  /** Throws: `<` and `+` would go through a text. There is `compare`. */
  valueOf(): never {
    throw new TypeError("compare durations with compare() and equals()");
  }
}
