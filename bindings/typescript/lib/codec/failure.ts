// Why a payload could not be written or read, on its way from the value to the caller: the path grows as it goes.

/** What stands in a path: the index of a list's element, or the key of a map's entry; nothing for none. */
export type At = string | number | bigint | boolean | undefined;

/** The same, by the name that generated code has for it. */
export type Segment = At;

/** What a step of the codec throws. `encode` and `decode` make a `MessageError` of it. */
export class Failure extends Error {
  /** From the outermost message that it has passed to the value: `lines[3].sku`. */
  path = "";
  readonly expected: string;
  readonly found: string;

  constructor(expected: string, found: string) {
    super(expected);
    this.expected = expected;
    this.found = found;
  }

  /** Grows the path: `at` are the indices and keys inside the field, up to the first that is `undefined`. */
  within(field: string, at: readonly At[]): void {
    let here = field;
    const end = at.indexOf(undefined);
    const known = end < 0 ? at.length : end;
    for (let index = 0; index < known; index++) {
      here += `[${segment(at[index] as Exclude<At, undefined>)}]`;
    }
    if (this.path === "") this.path = here;
    else if (here !== "") this.path = `${here}.${this.path}`;
  }
}

/**
 * The error as seen from the message that has the field. `at` are the indices and keys inside the field, outermost first: one
 * that is `undefined` says that it is in none, and what is behind it is of an element before. A field without a name is left out.
 * An error that is none of the codec's (a getter's, say) is returned as it is.
 */
export function within(error: unknown, field: string, ...at: At[]): Error {
  if (error instanceof Failure) {
    error.within(field, at);
    return error;
  }
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

function segment(key: string | number | bigint | boolean): string {
  return typeof key === "string" ? quoted(key) : String(key);
}

/** At most 48 characters of a text, in quotation marks: what a peer has sent does not fill our logs. */
export function quoted(text: string): string {
  const limit = 48;
  if (text.length <= limit) return shown(text);
  return `${shown(text.slice(0, limit).toWellFormed()).slice(0, -1)}…"`;
}

/** In quotation marks, without what a terminal obeys, what turns the order of a line, and what ends one. */
function shown(text: string): string {
  return JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (unseen) => `\\u{${(unseen.codePointAt(0) as number).toString(16)}}`,
  );
}

/** What to throw for a value that is not what is to be written. */
export function wrong(expected: string, value: unknown): Failure {
  return new Failure(expected, describe(value));
}

/** What to throw for a time whose parts are not to be written. */
export function wrongTime(expected: string, seconds: number, nanoseconds: number): Failure {
  return areNanoseconds(nanoseconds)
    ? new Failure(expected, `as seconds ${describe(seconds)}`)
    : new Failure(expected, `as nanoseconds ${describe(nanoseconds)}`);
}

/** What to throw where a time is made of parts that do not fit. */
export function misfit(seconds: number, nanoseconds: number, range: string): RangeError {
  if (!areNanoseconds(nanoseconds)) {
    const expected = "expected nanoseconds from 0 to 999,999,999";
    return new RangeError(`${expected}, found ${describe(nanoseconds)}`);
  }
  const expected = Number.isInteger(seconds) ? range : "whole seconds";
  return new RangeError(`expected ${expected}, found ${describe(seconds)}`);
}

function areNanoseconds(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 1_000_000_000;
}

/** What a value is, for people. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "nothing";
    case "string":
      return `the string ${quoted(value)}`;
    case "number":
      return `the number ${String(value)}`;
    case "bigint": {
      // The text of a long one takes longer than linear time.
      const long = value > 0xffff_ffff_ffff_ffff_ffffn || value < -0xffff_ffff_ffff_ffff_ffffn;
      return long ? "a bigint of more than 80 bits" : `the bigint ${String(value)}n`;
    }
    case "boolean":
      return String(value);
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : `an object (${nameOf(value)})`;
  }
}

function nameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || typeof prototype !== "object") return "without a prototype";
  const maker = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value as unknown;
  return typeof maker === "function" && maker.name !== "" ? maker.name.slice(0, 48) : "of no class";
}
