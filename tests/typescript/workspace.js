// A folder with all that is generated, beside the runtime, as a user's project has them.

import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const REPOSITORY = join(HERE, "../..");

/** The package `aster-runtime`, built. */
const RUNTIME = process.env.ASTER_RUNTIME ?? join(REPOSITORY, "bindings/typescript");

/** Folders of `golden/`, by what each is called here. */
export const GOLDENS = {
  hello: "hello/typescript",
  altered: "altered/typescript",
  fleet: "fleet/typescript",
  forms: "forms/typescript",
  corners: "corners/typescript",
};

/** Makes the folder; it is removed when the process ends. */
export function workspace() {
  const top = mkdtempSync(join(tmpdir(), "aster-generated-"));
  process.once("exit", () => rmSync(top, { recursive: true }));
  writeFileSync(join(top, "package.json"), JSON.stringify({ private: true, type: "module" }));
  cpSync(join(HERE, "tsconfig.json"), join(top, "tsconfig.json"));
  mkdirSync(join(top, "node_modules"));
  symlinkSync(join(HERE, "node_modules/@types"), join(top, "node_modules/@types"), "junction");
  symlinkSync(RUNTIME, join(top, "node_modules/aster-runtime"), "junction");
  for (const [name, golden] of Object.entries(GOLDENS)) {
    cpSync(join(REPOSITORY, "golden", golden), join(top, "generated", name), { recursive: true });
  }
  return top;
}

/** Runs one of the tools in a folder; what it says is in the error. */
export function run(top, tool, ...args) {
  const found = readFileSync(join(HERE, "node_modules", tool, "package.json"), "utf8");
  const { bin } = JSON.parse(found);
  const path = typeof bin === "string" ? bin : bin[tool === "typescript" ? "tsc" : tool];
  try {
    execFileSync(process.execPath, [join(HERE, "node_modules", tool, path), ...args], {
      cwd: top,
      encoding: "utf8",
    });
  } catch (error) {
    throw new Error(`${tool}:\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

/** The files below a folder with this ending, in order. */
export function files(folder, ending) {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = all.filter((entry) => entry.isFile() && entry.name.endsWith(ending));
  return found.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
}

/** Every export of the compiled modules below a folder, by the name of its module. */
export async function modules(top, name) {
  const found = new Map();
  for (const path of files(join(top, "out", name), ".js")) {
    const module = relative(join(top, "out", name), path).replace(/\.js$/, "");
    found.set(module.replaceAll("\\", "/"), await import(pathToFileURL(path).href));
  }
  return found;
}
