// A mesh that the `aster` command makes: its root key, and what that signs. `ASTER` is the command.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ASTER =
  process.env["ASTER"] ?? fileURLToPath(new URL("../../../../target/debug/aster", import.meta.url));

/** A node of a mesh: its identity file, and what is in it. */
export interface Member {
  readonly file: string;
  readonly id: string;
  readonly secretKey: Uint8Array;
  readonly credential: string;
}

/** An operator's home, with a root key under a passphrase. */
export class Mesh {
  readonly folder = mkdtempSync(join(tmpdir(), "aster-mesh-"));
  readonly root: string;
  readonly #key = ["--key-file", "root.key", "--passphrase-file", "passphrase"];

  constructor() {
    writeFileSync(join(this.folder, "passphrase"), "correct horse battery staple\n");
    this.aster("profile", "create", "home");
    this.root = this.aster("keygen", "root", ...this.#key).trim();
  }

  /** Runs `aster`; what it prints. */
  aster(...args: readonly string[]): string {
    return execFileSync(ASTER, args, {
      cwd: this.folder,
      // nobody's configuration and nobody's keyring
      env: { PATH: process.env["PATH"], HOME: this.folder, XDG_RUNTIME_DIR: this.folder },
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
    });
  }

  /** A file of this mesh, empty when it is new. */
  file(name: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, "", { flag: "a" });
    return path;
  }

  /** A node that is enrolled, with its credential in its identity file. */
  member(name: string, role: "consumer" | "producer", ...args: readonly string[]): Member {
    const file = join(this.folder, `${name}-identity`);
    const id = this.aster("node", "init", "--identity", file).trim();
    const who = ["--endpoint-id", id, "--role", role, "--name", name, ...args];
    this.aster("enroll", "node", ...who, "--out", `${name}.json`, ...this.#key);
    this.aster("node", "add", `${name}.json`, "--identity", file);
    const secret = /^secret_key = "([0-9a-f]{64})"$/m.exec(readFileSync(file, "utf8"));
    return {
      file,
      id,
      secretKey: new Uint8Array(Buffer.from(secret?.[1] ?? "", "hex")),
      credential: readFileSync(join(this.folder, `${name}.json`), "utf8"),
    };
  }

  /** Revokes a node in a file; the line that says so. */
  revoke(id: string, file: string): string {
    this.aster("revoke", "--endpoint-id", id, "--file", file, "--yes", ...this.#key);
    return readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "";
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
