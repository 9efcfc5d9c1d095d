"""The engine of docs/engines.md that speaks an emotion, installed as another package would install it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from harness import install_engine, rows, run_askqa

DOCS = Path(__file__).parents[3] / "docs" / "engines.md"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables under which the engine `hasty` is installed, in worker processes too."""
    site = tmp_path_factory.mktemp("site")
    (example,) = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    module = tmp_path_factory.mktemp("module") / "hasty_engine.py"
    module.write_text(example, "utf-8")
    install_engine(site, module, "HastyEngine")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))}


def test_its_emotions_are_listed(environment: Mapping[str, str]) -> None:
    result = run_askqa("voices", "hasty", env=environment)
    assert result.returncode == 0, result.stderr
    head, *voices = (line.split() for line in result.stdout.splitlines())
    assert head[-1] == "emotions"
    assert {line[-1] for line in voices} == {"happy"}
    plain = run_askqa("voices", "flite")
    assert {line.split()[-1] for line in plain.stdout.splitlines()[1:]} == {"-"}


def test_users_are_happy_at_its_rate(environment: Mapping[str, str], demo_file: Path, tmp_path: Path) -> None:
    profiles, out = tmp_path / "mine.yaml", tmp_path / "out"
    profiles.write_text(
        "engine: hasty\nroles:\n  narrator: {voices: ['*']}\n"
        "  user: {voices: ['*'], styles: [neutral, happy]}\n  assistant: {voices: ['*']}\n"
    )
    result = run_askqa("build", demo_file, out, "--profiles", profiles, "--limit", "4", env=environment)
    assert result.returncode == 0, result.stderr
    plain = tmp_path / "plain.yaml"
    plain.write_text(profiles.read_text().replace(", styles: [neutral, happy]", ""))
    result = run_askqa("build", demo_file, tmp_path / "plain", "--profiles", plain, "--limit", "4", env=environment)
    assert result.returncode == 0, result.stderr
    spoken: dict[str | None, list[float]] = {"happy": [], "neutral": [], None: []}
    for row, other in zip(rows(out, "initial"), rows(tmp_path / "plain", "initial"), strict=True):
        for turn, before in zip(row["turns"], other["turns"], strict=True):
            assert turn["emotion"]["intended"]["category"] == ("happy" if turn["style"]["name"] == "happy" else None)
            spoken[turn["style"]["name"]].append((before["end"] - before["start"]) / (turn["end"] - turn["start"]))
    assert spoken["happy"] == pytest.approx([1.2] * len(spoken["happy"]), abs=0.08)
    others = spoken["neutral"] + spoken[None]
    assert others == pytest.approx([1.0] * len(others), abs=1e-9)


@pytest.mark.parametrize(
    ("styles", "can"), [("[neutral, sad]", "it can for happy"), ("{clarification: [sad]}", "it can for happy")]
)
def test_what_it_does_not_speak_is_refused_before_anything_is_spoken(
    environment: Mapping[str, str], demo_file: Path, tmp_path: Path, styles: str, can: str
) -> None:
    profiles = tmp_path / "mine.yaml"
    role = "{voices: ['*']}"
    profiles.write_text(
        f"engine: hasty\nroles:\n  narrator: {role}\n  user: {{voices: ['*'], styles: {styles}}}\n  assistant: {role}\n"
    )
    result = run_askqa("build", demo_file, tmp_path / "out", "--profiles", profiles, env=environment)
    assert result.returncode == 2
    assert can in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
