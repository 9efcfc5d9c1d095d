"""What raters of styles are asked first: in which way something is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from askqa_builder.report.listening.deliveries import CANNOT_TELL, choice

HEARD_AS = "heard_as"
"""Name of the question, and of its column in the ratings."""


def style_question(names: Sequence[str], *, anchored: bool) -> dict[str, Any]:
    """Return the question as the page's scripts take it; the answer of who cannot tell stands last."""
    return {
        "name": HEARD_AS,
        "title": "Way of speaking",
        "question": "How is the second passage said, compared with the first?" if anchored else "How is this said?",
        "choices": [asdict(choice(name)) for name in (*names, CANNOT_TELL)],
    }
