"""Tasks of other packages: a small class through an entry point of an installed distribution."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from harness import askqa_here, assert_one_line, manifest, run_askqa
from task_sets import examples_of, faults_of, meddled, rows_by_id

from askqa_builder import tasks
from askqa_builder.errors import AskqaError, UsageError


@pytest.fixture
def their_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution with tasks, on the path."""
    site = tmp_path / "site"
    info = site / "theirs-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("their_tasks.py"), site / "their_installed_tasks.py")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", "utf-8")
    points = {
        "letters": "Letters",
        "doubtful": "Doubtful",
        "stern": "Stern",
        "choosy": "Choosy",
        "failing": "Failing",
        "failing-check": "FailingCheck",
        "counting": "Counting",
        "misnamed": "Misnamed",
        "broken": "Broken",
        "text": "no_task",
    }
    lines = [f"{name} = their_installed_tasks:{kind}" for name, kind in points.items()]
    lines.append("absent = their_absent_module:X")
    (info / "entry_points.txt").write_text("[askqa_builder.tasks]\n" + "\n".join(lines), "utf-8")
    monkeypatch.syspath_prepend(str(site))
    return site


@pytest.mark.usefixtures("their_package")
def test_a_task_of_another_package_gives_examples(demo_dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = tasks(demo_dataset, out, tasks=["response", "letters"])
    found = examples_of(out, task="letters")
    assert len(found) == report.counts["test", "letters", "letters"] == len(examples_of(out, task="response"))
    assert all(int(one["answer"]) > 1 for one in found)
    assert manifest(out)["tasks"] == {"response": 2, "letters": 3}
    assert faults_of(demo_dataset, out) == {}
    changed = meddled(out, tmp_path / "meddled", lambda ones: [{**one, "answer": "1"} for one in ones])
    assert faults_of(demo_dataset, tmp_path / "meddled").keys() == changed


@pytest.mark.usefixtures("their_package")
def test_it_can_be_mixed_in(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", mix="response=2,letters=1", train="test")
    counts = [len(examples_of(tmp_path / "out", task=task)) for task in ("response", "letters")]
    assert abs(counts[0] - 2 * counts[1]) <= 1
    assert counts[1] > 5


def test_the_command_line_finds_it(demo_dataset: Path, tmp_path: Path, their_package: Path) -> None:
    env = {"PYTHONPATH": os.pathsep.join([str(their_package), os.environ.get("PYTHONPATH", "")])}
    done = run_askqa("tasks", demo_dataset, tmp_path / "out", "--tasks", "letters", env=env)
    assert done.returncode == 0, done.stderr
    assert "letters" in done.stdout


def rejects_of(out: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (out / "rejected.jsonl").read_text("ascii").splitlines()]


@pytest.mark.usefixtures("their_package")
def test_an_example_that_its_own_check_refuses_costs_itself_alone(demo_dataset: Path, tmp_path: Path) -> None:
    out, row = (
        tmp_path / "out",
        next(name for name in rows_by_id(demo_dataset) if name.endswith("demo-cafe|4|2#initial")),
    )
    made = askqa_here("tasks", demo_dataset, out, "--tasks", "choosy,response")
    assert made.returncode == 3
    assert made.stdout.splitlines()[-1].endswith("; left out: 1 refused_by_check (see rejected.jsonl)")
    assert "warning" not in made.stderr
    assert rejects_of(out) == [
        {
            "id": f"{row}/choosy/letters",
            "file": "data/examples/test-00000-of-00002.parquet",
            "index": None,
            "stage": "write",
            "reason": "refused_by_check",
            "detail": "choosy/letters: not that one",
        }
    ]
    rows = {one["row_id"] for one in examples_of(out, task="response")}
    assert {one["row_id"] for one in examples_of(out, task="choosy")} == rows - {row}
    assert faults_of(demo_dataset, out) == {}
    assert askqa_here("tasks", demo_dataset, out).returncode == 2  # of other tasks
    again = askqa_here("tasks", demo_dataset, out, "--tasks", "choosy,response")
    assert (again.returncode, again.stdout.splitlines()[-1].split(": ")[0]) == (3, "already complete")


@pytest.mark.usefixtures("their_package")
@pytest.mark.parametrize("lost", ["rejected.jsonl", "data/examples/test-00000-of-00002.parquet"])
def test_what_was_refused_is_known_after_damage(demo_dataset: Path, tmp_path: Path, lost: str) -> None:
    out = tmp_path / "out"
    tasks(demo_dataset, out, tasks=["doubtful"])
    before = rejects_of(out)
    (out / lost).unlink()
    assert not tasks(demo_dataset, out, tasks=["doubtful"]).already_complete
    assert rejects_of(out) == before != []


@pytest.mark.usefixtures("their_package")
def test_a_check_that_refuses_much_is_loud(demo_dataset: Path, tmp_path: Path) -> None:
    made = askqa_here("tasks", demo_dataset, tmp_path / "out", "--tasks", "doubtful,stern,response")
    assert made.returncode == 3
    told = [line for line in made.stderr.splitlines() if "warning" in line]
    kept, refused = (len(examples_of(tmp_path / "out", task=name)) for name in ("doubtful", "response"))
    assert f"doubtful/letters: its own check refuses {refused - kept} of {refused} examples" in told[0]
    assert f"stern/letters: its own check refuses all {refused} examples, the first, " in told[1]
    assert 'as "never"; mend the task' in told[1]


@pytest.mark.usefixtures("their_package")
def test_a_set_of_which_everything_is_refused_is_an_error(demo_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(AskqaError, match=r"no example of .* is left: stern/letters: its own check refuses all"):
        tasks(demo_dataset, tmp_path / "out", tasks=["stern"])
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("their_package")
def test_a_mix_counts_no_refused_examples(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", mix="response=1,doubtful=1", train="test")
    counts = [len(examples_of(tmp_path / "out", task=task)) for task in ("response", "doubtful")]
    assert counts[0] == counts[1] > 5


@pytest.mark.usefixtures("their_package")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("failing", r"task failing failed at row \S+#clarified-0: KeyError: 'nothing' \(\S+\.py, line \d+\)"),
        ("failing-check", r"task failing-check failed at row \S+: TypeError: .*line \d+\); mend the task"),
        ("counting", r"task counting failed at row \S+: TypeError: answer is the number 3, not a text"),
    ],
)
def test_a_bug_in_a_task_is_told_with_its_row(demo_dataset: Path, tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(AskqaError, match=told):
        tasks(demo_dataset, tmp_path / "out", tasks=[name])
    assert not (tmp_path / "out" / "askqa.json").exists()


@pytest.mark.usefixtures("their_package")
def test_the_card_describes_them(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", tasks=["choosy", "letters"])
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    count = len(examples_of(tmp_path / "out", task="letters"))
    assert f"- **letters** (not one of askqa-builder's own tasks): How many letters a drawn turn has. ({count} " in card
    assert "- **choosy** (not one of askqa-builder's own tasks): Refuses one example" in card
    assert "<b>" not in card
    assert "- **listening**" not in card


@pytest.mark.usefixtures("their_package")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("misnamed", "is no subclass of askqa_builder.tasks.task.Task of that name"),
        ("text", "is no subclass of askqa_builder.tasks.task.Task of that name"),
        ("broken", "'broken' of theirs cannot be loaded: no dictionary"),
        ("absent", "'absent' of theirs cannot be loaded"),
        ("leters", "unknown task 'leters'.*letters"),
    ],
)
def test_tasks_that_do_not_load_are_told(demo_dataset: Path, tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        tasks(demo_dataset, tmp_path / "out", tasks=[name])


def test_a_check_without_the_package_says_so(
    demo_dataset: Path, tmp_path: Path, their_package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    tasks(demo_dataset, out, tasks=["letters"])
    shutil.rmtree(their_package / "theirs-1.0.dist-info")
    monkeypatch.syspath_prepend(str(tmp_path))  # so that the path is looked through anew
    refused = askqa_here("tasks", demo_dataset, out, "--check")
    assert_one_line(refused, UsageError.exit_code)
    assert "unknown task 'letters'" in refused.stderr
