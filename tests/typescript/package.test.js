// The package as users get it: packed, installed into an empty project, with the programs of the pages compiled and run there.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
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
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { HERE, REPOSITORY } from "./workspace.js";

const RUNTIME =
  process.env.ASTER_RUNTIME ?? join(REPOSITORY, "bindings/typescript");
const ASTERC = process.env.ASTERC ?? join(REPOSITORY, "target/debug/asterc");
// where the command `aster` is
const ASTER = dirname(process.env.ASTER ?? ASTERC);
const GUIDE = "docs/guide/typescript.md";

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

/** The blocks of a page, or those in a language, in their order. */
function blocks(page, language) {
  const text = readFileSync(join(REPOSITORY, page), "utf8");
  return [...text.matchAll(/^```(\S+)\n(.*?)^```$/gms)]
    .map(([, name, block]) => ({ name, block }))
    .filter(({ name }) => language === undefined || name === language);
}

/** The programs of a page: the file of each, its text, and what it prints where the next block says so. */
function programs(page) {
  const all = blocks(page);
  return all.flatMap(({ name, block }, index) => {
    if (name !== "typescript") return [];
    const [, file] = /^\/\/ (\S+\.ts)$/m.exec(block);
    const next = all[index + 1];
    const prints = next?.name === "text" ? next.block : undefined;
    return [{ file, text: block, prints }];
  });
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
  writeFileSync(join(folder, schema), source.block);
  execFileSync(ASTERC, ["build", "-q", "--lang", "typescript", schema], {
    cwd: folder,
  });
  for (const { file, text } of programs(page)) {
    writeFileSync(join(folder, file), text);
  }
  const [config] = blocks(GUIDE, "json");
  writeFileSync(join(folder, "tsconfig.json"), config.block);
  // the oldest compiler that the guide names reads the same declarations
  for (const [compiler, more] of [
    ["typescript-oldest", ["--noEmit"]],
    ["typescript", []],
  ]) {
    const tsc = join(HERE, "node_modules", compiler, "bin/tsc");
    try {
      const run = [tsc, ...more];
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

test("the programs of the guide print what it says", async () => {
  const folder = project("guide", GUIDE, "log.aster");
  const guide = programs(GUIDE);
  const { prints } = guide.find(({ file }) => file === "client.ts");
  assert.equal(await runs(folder), prints);

  // without an address the client says what it wants
  const alone = spawnSync(process.execPath, ["client.js"], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(alone.status, 2);
  assert.match(alone.stderr, /^usage: node client\.js ADDRESS.*\n$/);

  // the mesh of one of them, with nobody's configuration and nobody's keyring
  const operator = blocks(GUIDE, "sh").find(({ block }) =>
    block.includes("aster enroll"),
  );
  const path = [ASTER, process.env.PATH].join(delimiter);
  execFileSync("sh", ["-e", "-c", operator.block], {
    cwd: folder,
    env: { PATH: path, HOME: folder, XDG_RUNTIME_DIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const { file, prints } of guide) {
    if (prints === undefined || file === "client.ts") continue;
    const program = file.replace(/ts$/, "js");
    const run = spawnSync(process.execPath, [program], {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.equal(run.stdout, prints, `${file}\n${run.stderr}`);
    assert.equal(run.status, 0, file);
  }
});
