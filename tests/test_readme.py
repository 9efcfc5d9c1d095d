"""What the README shows works as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


def python_blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def run_in(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1"}
    script = folder / "example.py"
    script.write_text(program, "utf-8")
    return subprocess.run([sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True)


def test_the_loading_example_runs_without_torchcodec(demo_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "my-dataset").symlink_to(demo_dataset)
    example = next(block for block in python_blocks() if "load_dataset" in block)
    done = run_in(tmp_path, example + "\nassert len(heard) > 1000\n")
    assert done.returncode == 0, done.stderr
    assert "→ clarify" in done.stdout


def test_the_building_example_runs_as_a_script_without_a_guard(demo_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader")
    example = next(block for block in python_blocks() if "import build" in block)
    program = example.replace('"coqa-abg/"', repr(str(demo_file))).replace("seed=7", "seed=7, limit=2")
    done = run_in(tmp_path, program + "\nprint(report.rows)\n")
    assert done.returncode == 0, done.stderr
    assert "'initial': 2" in done.stdout
