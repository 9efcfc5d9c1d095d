"""Who is under test: a model or a control, and the way in which it hears."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from askqa_builder.chat.answer import is_unicode
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.evaluation.item import Intent, Item
from askqa_builder.evaluation.models.controls import Control
from askqa_builder.evaluation.models.model import (
    Model,
    OutOfReachError,
    Request,
    Response,
    close,
    concurrency_of,
    identity_of,
)
from askqa_builder.evaluation.models.prompts import AnyPrompts
from askqa_builder.evaluation.models.ways import Sounds, Way
from askqa_builder.options import is_number, require

_LOG = logging.getLogger(__name__)

_MOST = 1e12
"""More tokens or seconds than any response takes."""


@dataclass(frozen=True)
class Subject:
    """A model or a control under test; a run needs nothing else of it.

    name: as results tell it. control: its name, None for a model as it is.
    """

    name: str
    control: str | None
    model: Model
    way: Way
    prompts: AnyPrompts

    @property
    def concurrency(self) -> int:
        """Threads that may call `respond` at once."""
        return concurrency_of(self.model)

    @property
    def identity(self) -> dict[str, Any]:
        """All that may change its responses, as JSON, for the digest of a run; no keys, no addresses."""
        own = {"control": self.control, "model": identity_of(self.model)}
        if isinstance(self.model, Control):
            return own
        return {**own, **self.way.identity, "prompts": dict(self.prompts.table)}

    @property
    def stands_in(self) -> bool:
        """Whether it is a control in place of a model."""
        return isinstance(self.model, Control)

    @property
    def hears(self) -> bool:
        """Whether recordings are needed, as they are at each response."""
        return self.way.sound and not self.stands_in

    @property
    def takes_clips(self) -> bool:
        """Whether it hears the clips that a request has: else none need be made, and no window be heeded."""
        return self.way.takes_clips and not self.stands_in

    def skips(self, item: Item) -> str | None:
        """Return why a control has nothing to say to an item, as a slug to count by; None where there is no reason."""
        return self.model.skips(item) if isinstance(self.model, Control) else None

    def prepared(self, request: Request, intent: Intent | None, sounds: Sounds) -> Request:
        """Return a request as it is put before it, with the prompt: a control is told the intent, a model no label.

        request: its prompt does not matter. intent: None in the first round, which all intents share. sounds: of the
        recording that is heard. Raises as `sounds` does.
        """
        if isinstance(self.model, Control):
            return replace(request, intent=intent)
        return self.way.apply(request.blinded, sounds)

    def respond(self, request: Request) -> Response:
        """Respond to what `prepared` gave.

        What is no text becomes an unfit response. Raises OutOfReachError where a model of other people's fails at this
        request, EngineError and UsageError for all requests; the latter also where a model says of its response what is
        no such thing, or what it does: that is for a classifier to tell.
        """
        try:
            said = self.model.respond(request)
        except (AskqaError, MemoryError):
            raise
        except (Exception, SystemExit) as error:  # it may come from anywhere
            _LOG.debug("askqa: %s failed at %s", self.name, request.item.row_id, exc_info=True)
            why = " ".join(str(error).split())
            raise OutOfReachError(f"{self.name}: {request.item.row_id}: {type(error).__name__}: {why}") from error
        response = said if isinstance(said, Response) else Response(said)
        text: object = response.text
        if not isinstance(text, str):
            kind = type(text).__name__
            raise UsageError(f"{self.name}: responds with {kind}; a model responds with text or a Response")
        if not isinstance(self.model, Control):
            _check(self.name, response)
        if not is_unicode(text):
            return replace(response, text="", unfit="not_text")
        if not text.strip():
            return replace(response, text="", unfit=response.unfit or "empty")
        return replace(response, text=text.strip())

    def close(self) -> None:
        """Release what it holds."""
        close(self.model)


def _check(name: str, response: Response) -> None:
    """Raise UsageError where a model of other people's tells of its response what cannot be."""
    for field in ("action", "left_out"):
        require(
            getattr(response, field) is None, f"{name}: {field}", getattr(response, field), "None; only controls do"
        )
    for field in ("unfit", "heard"):
        told = getattr(response, field)
        require(told is None or (isinstance(told, str) and is_unicode(told)), f"{name}: {field}", told, "text or None")
    for field, whole in (("seconds", False), ("prompt_tokens", True), ("completion_tokens", True)):
        told = getattr(response, field)
        allowed = f"a {'whole number' if whole else 'number'}, 0 or more, or None"
        require(told is None or is_number(told, 0, _MOST, whole=whole), f"{name}: {field}", told, allowed)
