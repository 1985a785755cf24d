// What the tests of the codec share: messages around one value, and a look at bytes.

import assert from "node:assert/strict";
import * as v1 from "aster-runtime/codegen/v1";
import { MessageError } from "aster-runtime";

/** Eight bytes of header and a body of one field: nobody looks further. */
export function typeDef(number: number, fields = 1): string {
  return Buffer.from([1, number & 0xff, number >> 8, 3, 4, 5, 6, 7, 0xe0 | fields]).toString(
    "base64",
  );
}

/** The bytes before the fields of a message with such a TypeDef. */
export const PRELUDE = "01ff1e00" + "0100000304050607e1";

/** A message whose only field, `value`, is written and read so. */
export function around<T>(
  write: (w: v1.Writer, value: T) => void,
  read: (r: v1.Reader) => T,
): v1.MessageType<T> {
  return v1.message<T>({
    name: "test.Around",
    typeDef: typeDef(0),
    create: (init) => init,
    write(w, value) {
      try {
        write(w, value);
      } catch (error) {
        throw v1.within(error, "value");
      }
    },
    read(r) {
      try {
        return read(r);
      } catch (error) {
        throw v1.within(error, "value");
      }
    },
  });
}

/** The fields of one payload, in hexadecimal digits. */
export function fieldsOf<T>(type: v1.MessageType<T>, value: T): string {
  const text = hex(type.encode(value));
  assert.ok(text.startsWith(PRELUDE), text);
  return text.slice(PRELUDE.length);
}

/** A payload of these fields. */
export function payloadOf(fields: string): Uint8Array {
  return bytesOf(PRELUDE + fields);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

/** Says that `work` fails with a `MessageError` that says this, at this path. */
export function fails(
  work: () => unknown,
  expected: string | RegExp,
  path = "value",
  found?: string | RegExp,
): void {
  assert.throws(work, (error: unknown) => {
    assert.ok(error instanceof MessageError, String(error));
    assert.equal(error.path, path, error.message);
    if (typeof expected === "string") assert.equal(error.expected, expected);
    else assert.match(error.expected, expected);
    if (typeof found === "string") assert.equal(error.found, found);
    else if (found !== undefined) assert.match(error.found, found);
    return true;
  });
}

/** A generator of numbers, the same in every run: splitmix32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e37_79b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  below(bound: number): number {
    return this.next() % bound;
  }
}
