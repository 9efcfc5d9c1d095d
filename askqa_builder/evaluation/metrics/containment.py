"""Whether an answer contains a reference: the measure for models that answer in whole sentences."""

from __future__ import annotations

from collections.abc import Sequence

from askqa_builder.evaluation.metrics.answer_scores import normalise_answer


def contains_answer(response: str, references: Sequence[str]) -> bool:
    """Tell whether one of the references, normalised as DROP does, is in the response as whole words.

    A reference of which nothing is left is contained in such a response only.
    """
    said = f" {normalise_answer(response)} "
    return any(f" {normalise_answer(reference)} " in said for reference in references)
