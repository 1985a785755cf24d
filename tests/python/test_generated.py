"""What `check_generated.py` checks, as a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import aster_runtime

REPOSITORY = Path(__file__).resolve().parents[2]


def test_generated_code_is_clean_and_as_the_schemas_have_it() -> None:
    asterc = os.environ.get("ASTERC", str(REPOSITORY / "target/debug/asterc"))
    runtime = Path(aster_runtime.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("check_generated.py"), "--asterc", asterc, "--runtime", runtime],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
