"""A mesh that the `aster` command makes: its root key, and what that signs. `ASTER` is the command."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support import ROOT

ASTER = Path(os.environ.get("ASTER", ROOT / "target/debug/aster"))

PASSPHRASE = "correct horse battery staple\n"


@dataclass
class Member:
    """A node of a mesh: its identity file, and what is in it."""

    file: Path
    id: str
    secret_key: bytes
    credential: str | None = None


class Mesh:
    """An operator's home, with a root key in a file: under a passphrase, or in the clear for those who look into it."""

    def __init__(self, folder: Path, *, sealed: bool) -> None:
        self.folder = folder
        folder.mkdir()
        self.key = ["--key-file", "root.key"]
        if sealed:
            (folder / "passphrase").write_text(PASSPHRASE)
            self.key += ["--passphrase-file", "passphrase"]
        self.aster("profile", "create", "home")
        made = self.key if sealed else [*self.key, "--insecure-plain"]
        self.root = self.aster("keygen", "root", *made).strip()
        self.revoked = folder / "revoked"
        self.revoked.touch()
        self.signed = 0

    def aster(self, *arguments: str) -> str:
        """Runs `aster`; what it prints."""
        done = subprocess.run(
            [ASTER, *arguments],
            cwd=self.folder,
            # nobody's configuration and nobody's keyring
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "XDG_RUNTIME_DIR": str(self.folder),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"aster {arguments}: {done.stderr}"
        return done.stdout

    def secret(self) -> bytes:
        """The root key, if it is in the clear."""
        word, digits = (self.folder / "root.key").read_text().split()
        assert word == "aster-root-key-1"
        return bytes.fromhex(digits)

    def node(self, name: str) -> Member:
        """A node that has a key and no credential yet."""
        file = self.folder / f"{name}-identity"
        id = self.aster("node", "init", "--identity", file.name).strip()
        found = re.search(
            r'^secret_key = "([0-9a-f]{64})"$', file.read_text(), re.MULTILINE
        )
        assert found
        return Member(file, id, bytes.fromhex(found[1]))

    def enroll(self, *arguments: str) -> str:
        """Signs a credential."""
        return self.aster("enroll", "node", *arguments, *self.key)

    def member(self, name: str, role: str, *arguments: str) -> Member:
        """A node that is enrolled, with its credential in its identity file."""
        member = self.node(name)
        self.signed += 1
        file = f"{self.signed}.json"
        who = ("--endpoint-id", member.id, "--role", role, "--name", name)
        self.enroll(*who, *arguments, "--out", file)
        self.aster("node", "add", file, "--identity", member.file.name)
        member.credential = (self.folder / file).read_text()
        return member

    def revoke(self, *arguments: str, file: str) -> str:
        """Revokes something; the line that says so."""
        self.aster("revoke", *arguments, "--file", file, "--yes", *self.key)
        return (self.folder / file).read_text().splitlines()[-1]
