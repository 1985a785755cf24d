// The TypeScript in `golden/` is clean for the tools its users have, can be imported in any order, refuses programs that are
// wrong, and reads and writes what Rust does. `ASTER_RUNTIME` is the built package, `bindings/typescript` when it is not set.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { GOLDENS, HERE, REPOSITORY, files, modules, run, workspace } from "./workspace.js";

const top = workspace();

before(() => {
  run(top, "typescript", "--project", ".");
});

test("eslint finds nothing", () => {
  run(top, "eslint", "--config", join(HERE, "eslint.config.js"), "--max-warnings=0", "generated");
});

test("prettier leaves everything as it is", () => {
  run(top, "prettier", "--check", "--print-width=100", "generated");
});

test("no line switches a check off, and no value is of any type", () => {
  for (const path of files(join(top, "generated"), ".ts")) {
    const text = readFileSync(path, "utf8");
    const found = text.match(
      /@ts-(ignore|expect-error|nocheck)|eslint-disable-(next-)?line|: any\b|as any\b/,
    );
    assert.equal(found, null, relative(top, path));
    const disabled = text.match(/eslint-disable.*/g) ?? [];
    const expected = /^eslint-disable @typescript-eslint\/no-deprecated -- .+ \*\/$/;
    assert.ok(
      disabled.every((line) => expected.test(line)),
      relative(top, path),
    );
  }
});

test("each module can be the first that is imported", () => {
  for (const path of files(join(top, "out"), ".js")) {
    const program = `await import(${JSON.stringify(pathToFileURL(path).href)})`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { stdio: "pipe" });
  }
});

test("nothing of a module is used but what a program takes from it", async () => {
  // what runs at import is the check of the generation, and calls that are marked as pure
  for (const path of files(join(top, "out"), ".js")) {
    const text = readFileSync(path, "utf8");
    const statements = text.split("\n").filter((line) => /^[^\s/*})\]]/.test(line));
    const allowed = /^(import |export (const|class) |v1\.generation\(1\);$)/;
    for (const line of statements) assert.match(line, allowed, relative(top, path));
    for (const line of text
      .split("\n")
      .filter((line) => /^(export const .* =)? ?.*v1\.\w+(<|\()/.test(line))) {
      if (/^export const/.test(line))
        assert.match(line, /\/\* @__PURE__ \*\//, relative(top, path));
    }
  }
});

/** The messages below a folder, by their full names. */
async function messages(name) {
  const found = new Map();
  for (const module of (await modules(top, name)).values()) {
    for (const value of Object.values(module)) {
      if (typeof value?.decode === "function") found.set(value.typeName, value);
    }
  }
  return found;
}

test("payloads that the steps describe are read, and written again", async () => {
  const all = new Map();
  for (const name of Object.keys(GOLDENS).filter((name) => name !== "altered")) {
    for (const [typeName, type] of await messages(name)) all.set(typeName, type);
  }
  const lines = readFileSync(join(REPOSITORY, "tests/fixtures/payloads.txt"), "utf8")
    .trim()
    .split("\n");
  const seen = new Set();
  for (const line of lines) {
    const [typeName, hex] = line.split(" ");
    const type = all.get(typeName);
    assert.ok(type, typeName);
    seen.add(typeName);
    const value = type.decode(Buffer.from(hex, "hex"));
    assert.equal(Buffer.from(type.encode(value)).toString("hex"), hex, typeName);
    const again = type.create(value);
    assert.deepEqual(again, value, typeName);
    assert.equal(Buffer.from(type.encode(again)).toString("hex"), hex, typeName);
  }
  assert.deepEqual(
    [...all.keys()].filter((name) => !seen.has(name)),
    [],
  );
});

test("payloads that are cut off or damaged are refused with the place, or have a value", async () => {
  const all = new Map([...(await messages("corners")), ...(await messages("fleet"))]);
  const { MessageError } = await import(
    pathToFileURL(join(top, "node_modules/aster-runtime/dist/index.js")).href
  );
  const lines = readFileSync(join(REPOSITORY, "tests/fixtures/payloads.txt"), "utf8")
    .trim()
    .split("\n");
  let refused = 0;
  for (const line of lines) {
    const [typeName, hex] = line.split(" ");
    const type = all.get(typeName);
    if (!type) continue;
    const whole = Buffer.from(hex, "hex");
    for (let length = 0; length < whole.length; length += 1 + (whole.length >> 6)) {
      assert.throws(() => type.decode(whole.subarray(0, length)), MessageError, typeName);
      const changed = Buffer.from(whole);
      changed[length] ^= 1 + (length % 255);
      try {
        type.decode(changed);
      } catch (error) {
        assert.ok(error instanceof MessageError, `${typeName}: ${error}`);
        refused++;
      }
    }
  }
  assert.ok(refused > 1_000, String(refused));
});

test("errors say where", async () => {
  const fleet = await messages("fleet");
  const corners = await messages("corners");
  const path = (type, value) => {
    try {
      type.encode(value);
    } catch (error) {
      return error.path;
    }
    return "no error";
  };
  const entry = fleet.get("fleet.control.LogEntry");
  const labels = new Map([["a", ["b", 7]]]);
  assert.equal(path(entry, { agent: 1 }), "agent");
  const { Timestamp } = await import(
    pathToFileURL(join(top, "node_modules/aster-runtime/dist/codegen/v1.js")).href
  );
  const at = Timestamp.parse("2024-02-29T00:00:00Z");
  assert.equal(path(entry, { agent: "a", at, text: "", labels }), 'labels["a"][1]');
  const nested = corners.get("corners.containers.Nested");
  const leaves = [{ name: "a" }, { name: null }];
  assert.equal(path(nested, { byName: new Map([["k", leaves[1]]]) }), 'by_name["k"].name');
  const choice = { case: "leaf", value: leaves[1] };
  assert.equal(path(nested, { byName: new Map(), choice }), "choice.leaf.name");
  assert.equal(path(nested, { byName: new Map(), choice: { case: "gone" } }), "choice");
});

test("makers fill in what the schema says", async () => {
  const all = await modules(top, "corners");
  const { Defaults, Zeros, Nothing, Color } = all.get("corners/defaults");
  const made = Defaults.create({ required: "r" });
  assert.equal(made.c, -9_223_372_036_854_775_808n);
  assert.equal(made.e, 0.5);
  assert.equal(made.g, 'say "hi"\n\u202e\\');
  assert.deepEqual([...made.h], [0xc3, 0xbc, 0]);
  assert.equal(String(made.i), "1969-12-31T23:59:59.5Z");
  assert.equal(String(made.k), "2024-02-29");
  assert.equal(String(made.l), "-123456789012345678901234567890.5");
  assert.equal(made.m, Color.GREEN);
  assert.deepEqual(Defaults.decode(Defaults.encode({ required: "r" })), made);
  assert.deepEqual(Zeros.decode(Zeros.encode({})), Zeros.create({}));
  assert.deepEqual(Nothing.create({}), { a: 7, b: undefined });
  const { Extremes } = all.get("corners/defaults");
  assert.deepEqual(Extremes.decode(Extremes.encode({})), Extremes.create({}));
});

test("the contract ids are those of every language", () => {
  const ids = (folder) => {
    const found = new Set();
    for (const path of files(join(REPOSITORY, "golden", folder), "")) {
      for (const [id] of readFileSync(path, "utf8").matchAll(/\b[0-9a-f]{64}\b/g)) found.add(id);
    }
    return [...found].sort();
  };
  for (const name of Object.keys(GOLDENS)) {
    assert.deepEqual(ids(`${name}/typescript`), ids(`${name}/python`));
  }
});
