"""Controls of sets of examples: what is heard, what is said, and what floor that gives."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from made_answers import item

from askqa_builder import evaluate_tasks
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.model import Request
from askqa_builder.evaluation.models.registry import Choice
from askqa_builder.evaluation.task_sets.reading import clips_of, read_task_set
from askqa_builder.evaluation.task_sets.subject import MostFrequentLabel, OtherSound, open_task_subject


class Listener:
    """Keeps what it is given."""

    concurrency = 1

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def respond(self, request: Request) -> str:
        self.requests.append(request)
        return "yes"


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_a_model_hears_the_clips_and_knows_no_answer(questions: Path, listener: Listener, tmp_path: Path) -> None:
    evaluate_tasks(questions, tmp_path / "run", model=listener, limit=8)
    items = read_task_set(questions, None, 8, None).items
    for one, request in zip(items, listener.requests, strict=True):
        assert request.prompt == one.prompt
        assert [clip.tobytes() for clip in request.clips] == [clip.tobytes() for clip in clips_of(questions, one)]
        assert request.item == one.blinded
        assert (request.item.row_id, request.item.intents, request.item.gold) == (one.id, (), None)
        assert (request.intent, request.story, list(request.turns)) == (None, None, [])


def test_closed_book_hears_nothing(questions: Path, listener: Listener, tmp_path: Path) -> None:
    report = evaluate_tasks(questions, tmp_path / "run", model=listener, control="closed-book", limit=8)
    items = read_task_set(questions, None, 8, None).items
    assert all(not request.clips for request in listener.requests)
    assert [request.prompt for request in listener.requests] == [one.prompt for one in items]
    assert report.name == "Listener, closed-book"
    assert report.scored.results.usage.audio_seconds == 0


def test_other_story_hears_another_story(questions: Path, listener: Listener, tmp_path: Path) -> None:
    evaluate_tasks(questions, tmp_path / "run", model=listener, control="other-story")
    everything = read_task_set(questions, None, None, None).of_all
    stories = defaultdict(set)
    for one in everything:
        stories[b"".join(clip.tobytes() for clip in clips_of(questions, one))].add(one.story_id)
    heard = [stories[b"".join(clip.tobytes() for clip in request.clips)] for request in listener.requests]
    assert all(heard)
    assert all(request.item.story_id not in found for request, found in zip(listener.requests, heard, strict=True))
    assert len({frozenset(found) for found in heard}) > 3


def test_other_story_is_drawn_evenly_by_seed() -> None:
    items = [item(f"e{n}", "yes", story_id=f"s{n // 5}") for n in range(50)]
    drawn = {seed: [OtherSound(items, seed).other(one.blinded).id for one in items] for seed in range(40)}
    assert drawn[1] == [OtherSound(list(reversed(items)), 1).other(one.blinded).id for one in items]
    assert drawn[1] != drawn[2]
    counts = Counter(name for names in drawn.values() for name in names)
    assert set(counts) == {one.id for one in items}
    assert max(counts.values()) < 3 * min(counts.values())
    with pytest.raises(UsageError, match="has one story"):
        OtherSound(items[:5], 0)


def test_the_most_frequent_label_is_that_of_the_kind(questions: Path, tmp_path: Path) -> None:
    report = evaluate_tasks(questions, tmp_path / "run", control="most-frequent-label")
    items = read_task_set(questions, None, None, None).items
    labels = defaultdict(Counter)
    for one in items:
        if one.label is not None:
            labels[one.of_kind][one.label] += 1
    for kind, counts in labels.items():
        found = report.scored.results.kinds[kind].figures["accuracy"]
        assert found.value == pytest.approx(max(counts.values()) / counts.total())
    assert report.endings["not_applicable"] == sum(one.label is None for one in items)
    assert report.exit_code == 0
    tied = MostFrequentLabel([item("a", "yes"), item("b", "no")])
    assert tied._says == {"a": "no", "b": "no"}


def test_the_oracle_is_right_everywhere(questions: Path, tmp_path: Path) -> None:
    figures = evaluate_tasks(questions, tmp_path / "run", control="oracle").scored.results.whole.figures
    assert {figures[name].value for name in ("accuracy", "macro_f1", "exact", "f1", "containment")} == {1.0}


def test_a_cascade_reads_what_was_understood_and_the_question(listener: Listener) -> None:
    subject = open_task_subject(Choice(listener), [item("a", "yes")])
    request = Request(item("a", "yes").blinded, 1, (), 16_000, "Is it red?", ())
    assert subject.prompts.for_cascade(request, "a red book").endswith("a red book\n\nIs it red?")
