"""The same call gives the same bytes, wherever and however often it is stopped; a folder holds one set."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from harness import askqa_here, assert_one_line, digests, kill_group, started_askqa, wait_until
from task_sets import examples_of, faults_of

from askqa_builder import tasks
from askqa_builder.errors import AskqaError, UsageError

KILLS = 2


def contents(out: Path) -> dict[str, str]:
    """The digests of all files, the sound files and examples among them."""
    found = digests(out)
    assert {name.split("/")[0] for name in found} == {"audio", "data", "README.md", "askqa.json"}
    return found


def test_the_same_call_gives_the_same_bytes_after_kills(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    """Killed at moments of its work that a seed draws, then finished; in another folder than the one it is held to."""
    out = tmp_path / "out"
    draws = random.Random(5)
    of_all = len(list((examples_made / "audio").rglob("*.flac")))
    for _ in range(KILLS):
        there = draws.randrange(of_all)
        with started_askqa("tasks", storybook, out) as process:
            assert wait_until(
                lambda there=there, process=process: (
                    len(list((out / "audio").rglob("*.flac"))) > there or process.poll() is not None
                )
            )
            kill_group(process)
        if not (out / "askqa.json").exists():
            assert (out / ".askqa").is_dir()
            assert_one_line(askqa_here("tasks", storybook, out, "--check"), UsageError.exit_code)
    report = tasks(storybook, out)
    assert sum(report.counts.values()) == len(examples_of(examples_made))
    assert contents(out) == contents(examples_made)


def test_a_finished_set_is_left_alone(demo_dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = tasks(demo_dataset, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = tasks(demo_dataset, out)
    assert not first.already_complete
    assert again.already_complete
    assert (again.counts, again.leakage) == (first.counts, first.leakage)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before
    told = askqa_here("tasks", demo_dataset, out)
    assert told.returncode == 0
    assert told.stdout.splitlines()[-1].startswith("already complete: ")


@pytest.mark.parametrize("name", ["audio/*/*/*.flac", "data/examples/*.parquet", "README.md"])
def test_what_is_missing_is_made_again(demo_dataset: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    tasks(demo_dataset, out, segments=15)
    before = contents(out)
    sorted(out.glob(name))[-1].unlink()
    report = tasks(demo_dataset, out, segments=15)
    assert report.already_complete is (name == "README.md")
    assert contents(out) == before


def test_what_is_damaged_is_made_again(demo_dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tasks(demo_dataset, out)
    before = contents(out)
    file = next((out / "data" / "examples").iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert not tasks(demo_dataset, out).already_complete
    assert contents(out) == before


def test_another_set_in_the_way_is_discarded_only_when_asked(demo_dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tasks(demo_dataset, out)
    before = contents(out)
    refused = askqa_here("tasks", demo_dataset, out, "--seed", 1, "--segments", 10)
    assert_one_line(refused, UsageError.exit_code)
    assert "--overwrite" in refused.stderr
    assert contents(out) == before
    (out / "audio" / "notes.txt").write_text("mine")
    tasks(demo_dataset, out, seed=1, segments=10, overwrite=True)
    assert (out / "audio" / "notes.txt").read_text() == "mine"
    assert faults_of(demo_dataset, out) == {}
    tasks(demo_dataset, tmp_path / "fresh", seed=1, segments=10)
    (out / "audio" / "notes.txt").unlink()
    assert contents(out) == contents(tmp_path / "fresh")


def test_overwriting_makes_a_set_anew_though_nothing_is_missing(demo_dataset: Path, tmp_path: Path) -> None:
    """A sound of other samples is seen by the check alone."""
    out = tmp_path / "out"
    tasks(demo_dataset, out, tasks=["response"])
    before = contents(out)
    sound = next((out / "audio").rglob("*.flac"))
    sound.write_bytes(sound.read_bytes()[:-1000])
    assert tasks(demo_dataset, out, tasks=["response"]).already_complete
    assert not tasks(demo_dataset, out, tasks=["response"], overwrite=True).already_complete
    assert contents(out) == before


def test_other_folders_in_the_way_are_refused(demo_dataset: Path, tmp_path: Path) -> None:
    dataset, foreign = tmp_path / "dataset", tmp_path / "foreign"
    shutil.copytree(demo_dataset, dataset)
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    for out, told in (
        (dataset, "holds a dataset"),
        (foreign, "is not empty and holds no set of task examples of askqa"),
        (demo_dataset / "inside", "lie in each other"),
        (demo_dataset.parent, "lie in each other"),
        (foreign / "thesis.txt", "is a file"),
    ):
        with pytest.raises(UsageError, match=told):
            tasks(demo_dataset, out)
    assert digests(dataset) == digests(demo_dataset)
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]


def test_refused_options_leave_nothing_behind(storybook: Path, tmp_path: Path) -> None:
    """Whoever follows the advice of an error is not told that another set is in the way."""
    out = tmp_path / "out"
    refused = askqa_here("tasks", storybook, out, "--window", "qwen2-audio")
    assert "give --segments 30" in refused.stderr
    assert refused.returncode == UsageError.exit_code
    assert not out.exists()
    for options in ({"context": "none", "tasks": ["reasoning"]}, {"fraction": 0.5, "train": "dev"}):
        with pytest.raises(UsageError):
            tasks(storybook, out, **options)
        assert not out.exists()


def test_a_dataset_that_has_changed_is_an_error(demo_dataset: Path, tmp_path: Path) -> None:
    dataset = Path(shutil.copytree(demo_dataset, tmp_path / "dataset"))
    shard = sorted(dataset.glob("data/*/*.parquet"))[0]
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 0xFF
    shard.write_bytes(bytes(content))
    with pytest.raises(AskqaError, match="is not as it was written"):
        tasks(dataset, tmp_path / "out")


COMMANDS = [
    ["verify"], ["stats"], ["report"], ["show"], ["push", "someone/something"], ["score", "--asr", "pocketsphinx"],
    ["filter", "OUT", "--max-wer", "0.5"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_commands_for_datasets_refuse_a_set(examples_made: Path, tmp_path: Path, command: list[str]) -> None:
    name, *others = (str(tmp_path / "out") if word == "OUT" else word for word in command)
    refused = askqa_here(name, examples_made, *others)
    assert_one_line(refused, UsageError.exit_code)
    assert "holds task examples, no dataset" in refused.stderr


def test_an_export_gives_no_tasks(demo_dataset: Path, tmp_path: Path) -> None:
    assert askqa_here("export", demo_dataset, tmp_path / "export", "--to", "rttm").returncode == 0
    for options in ([], ["--check"]):
        refused = askqa_here("tasks", tmp_path / "export", tmp_path / "out", *options)
        assert_one_line(refused, UsageError.exit_code)
        assert "holds an export, no dataset; give what the export was made from" in refused.stderr
    refused = askqa_here("tasks", demo_dataset, tmp_path / "export", "--check")
    assert "holds an export, no set of task examples" in refused.stderr


def test_a_set_gives_no_tasks(examples_made: Path, tmp_path: Path) -> None:
    refused = askqa_here("tasks", examples_made, tmp_path / "out")
    assert_one_line(refused, UsageError.exit_code)
    assert "holds task examples, no dataset; give the dataset that they were made from" in refused.stderr
