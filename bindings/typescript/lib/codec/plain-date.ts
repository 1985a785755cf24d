// A day of the calendar, without a time and a zone.

import { civilOfDays, daysOfCivil } from "./civil.js";

const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;
const DAY = 86_400_000;

/** A day of the calendar. */
export class PlainDate {
  /** In words: what a date may be. */
  static readonly RANGE = "a date from 0001-01-01 to 9999-12-31";

  /** 1 to 9999. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;

  /** Throws a `RangeError` if there is no such day. */
  constructor(year: number, month: number, day: number) {
    const days = daysOfCivil(year, month, day);
    if (days === undefined || !PlainDate.fits(days)) {
      throw new RangeError(
        `expected ${PlainDate.RANGE}: there is no day ${String(day)} of month ${String(month)} in ${String(year)}`,
      );
    }
    this.year = year;
    this.month = month;
    this.day = day;
  }

  /** Whether there is a date so many days after 1970-01-01. */
  static fits(days: number): boolean {
    return Number.isInteger(days) && days >= FIRST_DAY && days <= LAST_DAY;
  }

  /** The date so many days after 1970-01-01. Throws a `RangeError` outside of the range of the language. */
  static fromEpochDays(days: number): PlainDate {
    if (!PlainDate.fits(days)) {
      throw new RangeError(
        `expected ${PlainDate.RANGE}, found day ${String(days)} since 1970-01-01`,
      );
    }
    const { year, month, day } = civilOfDays(days);
    return new PlainDate(year, month, day);
  }

  /** The day of a `Date` in UTC. */
  static fromDate(date: Date): PlainDate {
    return PlainDate.fromEpochDays(Math.floor(date.getTime() / DAY));
  }

  /** Reads `2024-02-29`. Throws a `SyntaxError` for another text. */
  static parse(text: string): PlainDate {
    const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    if (found === null) throw new SyntaxError("expected a date such as 2024-02-29");
    return new PlainDate(Number(found[1]), Number(found[2]), Number(found[3]));
  }

  /** Days since 1970-01-01. Not a number if this is no date, because plain JavaScript has written to it. */
  get epochDays(): number {
    return daysOfCivil(this.year, this.month, this.day) ?? Number.NaN;
  }

  /** Its beginning in UTC. */
  toDate(): Date {
    return new Date(this.epochDays * DAY);
  }

  /** ISO: `2024-02-29`. */
  toString(): string {
    const [year, month, day] = [String(this.year), String(this.month), String(this.day)];
    return `${year.padStart(4, "0")}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }

  /** Whether both are the same day. */
  equals(other: PlainDate): boolean {
    return this.compare(other) === 0;
  }

  /** Below 0 if this one is earlier, above 0 if it is later: for `sort`. */
  compare(other: PlainDate): number {
    return this.year - other.year || this.month - other.month || this.day - other.day;
  }

  /** Throws: `<` and `-` would go through a text. There is `compare`. */
  valueOf(): never {
    throw new TypeError("compare dates with compare() and equals()");
  }
}
