// Damaged payloads: whatever the bytes are, they are a value or a `MessageError`.

import assert from "node:assert/strict";
import { MessageError } from "aster-runtime";
import type { MessageType } from "aster-runtime/codegen/v1";
import { Random } from "./support.js";

/** Decodes what is left of each payload after each damage, `mutants` times. Returns how many were values all the same. */
export function damaged<T>(
  type: MessageType<T, T>,
  payloads: readonly Uint8Array[],
  mutants: number,
  seed: number,
): number {
  const random = new Random(seed);
  let values = 0;
  for (const payload of payloads) {
    for (let length = 0; length < payload.length; length++) {
      // A field that is last may have no bytes; but a payload that is cut is never whole.
      assert.throws(() => type.decode(payload.subarray(0, length)), MessageError);
    }
    for (let round = 0; round < mutants; round++) {
      if (isValue(type, mutant(payload, random))) values++;
    }
  }
  return values;
}

function isValue<T>(type: MessageType<T, T>, bytes: Uint8Array): boolean {
  let value: T;
  try {
    value = type.decode(bytes);
  } catch (error) {
    assert.ok(
      error instanceof MessageError,
      `${String(error)} for ${Buffer.from(bytes).toString("hex")}`,
    );
    return false;
  }
  // What has been read can be written, and is the same then.
  assert.deepEqual(type.decode(type.encode(value)), value);
  return true;
}

function mutant(payload: Uint8Array, random: Random): Uint8Array {
  const bytes = [...payload];
  for (let count = 1 + random.below(3); count > 0; count--) {
    // The first bytes say that it is a payload at all: they are damaged in the truncations.
    const at = random.below(bytes.length + 1);
    switch (random.below(6)) {
      case 0:
        bytes[Math.min(at, bytes.length - 1)] = random.below(256);
        break;
      case 1: {
        const place = Math.min(at, bytes.length - 1);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
        break;
      }
      case 2:
        bytes.splice(at, random.below(4));
        break;
      case 3:
        bytes.splice(at, 0, ...Array.from({ length: random.below(4) }, () => random.below(256)));
        break;
      case 4:
        // A long count or length.
        bytes.splice(
          at,
          1,
          ...(random.below(2) === 0 ? [0xff, 0xff, 0xff, 0xff, 0x0f] : [0xfe, 0xff, 0x3f]),
        );
        break;
      default: {
        const from = random.below(bytes.length);
        bytes.splice(at, 0, ...bytes.slice(from, from + random.below(40)));
      }
    }
  }
  return Uint8Array.from(bytes);
}
