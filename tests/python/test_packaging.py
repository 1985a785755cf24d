"""The package as users get it: from the wheel, from the repository, and from a source distribution.

`ASTER_WHEEL` is the wheel. Sources are built in the profile and the folder of the wheel, `CARGO_TARGET_DIR`, so that nothing
is compiled that is there already.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from test_pages import write

REPOSITORY = Path(__file__).resolve().parents[2]
BINDING = REPOSITORY / "bindings/python"
WHEEL = Path(os.environ.get("ASTER_WHEEL", ""))
TARGET = os.environ.get("CARGO_TARGET_DIR", str(REPOSITORY / "target"))


@pytest.fixture(scope="module")
def wheel() -> Path:
    assert WHEEL.is_file(), "ASTER_WHEEL names no wheel: `cargo xtask python test` does"
    return WHEEL


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that has the wheel, and nothing that came from an index."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv/bin/python"
    offline = ("install", "--quiet", "--no-index", "--find-links", wheel.parent)
    run(python, *PIP, *offline, "aster-runtime", cwd=folder)
    return python


def clean(python: Path, *arguments: str | Path, cwd: Path) -> str:
    """Runs a program in that environment, which sees nothing of this one."""
    return run(python, *arguments, cwd=cwd, PYTHONPATH="", PYTHONNOUSERSITE="1")


def test_the_wheel_is_all_that_is_needed(installed: Path, tmp_path: Path) -> None:
    listed = clean(installed, *PIP, "list", "--format", "freeze", cwd=tmp_path)
    names = {line.split("==")[0].lower() for line in listed.split()}
    assert names - {"pip", "setuptools"} == {"aster-runtime"}
    clean(installed, *PIP, "check", cwd=tmp_path)
    told = clean(installed, "-W", "error", "-m", "aster_runtime", cwd=tmp_path)
    assert told.startswith("aster_runtime ") and "self-test passed" in told
    where = "import aster_runtime as a; print(a.__file__)"
    assert str(installed.parents[1]) in clean(installed, "-c", where, cwd=tmp_path)


def test_the_programs_of_the_readme_run_there(installed: Path, tmp_path: Path) -> None:
    write(tmp_path, "bindings/python/README.md")
    with subprocess.Popen(
        [installed, "-W", "error", "server.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            told = clean(installed, "-W", "error", "client.py", address, cwd=tmp_path)
            assert told == "Hello, Ada!\n"
        finally:
            server.kill()


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def text(wheel: Path, ending: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(ending))
        return archive.read(name).decode()


def test_what_is_in_the_wheel(wheel: Path) -> None:
    modules = {
        path.relative_to(BINDING / "python").as_posix()
        for path in (BINDING / "python").rglob("*")
        if path.suffix in (".py", ".pyi") or path.name == "py.typed"
    }
    held = {name for name in names(wheel) if ".dist-info/" not in name}
    assert held == modules | {"aster_runtime/_native.abi3.so"}
    assert re.match(r"aster_runtime-[\d.]+-cp310-abi3-\w+\.whl$", wheel.name)
    metadata = text(wheel, ".dist-info/METADATA")
    assert "Requires-Python: >=3.10" in metadata
    assert "Requires-Dist" not in metadata
    assert "# Aster for Python" in metadata


def build(source: Path, folder: Path, *arguments: str) -> Path:
    """Builds a wheel as `pip install` does with that source; the build backend is that of this environment."""
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    run(
        sys.executable,
        *PIP,
        "wheel",
        *options,
        "--wheel-dir",
        folder,
        source,
        cwd=folder,
        CARGO_TARGET_DIR=TARGET,
        CARGO_NET_OFFLINE="true",
        MATURIN_PEP517_ARGS=" ".join(["--profile dev", *arguments]),
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_repository_is_installed_by_pip(wheel: Path, tmp_path: Path) -> None:
    built = build(BINDING, tmp_path, "--locked")
    assert names(built) == names(wheel)


PACKAGE = re.compile(
    r'^\[\[package\]\]\nname = "(.*)"\nversion = "(.*)"$', re.MULTILINE
)


def test_a_source_distribution_has_all_that_it_is_built_from(
    wheel: Path, tmp_path: Path
) -> None:
    run("maturin", "sdist", "--out", tmp_path, cwd=BINDING)
    (source,) = tmp_path.glob("aster_runtime-*.tar.gz")
    with tarfile.open(source) as archive:
        assert all(".." not in name.split("/") for name in archive.getnames())
        archive.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    # the crates of the repository that are not in it are left out of its lock; nothing else is changed
    locked = set(PACKAGE.findall((folder / "Cargo.lock").read_text()))
    assert locked == set(PACKAGE.findall((REPOSITORY / "Cargo.lock").read_text()))
    run("cargo", "metadata", "--offline", "--format-version", "1", cwd=folder)
    needed = set(PACKAGE.findall((folder / "Cargo.lock").read_text()))
    assert needed < locked
    ours = {name for name, version in needed if name.startswith("aster")}
    assert ours == {"aster-bindings", "aster-contract", "aster-python", "aster-runtime"}
    run(
        "cargo",
        "metadata",
        "--locked",
        "--offline",
        "--format-version",
        "1",
        cwd=folder,
    )
    # pip unpacks it to a place of its own
    built = tmp_path / "built"
    built.mkdir()
    assert names(build(source, built)) == names(wheel)
