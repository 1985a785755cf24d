// Puts what `asterc` generates of the examples into `gen/`, where it is compiled with the tests and finds this package.

import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";

const golden = new URL("../../../golden/", import.meta.url);
const here = new URL("../gen/", import.meta.url);

rmSync(here, { recursive: true, force: true });
mkdirSync(here);
for (const example of readdirSync(golden)) {
  const code = new URL(`${example}/typescript/`, golden);
  if (existsSync(code)) cpSync(code, new URL(`${example}/`, here), { recursive: true });
}
