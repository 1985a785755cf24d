// A point in time, exact to the nanosecond.

import { misfit } from "./failure.js";
import { fraction, nanosecondsOf } from "./fraction.js";
import { civilOfDays, daysOfCivil } from "./civil.js";

const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_207_200;
const SECOND = 1_000_000_000;
const DAY = 86_400;
const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** A point in time: seconds since 1970-01-01T00:00:00Z, rounded down, and nanoseconds from there. */
export class Timestamp {
  /** In words: what a timestamp may be. */
  static readonly RANGE = "a timestamp from 0001-01-01T00:00:00Z to 9999-12-30T22:00:00Z";

  /** Whole seconds since the epoch, rounded down. */
  readonly seconds: number;
  /** From there: 0 to 999,999,999. */
  readonly nanoseconds: number;

  /** Throws a `RangeError` outside of the range of the language. */
  constructor(seconds: number, nanoseconds = 0) {
    if (!Timestamp.fits(seconds, nanoseconds)) throw misfit(seconds, nanoseconds, Timestamp.RANGE);
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
  }

  /** Whether there is a timestamp of these parts. */
  static fits(seconds: number, nanoseconds: number): boolean {
    return (
      Number.isInteger(seconds) &&
      (nanoseconds | 0) === nanoseconds &&
      nanoseconds >= 0 &&
      nanoseconds < SECOND &&
      seconds >= FIRST_SECOND &&
      (seconds < LAST_SECOND || (seconds === LAST_SECOND && nanoseconds === 0))
    );
  }

  /** The time now, as exact as `Date` has it. */
  static now(): Timestamp {
    return Timestamp.fromEpochMilliseconds(Date.now());
  }

  /** The time of a `Date`. Throws a `RangeError` for an invalid one. */
  static fromDate(date: Date): Timestamp {
    return Timestamp.fromEpochMilliseconds(date.getTime());
  }

  /** A number of milliseconds since the epoch; what is behind the point is rounded to nanoseconds. */
  static fromEpochMilliseconds(milliseconds: number): Timestamp {
    const seconds = Math.floor(milliseconds / 1_000);
    const nanoseconds = Math.round((milliseconds - seconds * 1_000) * 1_000_000);
    return nanoseconds === SECOND
      ? new Timestamp(seconds + 1)
      : new Timestamp(seconds, nanoseconds);
  }

  /** A number of nanoseconds since the epoch. */
  static fromEpochNanoseconds(nanoseconds: bigint): Timestamp {
    let rest = nanoseconds % 1_000_000_000n;
    if (rest < 0n) rest += 1_000_000_000n;
    return new Timestamp(Number((nanoseconds - rest) / 1_000_000_000n), Number(rest));
  }

  /** Reads RFC 3339: `2024-02-29T12:00:00.5Z`. Throws a `SyntaxError` for another text. */
  static parse(text: string): Timestamp {
    const found = PATTERN.exec(text);
    if (found === null) throw new SyntaxError(`expected a timestamp as in RFC 3339`);
    const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const offset =
      (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)) * (found[8] === "-" ? -60 : 60);
    const days = daysOfCivil(year, month, day);
    if (
      days === undefined ||
      hour > 23 ||
      minute > 59 ||
      second > 59 ||
      Number(found[10] ?? 0) > 59
    ) {
      throw new SyntaxError("expected a timestamp of a time that there is");
    }
    const seconds = days * DAY + hour * 3_600 + minute * 60 + second - offset;
    return new Timestamp(seconds, nanosecondsOf(found[7] ?? ""));
  }

  /** Nanoseconds since the epoch. */
  get epochNanoseconds(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanoseconds);
  }

  /** Milliseconds since the epoch, rounded down. */
  get epochMilliseconds(): number {
    return this.seconds * 1_000 + Math.floor(this.nanoseconds / 1_000_000);
  }

  /** The same as a `Date`, rounded down to milliseconds. */
  toDate(): Date {
    return new Date(this.epochMilliseconds);
  }

  /** RFC 3339 with `Z`, and as many digits as it takes. */
  toString(): string {
    const days = Math.floor(this.seconds / DAY);
    const rest = this.seconds - days * DAY;
    const { year, month, day } = civilOfDays(days);
    const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
    const clock = [Math.floor(rest / 3_600), Math.floor(rest / 60) % 60, rest % 60].map((part) =>
      pad(part, 2),
    );
    return `${date}T${clock.join(":")}${fraction(this.nanoseconds)}Z`;
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }

  /** Whether both are the same time. */
  equals(other: Timestamp): boolean {
    return this.seconds === other.seconds && this.nanoseconds === other.nanoseconds;
  }

  /** Below 0 if this one is earlier, above 0 if it is later: for `sort`. */
  compare(other: Timestamp): number {
    return this.seconds - other.seconds || this.nanoseconds - other.nanoseconds;
  }

  /** Throws: `<` and `-` would go through a text. There is `compare`. */
  valueOf(): never {
    throw new TypeError("compare timestamps with compare() and equals()");
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
