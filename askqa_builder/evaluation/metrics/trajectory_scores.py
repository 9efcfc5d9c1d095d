"""Scores of single trajectories.

Turn level: the first response against the next gold turn: the annotators' clarifying questions where gold is to
clarify, else the references of the intent. Trajectory level: the last response against the references of the intent
that the user has, and no other's; a trajectory that ends with a question, at the most rounds or broken off, is scored
by that question, as it is. Both after ACT (Chen et al. 2024, arXiv 2406.00222). Where the model had no response to
give, the score is 0; one that was cut off is scored as far as it goes. A control that says one of the references is
scored against the others (human leave-one-out): of two that read alike, one stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.metrics.embedding import Embedding
from askqa_builder.evaluation.metrics.outcomes import Held, Outcomes
from askqa_builder.evaluation.metrics.text_scores import Case, TextScores, score_texts
from askqa_builder.evaluation.trajectory import Round


@dataclass(frozen=True)
class TrajectoryScores:
    """A trajectory with its scores; None where there is nothing to score against.

    turn, final: at turn level and at trajectory level.
    """

    of: Held
    turn: TextScores | None
    final: TextScores | None

    @property
    def right(self) -> bool | None:
        """Whether the first response does what gold does; None where gold is not known."""
        gold = self.of.item.gold
        return None if gold is None else self.of.trajectory.first.action is gold


def score_trajectories(outcomes: Outcomes, embedding: Embedding | None = None) -> list[TrajectoryScores]:
    """Score all trajectories with a response, by row and branch."""
    levels = [(_turn(held), final_case(held)) for held in outcomes.held]
    cases = [case for level in levels for case in level if case is not None]
    scores = iter(score_texts(cases, embedding))
    found = []
    for held, (turn, final) in zip(outcomes.held, levels, strict=True):
        turn_scores = None if turn is None else next(scores)
        found.append(TrajectoryScores(held, turn_scores, None if final is None else next(scores)))
    return found


def _turn(held: Held) -> Case | None:
    item = held.item
    references = item.clarifying_questions if item.gold is Action.CLARIFY else held.intent.references
    return _case(held.trajectory.first, references)


def final_case(held: Held) -> Case | None:
    """Return what is scored at trajectory level; None where no reference is left."""
    return _case(held.trajectory.last, held.intent.references)


def _case(response: Round, references: Sequence[str]) -> Case | None:
    """Return what to score; None where no reference is left."""
    others = list(references)
    said = response.left_out
    if (
        said is not None and said < len(others) and others[said] == response.response
    ):  # else it is a reference elsewhere
        del others[said]
    if not any(reference.strip() for reference in others):
        return None
    return Case(response.response if response.response.strip() else None, tuple(others))
