// The package as users get it: packed, installed into an empty project, with the programs of the pages compiled and run there.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { HERE, REPOSITORY } from "./workspace.js";

const RUNTIME =
  process.env.ASTER_RUNTIME ?? join(REPOSITORY, "bindings/typescript");
const ASTERC = process.env.ASTERC ?? join(REPOSITORY, "target/debug/asterc");

let top = "";
before(() => {
  top = mkdtempSync(join(tmpdir(), "aster-package-"));
});
after(() => {
  rmSync(top, { recursive: true });
});

let packed;
/** The archive of the package, which is made once. */
function archive() {
  packed ??= execFileSync(
    "npm",
    ["pack", "--silent", "--pack-destination", top],
    {
      cwd: RUNTIME,
      encoding: "utf8",
    },
  )
    .trim()
    .split("\n")
    .at(-1);
  return join(top, packed);
}

/** The blocks of a page in a language. */
function blocks(page, language) {
  const text = readFileSync(join(REPOSITORY, page), "utf8");
  return [...text.matchAll(/^```(\S+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , block]) => block);
}

/** An empty project with the package, and with the schema and the programs of a page, compiled as its users are told. */
function project(name, page, schema) {
  const folder = join(top, name);
  mkdirSync(folder);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, private: true, type: "module" }),
  );
  const install = [
    "install",
    "--silent",
    "--offline",
    "--no-audit",
    "--no-fund",
    archive(),
  ];
  execFileSync("npm", install, { cwd: folder });
  // what describes Node.js to the compiler, which the users of TypeScript have
  symlinkSync(
    join(HERE, "node_modules/@types"),
    join(folder, "node_modules/@types"),
    "junction",
  );
  const [source] = blocks(page, "aster");
  writeFileSync(join(folder, schema), source);
  execFileSync(
    ASTERC,
    ["build", "-q", "--lang", "typescript", "--out", "gen", schema],
    {
      cwd: folder,
    },
  );
  const programs = [];
  for (const program of blocks(page, "typescript")) {
    const [, file] = /^\/\/ (\S+\.ts)$/m.exec(program);
    writeFileSync(join(folder, file), program);
    programs.push(file);
  }
  const options = [
    "--strict",
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--types",
    "node",
  ];
  // the oldest compiler that the guide names reads the same declarations
  for (const [compiler, more] of [
    ["typescript-oldest", ["--noEmit"]],
    ["typescript", []],
  ]) {
    const tsc = join(HERE, "node_modules", compiler, "bin/tsc");
    try {
      const run = [tsc, ...options, ...more, ...programs];
      execFileSync(process.execPath, run, { cwd: folder, encoding: "utf8" });
    } catch (error) {
      throw new Error(`${compiler}: ${error.stdout}`, { cause: error });
    }
  }
  return folder;
}

/** Runs the server of a project and then its client: what that prints. */
async function runs(folder) {
  const stdio = ["ignore", "pipe", "inherit"];
  const server = spawn(process.execPath, ["server.js"], { cwd: folder, stdio });
  const ended = once(server, "exit");
  try {
    const lines = createInterface({ input: server.stdout })[
      Symbol.asyncIterator
    ]();
    const { value: address } = await lines.next();
    assert.match(address, /^aster/);
    const client = spawn(process.execPath, ["client.js", address], {
      cwd: folder,
      stdio,
    });
    const [printed, [code]] = await Promise.all([
      client.stdout.toArray(),
      once(client, "exit"),
    ]);
    assert.equal(code, 0);
    return Buffer.concat(printed).toString();
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

test("the archive has what runs and its types, and nothing else", () => {
  const files = execFileSync("tar", ["-tzf", archive()], { encoding: "utf8" })
    .trim()
    .split("\n");
  for (const file of files) {
    assert.match(
      file,
      /^package\/(package\.json|README\.md|LICENSE|dist\/.*\.(js|d\.ts|node))$/,
    );
  }
  for (const file of [
    "dist/index.js",
    "dist/index.d.ts",
    "dist/codegen/v1.js",
    "README.md",
  ]) {
    assert.ok(files.includes(`package/${file}`), file);
  }
  assert.ok(files.some((file) => file.endsWith(".node")));
});

test("the package installs into an empty project, alone, and the programs of its page run there", async () => {
  const folder = project(
    "readme",
    "bindings/typescript/README.md",
    "hello.aster",
  );
  const installed = readdirSync(join(folder, "node_modules")).filter(
    (name) => !/^[.@]/.test(name),
  );
  assert.deepEqual(installed, ["aster-runtime"]);
  assert.equal(await runs(folder), "Hello, Ada!\n");
});

test("the programs of the guide run", async () => {
  const folder = project("guide", "docs/guide/typescript.md", "log.aster");
  assert.equal(await runs(folder), "3 entries\ntwo\n");
  const [printed] = blocks("docs/guide/typescript.md", "text");
  const options = { cwd: folder, encoding: "utf8" };
  assert.equal(execFileSync(process.execPath, ["seen.js"], options), printed);
});
