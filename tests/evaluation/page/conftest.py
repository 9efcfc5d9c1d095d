"""Runs to look at the pages of: one of a model that hears and asks, with its recordings, and made ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "metrics"))

from made_runs import IDENTITY

from askqa_builder.evaluation.folder import ITEMS_NAME, TRAJECTORIES_NAME, read_json_lines
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.judging import judged
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.results import RunIdentity, score
from askqa_builder.evaluation.metrics.trajectory_scores import score_trajectories
from askqa_builder.evaluation.page.document import render_run
from askqa_builder.evaluation.run import evaluate
from askqa_builder.evaluation.trajectory import Trajectory

ABOUT = {
    "askqa_builder": "1.2.3",
    "config_digest": "c0nf1g",
    "judge": None,
    "options": {"hearing": {"context": "audio", "layout": "joined", "segments": None, "window": None}},
}

Page = Callable[..., str]


@pytest.fixture(scope="session")
def asker() -> Callable[[Any], str]:
    """A model that asks about short requests once, and answers all others."""

    def respond(request: Any) -> str:
        if request.round == 1 and len(request.turns[-1].text.split()) < 6:
            return "Which one do you mean?"
        return "It was green."

    return respond


@pytest.fixture(scope="session")
def kept_run(demo_dataset: Path, asker: Callable[[Any], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run with its recordings. Read it, never change it."""
    out = tmp_path_factory.mktemp("runs") / "kept"
    evaluate(demo_dataset, out, model=asker, keep_audio=True)
    return out


@pytest.fixture(scope="session")
def kept_items(kept_run: Path) -> list[Item]:
    return read_json_lines(kept_run / ITEMS_NAME, Item.from_json)


@pytest.fixture(scope="session")
def kept_dialogues(kept_run: Path) -> list[Trajectory]:
    return read_json_lines(kept_run / TRAJECTORIES_NAME, Trajectory.from_json)


@pytest.fixture
def page_of() -> Page:
    """Return the page of items and trajectories."""

    def make(
        items: Sequence[Item],
        held: Sequence[Trajectory],
        run: RunIdentity = IDENTITY,
        judgements: Mapping[str, Judgement | None] | None = None,
    ) -> str:
        outcomes = Outcomes(items, held)
        scores = score_trajectories(outcomes)
        judge = None if judgements is None else judged(scores, judgements, {}, run.seed)
        results = {**score(outcomes, run, resamples=50).to_json(), "judge": judge}
        about = {**ABOUT, "judge": None if judgements is None else {"model": "a judge"}}
        return render_run(about, results, outcomes, scores, judgements or {})

    return make
