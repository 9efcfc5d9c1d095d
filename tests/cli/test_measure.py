"""Voices are measured from the command line, and a build knows their gender from the table."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import assert_one_line, install_engine, manifest, rows, run_askqa

NAMELESS = Path(__file__).parent / "nameless_engine.py"

GENDERS = {"p0": "female", "p1": "male", "p2": "male", "p3": "male"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables under which the engine `nameless` is installed, in worker processes too."""
    site = tmp_path_factory.mktemp("site")
    install_engine(site, NAMELESS, "NamelessEngine")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))}


@pytest.fixture(scope="module")
def folder(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile set with balanced gender, and the table it names, measured from within its folder."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "revision.txt").write_text("r1")
    script = f'cd "{folder}";'
    arguments = ("voices", "nameless", "--options", "revision_path=revision.txt", "--measure", "nameless-table.yaml")
    result = run_askqa(*arguments, env=environment, shell_prefix=script)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""  # no progress line where nobody looks
    lines = [line.split() for line in result.stdout.splitlines()]
    assert {line[0]: line[1] for line in lines[1:-1]} == GENDERS
    assert result.stdout.splitlines()[-1] == "voice table written to nameless-table.yaml"
    role: dict[str, Any] = {"voices": ["p*"]}
    content = {"engine": "nameless", "options": {"revision_path": "revision.txt"}, "balance": ["gender"]}
    profiles = {**content, "distinct_voices": False, "voice_table": "nameless-table.yaml"}
    roles = {"narrator": role, "user": role, "assistant": role}
    (folder / "mine.yaml").write_text(yaml.safe_dump({**profiles, "roles": roles}))
    return folder


def test_the_table(folder: Path) -> None:
    table = yaml.safe_load((folder / "nameless-table.yaml").read_text("utf-8"))
    assert (table["engine"], table["model"], table["revision"]) == ("nameless", "nameless/one", "r1")
    assert {name: entry["gender"] for name, entry in table["voices"].items()} == GENDERS
    assert sorted(path.name for path in folder.iterdir()) == ["mine.yaml", "nameless-table.yaml", "revision.txt"]


def test_measuring_again_gives_the_same_file(folder: Path, environment: dict[str, str], tmp_path: Path) -> None:
    options = ("--options", f'{{"revision_path": "{folder / "revision.txt"}"}}', "--options", "loud=true")
    again = tmp_path / "again.yaml"
    for _ in range(2):  # a table is written over a table
        result = run_askqa("voices", "nameless", *options, "--measure", again, env=environment)
        assert result.returncode == 0, result.stderr
        assert again.read_bytes() == (folder / "nameless-table.yaml").read_bytes()


def test_a_build_knows_and_tells_the_measured_gender(
    folder: Path, environment: dict[str, str], demo_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("build", demo_file, out, "--profiles", folder / "mine.yaml", "--stages", "initial", "--workers", "1")
    result = run_askqa(*arguments, env=environment)
    assert result.returncode == 0, result.stderr
    speakers = [speaker for row in rows(out, "initial") for speaker in row["speakers"]]
    assert {(speaker["voice"], speaker["gender"], speaker["metadata_source"]) for speaker in speakers} == {
        (name, gender, "f0") for name, gender in GENDERS.items()
    }
    women = sum(speaker["gender"] == "female" for speaker in speakers)
    assert 0.3 < women / len(speakers) < 0.7  # one voice of four
    listed = manifest(out)
    assert listed["profiles"]["voice_table"]["voices"]["p0"] == {"gender": "female", "accent": None, "source": "f0"}
    assert "nameless-table" not in (out / "askqa.json").read_text("utf-8")
    assert "gender inferred from fundamental frequency" in (out / "README.md").read_text("utf-8")
    # another gender is another dataset
    table = folder / "nameless-table.yaml"
    changed = folder / "changed.yaml"
    changed.write_text(table.read_text("utf-8").replace("p3: {gender: male", "p3: {gender: female"))
    other = folder / "other.yaml"
    other.write_text((folder / "mine.yaml").read_text("utf-8").replace("nameless-table.yaml", "changed.yaml"))
    result = run_askqa(*(other if part == folder / "mine.yaml" else part for part in arguments), env=environment)
    assert_one_line(result, 2)
    assert "--overwrite" in result.stderr


def test_a_table_of_another_revision_is_refused(folder: Path, environment: dict[str, str], tmp_path: Path) -> None:
    for name in ("mine.yaml", "nameless-table.yaml"):
        shutil.copy(folder / name, tmp_path)
    (tmp_path / "revision.txt").write_text("r2")
    result = run_askqa("profiles", tmp_path / "mine.yaml", env=environment)
    assert_one_line(result, 2)
    assert "revision r1" in result.stderr
    assert "revision r2" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--options", "loud"], "neither KEY=VALUE nor a JSON object"),
        (["--options", "=1"], "neither KEY=VALUE"),
        (["--options", '{"loud": '], "not valid JSON"),
        (["--options", '{"loud": NaN}'], "numbers must be finite"),
        (["--options", "loud=1", "--options", '{"loud": 2}'], "'loud' is given twice"),
        (["--options", '{"loud": 1, "loud": 2}'], "'loud' is given twice"),
        (["--options", "louder=true"], "louder"),
        (["--options", "device=cpu"], "'device' is not one of its options"),
        (["--measure", "nowhere/table.yaml"], "there is no folder nowhere"),
        (["--measure", "thesis.txt"], "thesis.txt: 'chapter one' is not a mapping"),
        (["--measure", "."], "it is no voice table"),
        (["--measure", "table.yaml", "--voice", "x*"], "x*"),
        (["--measure", "table.yaml", "--audition", "folder"], "give one of them"),
    ],
)
def test_wrong_usage_is_one_line(environment: dict[str, str], tmp_path: Path, arguments: list[str], named: str) -> None:
    (tmp_path / "thesis.txt").write_text("chapter one")
    prefix = f'cd "{tmp_path}";'
    result = run_askqa("voices", "nameless", *arguments, env=environment, shell_prefix=prefix)
    assert_one_line(result, 2)
    assert result.stdout == ""
    assert named in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert (tmp_path / "thesis.txt").read_text() == "chapter one"
