"""Whether a clarifying question tells the readings of a request from one another, by rule; for English."""

from __future__ import annotations

from typing import Literal

from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.user.asked import Asked, asked, is_same_question
from askqa_builder.evaluation.user.readings import Readings
from askqa_builder.evaluation.user.words import content

Separation = Literal["separates", "open", "none"]

_LEAST_SHARE = 0.5
"""Of what an open question is about, that which must occur in the request, its questions or its replies."""


def separation(item: Item, question: str) -> Separation:
    """Tell what the replies to a question would tell of which reading is meant.

    separates: it names a reading, or several as a choice, so that the users of two readings answer differently. Where
    only one reading is known, one who means something else would. open: it asks what is meant without proposing
    anything, in words of the request. none: neither, or that is in doubt; and always where the request has one reading.
    """
    readings = Readings(item)
    if not item.clarifying_questions:
        return "none"
    told = asked(question)
    known = any(is_same_question(told.text, one) for one in item.clarifying_questions)
    if told.kind == "open":
        return "open" if known or _is_on_topic(item, told) else "none"
    return "separates" if known or readings.proposed(told) is not None or readings.offered(told) else "none"


def _is_on_topic(item: Item, told: Asked) -> bool:
    replies = (intent.reply for intent in item.intents if intent.reply is not None)
    topic = content(" ".join([item.question, *item.clarifying_questions, *replies]))
    return len(told.words & topic) >= _LEAST_SHARE * len(told.words)
