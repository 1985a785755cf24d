// Values of every type of the schema, made by fast-check. `types.json` says what the types are made of: `typescript.py` writes it.

import { readFileSync, readdirSync } from "node:fs";
import { Decimal, Duration, type MessageType, PlainDate, Timestamp } from "aster-runtime/codegen/v1";
import fc from "fast-check";
import type * as matrix from "./gen/matrix.js";

type Spelled =
  | string
  | ["optional" | "list" | "set", Spelled]
  | ["map", Spelled, Spelled]
  | ["named", string];

interface Described {
  enum?: number[];
  message?: [name: string, type: Spelled][];
  union?: [name: string, type: Spelled][];
}

/** How fine times are: those of Python have whole microseconds. */
export type Resolution = "nanoseconds" | "microseconds";

const types = JSON.parse(
  readFileSync(new URL("types.json", import.meta.url), "utf8"),
) as Record<string, Described>;

const SECOND = 1_000_000_000n;
const FIRST = -62_135_596_800n * SECOND;
const LAST = 253_402_207_200n * SECOND;
const LONGEST = 9_000_000_000_000n * SECOND;

const signed = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const unsigned = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const signed64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const unsigned64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

/** Makes values of types. */
export class Values {
  readonly #scalars: Record<string, fc.Arbitrary<unknown>>;

  constructor(resolution: Resolution) {
    const step = resolution === "nanoseconds" ? 1n : 1_000n;
    const times = (min: bigint, max: bigint) =>
      fc.bigInt({ min: min / step, max: max / step }).map((count) => count * step);
    this.#scalars = {
      bool: fc.boolean(),
      int8: signed(8),
      int16: signed(16),
      int32: signed(32),
      int64: signed64,
      fixed_int32: signed(32),
      fixed_int64: signed64,
      uint8: unsigned(8),
      uint16: unsigned(16),
      uint32: unsigned(32),
      uint64: unsigned64,
      fixed_uint32: unsigned(32),
      fixed_uint64: unsigned64,
      float32: fc.float(),
      float64: fc.double(),
      string: fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme", maxLength: 70 })),
      bytes: fc.uint8Array({ maxLength: 70 }),
      timestamp: times(FIRST, LAST).map((count) => Timestamp.fromEpochNanoseconds(count)),
      duration: times(-LONGEST, LONGEST).map((count) => Duration.fromNanoseconds(count)),
      date: fc.integer({ min: -719_162, max: 2_932_896 }).map((days) => PlainDate.fromEpochDays(days)),
      decimal: fc
        .tuple(fc.bigInt({ min: -(10n ** 45n), max: 10n ** 45n }), fc.integer({ min: -20, max: 60 }))
        .map(([unscaled, scale]) => new Decimal(unscaled, scale)),
    };
  }

  /** Values of one case of `Value`. */
  case(name: string): fc.Arbitrary<matrix.Value> {
    const cases = types["matrix.Value"]?.union;
    const found = cases?.find(([other]) => other === name);
    if (found === undefined) throw new Error(`no case: ${name}`);
    return this.#value(found[1], 2).map((value) => ({ case: name, value }) as matrix.Value);
  }

  /** Below the budget, what may be empty is. */
  #value(spelled: Spelled, budget: number): fc.Arbitrary<unknown> {
    if (typeof spelled === "string") {
      const scalar = this.#scalars[spelled];
      if (scalar === undefined) throw new Error(`no type: ${spelled}`);
      return scalar;
    }
    const [kind, inner, of] = spelled;
    const maxLength = budget > 0 ? 3 : 0;
    switch (kind) {
      case "optional":
        return budget > 0
          ? fc.option(this.#value(inner, budget), { nil: undefined })
          : fc.constant(undefined);
      case "list":
        return fc.array(budget > 0 ? this.#value(inner, budget) : fc.constant(undefined), { maxLength });
      case "set":
        return fc
          .uniqueArray(this.#value(inner, budget), { maxLength })
          .map((elements) => new Set(elements));
      case "map": {
        const key = this.#value(inner, budget);
        const value = budget > 0 && of ? this.#value(of, budget) : fc.constant(undefined);
        return fc
          .uniqueArray(fc.tuple(key, value), { maxLength, selector: ([key]) => key })
          .map((entries) => new Map(entries));
      }
      case "named":
        return this.#named(inner as string, budget);
    }
  }

  #named(full: string, budget: number): fc.Arbitrary<unknown> {
    const described = types[full];
    if (described?.enum) return fc.constantFrom(...described.enum);
    if (described?.union) {
      const scalars = described.union.filter(([, type]) => typeof type === "string");
      const cases = budget > 0 || scalars.length === 0 ? described.union : scalars;
      return fc.oneof(
        ...cases.map(([name, type]) =>
          this.#value(type, budget - 1).map((value) => ({ case: name, value })),
        ),
      );
    }
    if (!described?.message) throw new Error(`no type: ${full}`);
    const fields = described.message.map(
      ([name, type]) => [name, this.#value(type, budget - 1)] as const,
    );
    return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
  }
}

const messageTypes = new Map<string, MessageType<unknown>>();

/** A message of the generated code, by its full name. */
export async function messageType(full: string): Promise<MessageType<unknown>> {
  if (messageTypes.size === 0) {
    const folder = new URL("gen/", import.meta.url);
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".js")) continue;
      const module = (await import(new URL(file, folder).href)) as Record<string, unknown>;
      for (const value of Object.values(module)) {
        const type = value as Partial<MessageType<unknown>>;
        if (typeof type.decode === "function" && type.typeName !== undefined) {
          messageTypes.set(type.typeName, type as MessageType<unknown>);
        }
      }
    }
  }
  const found = messageTypes.get(full);
  if (found === undefined) throw new Error(`no message: ${full}`);
  return found;
}
