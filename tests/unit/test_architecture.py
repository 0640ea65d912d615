"""The layers of docs/architecture.md hold."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_given_the_source_when_its_imports_are_read_then_they_point_downwards_only() -> None:
    linter = Path(sys.executable).parent / "lint-imports"

    result = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )

    assert result.returncode == 0, result.stdout + result.stderr
