"""What a model under test says to one request, as the ledger keeps it."""

from __future__ import annotations

import time

from askqa_builder.evaluation.ledger import Json
from askqa_builder.evaluation.models.model import Request
from askqa_builder.evaluation.models.subject import Subject


def answered(subject: Subject, prepared: Request) -> Json:
    """Ask, and return what was said, what it took and what was given. prepared: as `Subject.prepared` returns it.

    Raises as `Subject.respond` does.
    """
    begun = time.monotonic()
    response = subject.respond(prepared)
    took = time.monotonic() - begun
    return {
        "response": response.text,
        "unfit": response.unfit,
        "action": None if response.action is None else response.action.value,
        "left_out": response.left_out,
        "heard": response.heard,
        "seconds": took if response.seconds is None else response.seconds,
        "prompt_tokens": response.prompt_tokens,
        "completion_tokens": response.completion_tokens,
        "audio_seconds": prepared.audio_seconds,
        "clips": [len(clip) for clip in prepared.clips],
        "prompt": prepared.prompt if response.prompt is None else response.prompt,
    }
