"""The programs of the pages about Python are run as they stand, and print what the pages say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ASTERC = Path(os.environ.get("ASTERC", REPOSITORY / "target/debug/asterc"))

Block = tuple[str, str]


def blocks(page: str) -> list[Block]:
    """The blocks of a page: their marks and texts."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def write(folder: Path, page: str) -> dict[str, str]:
    """Writes the schema and the programs of a page; what the text behind a program says it prints is by its name."""
    printed: dict[str, str] = {}
    name = ""
    for mark, text in blocks(page):
        if mark.startswith("aster"):
            named = re.search(r"file=(\S+)", mark) or re.match(r"// (\S+)\n", text)
            assert named, f"{page}: a schema without a name"
            (folder / named.group(1)).write_text(text)
            done = subprocess.run(
                [
                    ASTERC,
                    "build",
                    "-q",
                    "--lang",
                    "python",
                    "--out",
                    "gen",
                    named.group(1),
                ],
                cwd=folder,
                check=False,
            )
            assert done.returncode == 0
        elif mark == "python":
            (name,) = re.findall(r"\A# (\S+\.py)$", text, re.MULTILINE)
            (folder / name).write_text(text)
        elif mark == "text":
            printed[name] = text
    return printed


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("page", "prints"),
    [
        ("bindings/python/README.md", {"client.py": "Hello, Ada!\n"}),
        ("docs/guide/python.md", {}),
    ],
)
def test_server_and_client_of_a_page_meet(
    tmp_path: Path, page: str, prints: dict[str, str]
) -> None:
    printed = {**write(tmp_path, page), **prints}
    assert "client.py" in printed
    with subprocess.Popen(
        [sys.executable, "server.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address.startswith("aster")
            assert run(tmp_path, "client.py", address) == printed["client.py"]
        finally:
            server.kill()


def test_programs_of_the_guide_that_stand_alone(tmp_path: Path) -> None:
    printed = write(tmp_path, "docs/guide/python.md")
    del printed["client.py"]
    assert list(printed) == ["interceptor.py", "metrics.py", "logs.py"]
    for name, text in printed.items():
        assert run(tmp_path, name) == text


def test_the_package_tests_itself() -> None:
    printed = run(REPOSITORY, "-m", "aster_runtime")
    assert "self-test passed" in printed
