"""A run over thirty conversations comes to what was counted by hand, also with a server that fails in many ways."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here
from listening_server import ListeningServer, Point, listening
from run_files import write_model
from thirty_conversations import CONFLICTS, CONTRASTS, THIRTY, Conversation, Score

ONCE = {
    Point("ida|3|2", 0, 1): [500],
    Point("jon|3|1", 0, 1): ["empty"],
    Point("jon|3|2", 0, 1): ["cut", "html"],
    Point("mia|2|1", 0, 1): [429],
    Point("rosa|3|1", 2, 2): ["no choices", 502],
    Point("nils|3|1", 2, 3): ["no text"],
}
"""What the server mends by itself."""

ALWAYS = {
    Point("mia|3|2", 0, 1): 500,
    Point("mia|3|1", 1, 2): "html",
    Point("sam|3|2", 0, 2): "cut",
    Point("sam|2|1", 0, 1): "hang",
    Point("nils|3|1", 0, 2): "empty",
    Point("omar|3|1", 0, 1): "a list",
}
"""What it does not, until it is looked after."""

FAILED = {("mia|3|2", 0), ("mia|3|1", 1), ("sam|3|2", 0), ("sam|2|1", 0), ("nils|3|1", 0), ("omar|3|1", 0)}
FAILED |= {("omar|3|1", 1)}
"""Trajectories, by conversation and reading, that come to nothing of it."""

SEPARATING = {"Do you mean the old hat?"}
"""Questions that propose a reading; the others ask openly."""


@dataclass(frozen=True)
class Held:
    """A run with what is in its folder."""

    server: ListeningServer
    out: Path
    ended: list[Any]
    results: list[dict[str, Any]]


@pytest.fixture(scope="module")
def held(thirty: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """The command, twice: the server fails, and then it does not."""
    folder = tmp_path_factory.mktemp("scores")
    with listening(thirty, THIRTY) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("askqa_builder.endpoint._FIRST_WAIT", 0.02)
        model = write_model(folder / "model.yaml", server, timeout=3, concurrency=8)
        arguments = ("evaluate", thirty, "--out", folder / "run", "--model", model, "--workers", 1)
        server.retry_after = "1"
        server.failing = {**{point: list(faults) for point, faults in ONCE.items()}, **ALWAYS}
        ended, results = [askqa_here(*arguments)], [read(folder / "run")]
        server.release.set()
        server.failing = {}
        ended.append(askqa_here(*arguments))
        results.append(read(folder / "run"))
        yield Held(server, folder / "run", ended, results)


def read(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "results.json").read_text("utf-8"))
    return found


def test_failures_are_told_and_tried_again(held: Held) -> None:
    first, second = held.ended
    assert (first.returncode, second.returncode) == (3, 0), (first, second)
    assert f"{len(FAILED)} failed" in first.stdout
    assert held.results[0]["counts"]["trajectories_failed"] == len(FAILED)
    assert held.results[1]["counts"]["trajectories_failed"] == 0
    assert "Traceback" not in first.stderr
    told = [json.loads(line) for line in (held.out / "trajectories.jsonl").read_text("ascii").splitlines()]
    assert len(told) == sum(len(one.ends) for one in THIRTY)
    assert Counter(one["ending"] for one in told) == Counter(end.ending for one in THIRTY for end in one.ends)


def test_nothing_is_asked_twice(held: Held) -> None:
    """Each request is answered once; one that fails is repeated, and no other."""
    points = [Point(one.name, 0, 1) for one in THIRTY]
    points += [
        Point(one.name, i, n) for one in THIRTY for i, then in enumerate(one.then) for n in range(2, len(then) + 2)
    ]
    assert held.server.asked.keys() == set(points)
    assert sorted(held.server.answered.values())[:-1] == [1] * len(points)  # the last one asks whether it is there
    for point in points:
        if point in ONCE:
            assert held.server.asked[point] == len(ONCE[point]) + 1
        elif point in ALWAYS:
            assert held.server.asked[point] >= 2
        else:
            assert held.server.asked[point] == 1, point


@pytest.mark.parametrize(("call", "failed"), [(0, FAILED), (1, frozenset())])
def test_figures_are_those_of_the_table(held: Held, call: int, failed: set[tuple[str, int]]) -> None:
    results = held.results[call]
    found = {name: one["value"] for name, one in results["figures"].items()}
    wanted = expected(failed)
    assert {name: found[name] for name in wanted} == {name: exactly(value) for name, value in wanted.items()}


def test_counts_are_those_of_the_table(held: Held) -> None:
    counts = held.results[1]["counts"]
    assert counts["items"] == counts["items_scored"] == 30
    assert counts["stories"] == 10
    assert (counts["gold_clarify"], counts["gold_answer"], counts["gold_not_known"]) == (11, 19, 0)
    assert counts["label_conflicts"] == 2 * len(CONFLICTS) == 4
    assert (counts["contrast_pairs"], counts["contrast_pairs_not_whole"]) == (5, 0)
    assert counts["trajectories_scored"] == 46
    assert (counts["trajectories_unfit"], counts["trajectories_at_most_rounds"]) == (1, 2)
    actions = held.results[1]["actions"]
    named = ("asked", "answered_rashly", "asked_needlessly", "answered")
    assert [actions[name] for name in named] == [8, 3, 2, 17]
    figures = {name: one["value"] for name, one in held.results[1]["figures"].items()}
    assert figures["accuracy"] == exactly(Fraction(25, 30))
    assert figures["balanced_accuracy"] == exactly((Fraction(8, 11) + Fraction(17, 19)) / 2)
    assert figures["macro_f1"] == exactly((Fraction(16, 21) + Fraction(34, 39)) / 2)
    assert figures["weighted_f1"] == exactly((Fraction(16, 21) * 11 + Fraction(34, 39) * 19) / 30)
    assert figures["pair_accuracy"] == exactly(Fraction(3, 5))


def test_rounds_and_tokens_are_those_of_the_table(held: Held) -> None:
    rounds, usage = held.results[1]["rounds"], held.results[1]["usage"]
    all_rounds = Counter(end.rounds for one in THIRTY for end in one.ends)
    assert rounds["distribution"] == {str(number): count for number, count in sorted(all_rounds.items())}
    assert rounds["mean"] == exactly(mean([mean([end.rounds for end in one.ends]) for one in THIRTY]))
    later = [number for one in THIRTY for then in one.then for number in range(2, len(then) + 2)]
    assert usage["responses"] == 30 + len(later)
    assert usage["prompt_tokens"] == 10 * (30 + sum(later))
    assert usage["completion_tokens"] == 3 * (30 + len(later))
    assert usage["unfit"] == {"empty": 1}
    seconds = sum(len(pcm) for pcm in held.server.heard.values()) / 2 / 16000
    assert usage["audio_seconds"] == pytest.approx(seconds, rel=1e-12)


def expected(failed: set[tuple[str, int]] | frozenset[tuple[str, int]]) -> dict[str, Fraction]:
    """The measures of all trajectories but those that failed, by plain counting."""
    there = [(one, [i for i in range(len(one.ends)) if (one.name, i) not in failed]) for one in THIRTY]
    there = [(one, readings) for one, readings in there if readings]
    conversations = [one for one, _ in there]
    right = [one.asks == one.gold_asks for one in conversations]
    recalls = [
        mean([one.asks == one.gold_asks for one in conversations if one.gold_asks is gold]) for gold in (True, False)
    ]
    clarify, answer = (f1_of(conversations, gold) for gold in (True, False))
    golds = sum(one.gold_asks for one in conversations)
    names = {one.name for one in conversations}
    pairs = [right for story, right in CONTRASTS.items() if {f"{story}|3|1", f"{story}|3|2"} <= names]
    found = {
        "accuracy": mean(right),
        "balanced_accuracy": mean(recalls),
        "macro_f1": mean([clarify, answer]),
        "weighted_f1": (clarify * golds + answer * (len(right) - golds)) / len(right),
        "clarify_f1": clarify,
        "clarify_recall": recalls[0],
        "needless_questions": 1 - recalls[1],
        "pair_accuracy": mean(pairs),
        "separating_questions": mean([one.says in SEPARATING for one in conversations if one.asks and one.gold_asks]),
    }
    for name, of in SCORES.items():
        found[f"turn_{name}"] = mean([of(one.turn) for one in conversations])
        ends = {one.name: mean([of(one.ends[i].score) for i in readings]) for one, readings in there}
        found[f"trajectory_{name}"] = mean(list(ends.values()))
        found[f"post_clarification_{name}"] = mean([ends[one.name] for one in conversations if one.asks])
    return found


SCORES: dict[str, Callable[[Score], Fraction]] = {"f1": lambda one: one.f1, "exact": lambda one: Fraction(one.exact)}


def exactly(value: Fraction) -> Any:
    """The number, but for what sums of floating-point numbers lose in their last bit."""
    return pytest.approx(float(value), rel=4e-16, abs=0)


def f1_of(conversations: list[Conversation], asks: bool) -> Fraction:
    both = sum(one.asks is one.gold_asks is asks for one in conversations)
    return Fraction(2 * both, sum((one.asks is asks) + (one.gold_asks is asks) for one in conversations))


def mean(values: list[Any]) -> Fraction:
    return Fraction(sum(values), 1) / len(values) if values else Fraction(0)
