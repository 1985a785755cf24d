"""Type checkers tell on programs that misuse generated code or the package, on the line where they do, and on no other.

A line of `programs/wrong_*.py` that is wrong says so: `# wrong: CODE-OF-MYPY RULE-OF-PYRIGHT`, or `-` where one of them says
nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "bindings/python/python"
PROGRAMS = sorted((Path(__file__).resolve().parent / "programs").glob("*.py"))

Findings = dict[tuple[str, int], set[str]]

MARK = re.compile(r"# wrong: (\S+) (\S+)$")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs, the code that they are written for, and the package: what a user's tools see."""
    folder = tmp_path_factory.mktemp("typing")
    for program in PROGRAMS:
        shutil.copy(program, folder)
    shutil.copytree(REPOSITORY / "golden/fleet/python", folder / "fleet_generated")
    shutil.copytree(
        PACKAGE / "aster_runtime",
        folder / "package/aster_runtime",
        # a module that was built in place
        ignore=shutil.ignore_patterns("*.so", "__pycache__"),
    )
    return folder


def expected(checker: int) -> Findings:
    """What the programs say of themselves."""
    return {
        (program.name, number): {mark[checker]}
        for program in PROGRAMS
        for number, line in enumerate(program.read_text().splitlines(), 1)
        if (mark := MARK.search(line)) and mark[checker] != "-"
    }


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(folder / "package")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(folder: Path, *arguments: str) -> Findings:
    """What mypy finds, by file and line."""
    strict = ("mypy", "--strict", "--python-version", "3.10")
    found: Findings = {}
    for line in run(folder, *strict, *arguments).splitlines():
        error = re.match(r"(.+?):(\d+): error: .*\[(\S+)\]$", line)
        if error:
            found.setdefault((error[1], int(error[2])), set()).add(error[3])
        else:
            assert re.match(r"Found |Success|.*: note: ", line), line
    return found


def pyright(folder: Path, *include: str) -> Findings:
    """What pyright finds, by file and line."""
    configuration = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.10",
        "extraPaths": ["package"],
        "include": include,
        # the package here has the stub of its module alone
        "reportMissingModuleSource": False,
        # for what is only looked at: in a program it would be used
        "reportUnusedExpression": False,
        "reportUnusedCoroutine": False,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(configuration))
    told = json.loads(run(folder, "pyright", "--project", ".", "--outputjson"))
    assert told["summary"]["filesAnalyzed"] > 0
    found: Findings = {}
    for error in told["generalDiagnostics"]:
        name = Path(error["file"]).relative_to(folder).as_posix()
        line = error["range"]["start"]["line"] + 1
        found.setdefault((name, line), set()).add(error.get("rule", error["message"]))
    return found


def compare(found: Findings, wanted: Findings) -> None:
    """Holds what a checker finds against what is marked. On a line that is marked it may say more of the same."""
    differences = [
        f"{name}:{line}: {sorted(found.get((name, line), ()))}, expected {sorted(wanted.get((name, line), ()))}"
        for name, line in sorted(found.keys() | wanted.keys())
        if not wanted.get((name, line), set()) <= found.get((name, line), set())
        or (name, line) not in wanted
    ]
    assert not differences, "\n".join(differences)


def test_mypy_tells_on_each_wrong_line_and_on_no_other(folder: Path) -> None:
    wanted = expected(1)
    assert len(wanted) > 80
    compare(mypy(folder, *(program.name for program in PROGRAMS)), wanted)


def test_pyright_tells_on_each_wrong_line_and_on_no_other(folder: Path) -> None:
    wanted = expected(2)
    assert len(wanted) > 80
    compare(pyright(folder, *(program.name for program in PROGRAMS)), wanted)


def test_there_are_right_programs_too() -> None:
    assert {program.name for program in PROGRAMS} > {"right.py"}
    right = next(program for program in PROGRAMS if program.name == "right.py")
    assert "# wrong" not in right.read_text()


def test_mypy_finds_nothing_in_the_package(folder: Path) -> None:
    assert mypy(folder, "--package", "aster_runtime") == {}


def test_pyright_finds_nothing_in_the_package(folder: Path) -> None:
    assert pyright(folder, "package/aster_runtime") == {}
