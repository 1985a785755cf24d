// What the runtime says of itself, for a function of the program's.

import { environment, register, type Target } from "./environment.js";
import { guarded } from "./failure.js";

/** How much something matters. */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

/** What belongs to an event. Whole numbers beyond 2^53 are text. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Something that the runtime has said. */
export interface LogRecord {
  /** How much it matters. */
  readonly level: LogLevel;
  /** The module that says it: `aster_runtime::server`, or `aster::audit` for what `Audit` tells. */
  readonly target: string;
  /** Its text; it may be empty where the fields say all. */
  readonly message: string;
  /** What belongs to it: names and values. */
  readonly fields: LogFields;
  /** The fields of the call in which it happened. */
  readonly span: LogFields;
  /** When it was said, to the millisecond. */
  readonly time: Date;
}

/** What is to be logged. */
export interface LogOptions {
  /** What the runtime says is logged from this level on; `"info"` without it. */
  readonly level?: LogLevel | undefined;
  /** The same for the libraries of the network below it; `"warn"` without it. */
  readonly network?: LogLevel | "off" | undefined;
}

const LEVELS: readonly unknown[] = ["error", "warn", "info", "debug", "trace"];

let number: number | undefined;
let write: ((record: LogRecord) => void) | undefined;

const target: Target = {
  call(token) {
    environment().end(token);
  },
  hook() {
    handOn();
  },
};

/**
 * Gives what the runtime of this process says to `log`, soon after and in order. Called again, it gives it to another function, or at
 * other levels; the thread that called it last has it all. The network waits for none of it: when 4,096 records wait for the
 * program, further ones are dropped, and a warning says how many.
 *
 * Throws a `RangeError` for a level that there is not.
 */
export function enableLogging(log: (record: LogRecord) => void, options: LogOptions = {}): void {
  const { level = "info", network = "warn" } = options;
  if (typeof log !== "function") throw new TypeError("what logs is a function");
  const known = `expected one of ${LEVELS.join(", ")}`;
  if (!LEVELS.includes(level))
    throw new RangeError(`there is no level ${JSON.stringify(level)}: ${known}`);
  if (network !== "off" && !LEVELS.includes(network))
    throw new RangeError(`there is no level ${JSON.stringify(network)}: ${known}, off`);
  if (number === undefined) {
    number = register(target);
    // what was said last, before the environment leaves
    process.prependOnceListener("exit", handOn);
  }
  handOn();
  const at = number;
  guarded(() => {
    environment().listen(at, level, network);
  });
  write = log;
}

/** Ends that. Without it, as at the beginning, what the runtime would say is not even looked at. */
export function disableLogging(): void {
  if (write === undefined) return;
  environment().hush();
  handOn();
  write = undefined;
}

/** Gives all that was said to the program. */
function handOn(): void {
  if (write === undefined) return;
  const [said, dropped] = environment().said();
  for (const one of said) tell(one);
  if (dropped > 0) {
    const text = `${String(dropped)} records of the runtime were dropped: they came faster than the program took them`;
    tell(["warn", "aster_runtime", text, [], [], Date.now()]);
  }
}

function tell(said: unknown): void {
  const [level, name, message, fields, span, time] = said as [
    LogLevel,
    string,
    string,
    unknown[],
    unknown[],
    number,
  ];
  const record = {
    level,
    target: name,
    message,
    fields: named(fields),
    span: named(span),
    time: new Date(time),
  };
  try {
    write?.(record);
  } catch (error) {
    // the program's own fault: what else was said is told all the same
    queueMicrotask(() => {
      throw error;
    });
  }
}

function named(flat: readonly unknown[]): LogFields {
  const all = Object.create(null) as Record<string, string | number | boolean>;
  for (let at = 0; at + 1 < flat.length; at += 2) {
    all[flat[at] as string] = flat[at + 1] as string | number | boolean;
  }
  return all;
}
