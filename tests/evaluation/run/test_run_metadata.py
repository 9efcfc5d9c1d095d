"""Labels of how it is said before the prompts of a dialogue: of what is heard, as far as it has come."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here, assert_one_line

from askqa_builder import evaluate
from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.comparing import compare_runs
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.models.model import Request
from askqa_builder.hearing.label import Label
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.metadata import parse
from askqa_builder.hearing.options import Hearing

STYLES = {"neutral", "lively", "subdued"}


class Asker:
    """Asks back once, and keeps what it was given."""

    def __init__(self) -> None:
        self.identity = {"name": "asker"}
        self.requests: list[Request] = []

    def respond(self, request: Request) -> str:
        self.requests.append(request)
        return "Which one do you mean?" if request.round == 1 else "red"

    def asked(self, item: Item | str, round: int) -> Request:
        name = item if isinstance(item, str) else item.row_id
        return next(one for one in self.requests if one.item.row_id == name and one.round == round)


def run(dataset: Path, out: Path, **options: Any) -> Asker:
    model = Asker()
    evaluate(dataset, out, model=model, limit=3, voices=VoicingOptions(workers=1), **{"metadata": True, **options})
    assert {request.round for request in model.requests} == {1, 2}
    return model


def labels_of(request: Request) -> tuple[Label, ...]:
    """The labels that stand before a prompt, and in the request."""
    assert request.metadata is not None
    assert request.prompt.startswith(f"{request.metadata}\n\n")
    return parse(request.prompt).labels


def rows_of(dataset: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row, _ in Source(dataset).all_texts()}


def test_labels_go_on_with_the_dialogue(styled_dataset: Path, tmp_path: Path) -> None:
    model, rows = run(styled_dataset, tmp_path / "run"), rows_of(styled_dataset)
    for request in model.requests:
        if request.round == 1:
            assert request.metadata == hear(rows[request.item.row_id], Hearing(metadata=True)).metadata
            continue
        first = labels_of(model.asked(request.item, 1))
        *before, question, reply = labels_of(request)
        assert tuple(before) == first
        assert (question.role, question.source, question.style) == ("assistant", "measured", None)
        assert (reply.role, reply.source) == ("user", "style")
        assert reply.style in STYLES
        assert reply.measures.f0_mean is not None
        assert first[-1].end < question.start < question.end < reply.start < reply.end
        assert reply.end <= len(request.clips[0]) / request.sampling_rate


def test_all_but_the_labels_is_as_without_them(styled_dataset: Path, tmp_path: Path) -> None:
    model, plain = run(styled_dataset, tmp_path / "a"), run(styled_dataset, tmp_path / "b", metadata=False)
    for one, other in zip(model.requests, plain.requests, strict=True):
        assert other.metadata is None
        assert one.prompt == f"{one.metadata}\n\n{other.prompt}"
        assert [len(clip) for clip in one.clips] == [len(clip) for clip in other.clips]


def test_a_request_alone_has_labels_of_its_own(styled_dataset: Path, tmp_path: Path) -> None:
    model, rows = run(styled_dataset, tmp_path / "run", control="question-only"), rows_of(styled_dataset)
    for request in model.requests:
        labels, asked = labels_of(request), rows[request.item.row_id]["turns"][-1]
        assert [label.role for label in labels] == ["user", "assistant", "user"][: 2 * request.round - 1]
        assert labels[0].style == asked["style"]["name"]
        assert labels[0].end - labels[0].start == pytest.approx(asked["end"] - asked["start"], abs=0.011)
        assert labels[-1].end <= len(request.clips[0]) / request.sampling_rate


def test_another_story_has_its_labels_and_what_followed_comes_in_the_next_clip(
    styled_dataset: Path, tmp_path: Path
) -> None:
    model = run(styled_dataset, tmp_path / "run", control="other-story")
    told = {hear(row, Hearing(metadata=True)).metadata for row in rows_of(styled_dataset).values()}
    for request in model.requests:
        own = hear(rows_of(styled_dataset)[request.item.row_id], Hearing(metadata=True)).metadata
        if request.round == 1:
            assert request.metadata in told - {own}
        else:
            *before, question, reply = labels_of(request)
            assert tuple(before) == labels_of(model.asked(request.item, 1))
            assert [(one.clip, one.role) for one in (question, reply)] == [(1, "assistant"), (1, "user")]
            assert len(request.clips) == 2


def test_who_reads_a_transcript_reads_the_labels_that_are_known(annotated_dataset: Path, tmp_path: Path) -> None:
    model, rows = run(annotated_dataset, tmp_path / "run", control="transcript"), rows_of(annotated_dataset)
    for request in model.requests:  # nothing is spoken, so nothing more is known of later rounds
        assert request.metadata == hear(rows[request.item.row_id], Hearing(metadata=True)).metadata
        assert labels_of(request)
        assert not request.clips


@pytest.mark.parametrize(
    ("control", "complaint"),
    [("closed-book", "reads nothing of how it is said: leave --metadata out"), ("oracle", "and --metadata out")],
)
def test_controls_that_hear_nothing_refuse_labels(
    styled_dataset: Path, tmp_path: Path, control: str, complaint: str
) -> None:
    model = Asker() if control == "closed-book" else None
    with pytest.raises(UsageError, match=complaint):
        evaluate(styled_dataset, tmp_path / "run", model=model, control=control, metadata=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("control", [None, "question-only", "transcript"])
def test_rows_without_labels_are_told_before_anything_is_asked(
    demo_dataset: Path, tmp_path: Path, control: str | None
) -> None:
    model = Asker()
    with pytest.raises(UsageError, match="askqa styles annotate"):
        evaluate(demo_dataset, tmp_path / "run", model=model, control=control, metadata=True)
    assert not model.requests
    assert not (tmp_path / "run").exists()


def test_runs_with_and_without_labels_are_compared_and_kept_apart(styled_dataset: Path, tmp_path: Path) -> None:
    run(styled_dataset, tmp_path / "with")
    run(styled_dataset, tmp_path / "without", metadata=False)
    with pytest.raises(UsageError, match="another"):
        run(styled_dataset, tmp_path / "without")
    results = tmp_path / "without" / "results.json"
    told = json.loads(results.read_text("utf-8"))
    assert told["run"].pop("metadata") is False  # as runs were before there were labels
    results.write_text(json.dumps(told), "utf-8")
    report = compare_runs(tmp_path / "without", tmp_path / "with")
    said = 'context "audio" and "audio, with labels of how it is said"'
    assert any(said in line for line in report.lines()), report.lines()
    assert "audio, with labels of how it is said" in report.markdown()
    assert "context: audio, with labels of how it is said" in (tmp_path / "with" / "results.md").read_text("utf-8")


def test_the_command_takes_labels_of_datasets(styled_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "reader.py").write_text(
        "def respond(request):\n    return request.prompt.splitlines()[2].partition('| ')[2]\n", "utf-8"
    )
    command = ["evaluate", styled_dataset, "--model", f"python:{tmp_path / 'reader.py'}:respond", "--limit", 1]
    command += ["--workers", 1, "--context", "none", "--layout", "turns"]
    made = askqa_here(*command, "--out", tmp_path / "run", "--metadata")
    assert made.returncode == 0, made.stderr
    (line, *_) = (tmp_path / "run" / "trajectories.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["rounds"][0]["response"].startswith("style ")
    shutil.rmtree(tmp_path / "run")
    refused = askqa_here(*command, "--out", tmp_path / "run", "--metadata", "--compare-metadata")
    assert_one_line(refused, 2)
    assert "--compare-metadata" in refused.stderr
