// What generated code says about an enum: its names, its numbers, and its TypeDef.

import { TypeDef } from "./type-def.js";

/** An enum of a schema. Its values are numbers, the declared ones. */
export interface EnumType<E extends number> {
  /** The full name, `package.Name`. */
  readonly typeName: string;
  /** The declared values by their names in the schema. */
  readonly values: Readonly<Record<string, E>>;
  /** @internal */
  readonly typeDef: TypeDef;
  /** @internal All numbers below it are declared. */
  readonly dense: number;
  /** Whether a value with this number is declared. */
  has(number: number): number is E;
  /** The name of a value as the schema has it. */
  name(value: E): string;
}

/**
 * For generated code: an enum by its full name, its TypeDef (base64) and its values; `converted` has the names in the schema of those
 * that the code calls otherwise.
 */
export function enumeration<E extends number>(
  typeName: string,
  typeDef: string,
  values: Readonly<Record<string, E>>,
  converted: Readonly<Record<string, string>> = {},
): EnumType<E> {
  return new Enumeration(typeName, typeDef, values, new Map(Object.entries(converted)));
}

class Enumeration<E extends number> implements EnumType<E> {
  readonly typeName: string;
  readonly values: Readonly<Record<string, E>>;
  readonly typeDef: TypeDef;
  readonly dense: number;
  readonly #names: ReadonlyMap<number, string>;

  constructor(
    typeName: string,
    typeDef: string,
    values: Readonly<Record<string, E>>,
    converted: ReadonlyMap<string, string>,
  ) {
    this.typeName = typeName;
    this.typeDef = new TypeDef(typeName, typeDef);
    // what every object has is no name of a value
    const byName = Object.create(null) as Record<string, E>;
    const names = new Map<number, string>();
    for (const [called, number] of Object.entries(values)) {
      const name = converted.get(called) ?? called;
      byName[name] = number;
      names.set(number, name);
    }
    this.values = Object.freeze(byName);
    this.#names = names;
    let dense = 0;
    while (names.has(dense)) dense++;
    this.dense = dense;
  }

  has(number: number): number is E {
    return this.#names.has(number);
  }

  name(value: E): string {
    return this.#names.get(value) ?? String(value);
  }
}
