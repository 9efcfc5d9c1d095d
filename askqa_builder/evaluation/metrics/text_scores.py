"""All scores of a text against its references, each against the best of them for that score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askqa_builder.evaluation.metrics.answer_scores import score_answer
from askqa_builder.evaluation.metrics.containment import contains_answer
from askqa_builder.evaluation.metrics.embedding import Embedding
from askqa_builder.evaluation.metrics.rouge import rouge_l

TextScores = dict[str, float]
"""By the name of the score; all but the cosine between 0 and 1."""

COSINE = "cosine"
SCORES = ("f1", "exact", "containment", "rouge_l")


@dataclass(frozen=True)
class Case:
    """What is scored against what. text: None where there is no response, which scores 0 everywhere."""

    text: str | None
    references: tuple[str, ...]


def score_names(embedding: Embedding | None) -> tuple[str, ...]:
    """Return the names of the scores there are."""
    return SCORES if embedding is None else (*SCORES, COSINE)


def score_texts(cases: Sequence[Case], embedding: Embedding | None = None) -> list[TextScores]:
    """Score each case; the embedding is asked once, about every pair of texts once.

    Raises ValueError for a case without a reference that is more than blanks.
    """
    scores = [_scores(case) for case in cases]
    if embedding is not None:
        for case_scores, cosine in zip(scores, _cosines(cases, embedding), strict=True):
            case_scores[COSINE] = cosine
    return scores


def _scores(case: Case) -> TextScores:
    if case.text is None:
        return dict.fromkeys(SCORES, 0.0)
    references = _meant(case)
    best = score_answer(case.text, references)
    return {
        "f1": best.f1,
        "exact": float(best.exact),
        "containment": float(contains_answer(case.text, references)),
        "rouge_l": max(rouge_l(case.text, reference) for reference in references),
    }


def _cosines(cases: Sequence[Case], embedding: Embedding) -> list[float]:
    pairs = sorted({(case.text, reference) for case in cases if case.text is not None for reference in _meant(case)})
    near = dict(zip(pairs, embedding.cosine(pairs), strict=True)) if pairs else {}
    return [
        0.0 if case.text is None else max(near[case.text, reference] for reference in _meant(case)) for case in cases
    ]


def _meant(case: Case) -> list[str]:
    return [reference for reference in case.references if reference.strip()]
