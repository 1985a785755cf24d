// The errors: a class for each status, and what they carry.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as aster from "aster-runtime";
import { Leaf } from "./kinds.js";

test("there is a class for each code of a status", () => {
  for (const [code, number] of Object.entries(aster.Code)) {
    if (code === "OK") continue;
    const details = { why: Uint8Array.of(1) };
    const error = aster.errorOfStatus(number, "a text", { details, metadata: [["k", "v"]] });
    assert.ok(error instanceof aster.AsterError && error instanceof Error);
    assert.equal(error.code, code);
    assert.equal(error.number, number);
    assert.equal(error.message, "a text");
    assert.equal(error.name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase(), code);
    assert.deepEqual(error.details, details);
    assert.deepEqual(error.metadata, [["k", "v"]]);
  }
});

test("a number that this version does not know is kept", () => {
  const error = aster.errorOfStatus(77, "new");
  assert.ok(error instanceof aster.Unknown);
  assert.deepEqual([error.code, error.number], ["UNKNOWN", 77]);
});

test("an error has a message, a stack and a cause", () => {
  const cause = new Error("why");
  const error = new aster.Unavailable(undefined, { cause });
  assert.equal(error.message, "unavailable");
  assert.equal(error.cause, cause);
  assert.match(String(error.stack), /^Unavailable: unavailable\n {4}at /);
  assert.equal("cause" in new aster.Unavailable(), false);
  assert.equal(new aster.NotAdmitted("no").code, "UNAUTHENTICATED");
  assert.deepEqual(new aster.ContractMismatch("m", "a.B", "x", ["y"]).theirs, ["y"]);
  assert.deepEqual(new aster.ServiceNotFound("m", "a.B", ["c.D"]).services, ["c.D"]);
});

test("a message that does not fit its type says where, what was expected and what was found", () => {
  assert.throws(
    () => Leaf.encode({ name: 5 } as unknown as Leaf),
    (error: unknown) => {
      assert.ok(error instanceof aster.MessageError && error instanceof aster.InvalidArgument);
      assert.equal(error.message, "`name` of `test.Leaf`: expected a string, found the number 5");
      assert.deepEqual(
        [error.typeName, error.path, error.code],
        ["test.Leaf", "name", "INVALID_ARGUMENT"],
      );
      assert.match(String(error.stack), /^MessageError: `name` of/);
      return true;
    },
  );
  const values: [unknown, string][] = [
    [null, "null"],
    [new Date(0), "an object (Date)"],
    [Object.create(null), "an object (without a prototype)"],
    [Symbol("s"), "a symbol"],
    [(): void => undefined, "a function"],
    [2n ** 100n, "a bigint of more than 80 bits"],
    [true, "true"],
  ];
  for (const [name, found] of values) {
    assert.throws(() => Leaf.encode({ name } as unknown as Leaf), { found });
  }
});
