// Nothing makes code of text: the codec works where a policy forbids that.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("the codec works where code from strings is forbidden", () => {
  const kitchen = new URL("kitchen/kitchen.js", import.meta.url).href;
  const program = `
    import { Inner } from ${JSON.stringify(kitchen)};
    let refused = false;
    try { new Function("return 1")(); } catch { refused = true; }
    const value = Inner.decode(Inner.encode({ a: -5, s: "text" }));
    console.log(JSON.stringify({ refused, value }));
  `;
  const flags = [
    "--disallow-code-generation-from-strings",
    "--input-type=module",
    "--eval",
    program,
  ];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), { refused: true, value: { a: -5, s: "text" } });
});
