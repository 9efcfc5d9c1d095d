"""Completions of a server: each tried with patience, and the blame for what fails put where it belongs."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import BoundedSemaphore, Event, Lock
from typing import Any

from askqa_builder.chat.answer import Completion, Messages, UnfitAnswerError, UnfitReason, read_completion
from askqa_builder.chat.options import JSON_SCHEMA, ChatOptions
from askqa_builder.endpoint import AwayError, RefusedError, RequestError, patiently
from askqa_builder.errors import AskqaError, EngineError, UsageError

PROBE: Messages = ({"role": "user", "content": "Say yes."},)
"""What is asked to see whether a server fails at one question or at all."""

_PROBE_PATIENCE = 15.0
_SEED_BITS = 0x7FFF_FFFF
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Usage:
    """What the server was asked for; tokens as far as it tells them."""

    completions: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Completions:
    """The completions of one model; threads may share it, `concurrency` requests are under way at most.

    usage: of all completions so far, also of those that did not fit.
    """

    def __init__(self, options: ChatOptions) -> None:
        self._options = options
        self._endpoint = options.connect()
        self._turns = BoundedSemaphore(options.concurrency)
        self._lock = Lock()
        self._refused_schemas: set[str] = set()
        self._began: float | None = None
        self._reached = self._proven = False
        self.usage = Usage()

    def close(self) -> None:
        """Drop the connections."""
        self._endpoint.close()

    def body(self, messages: Messages, seed: int) -> dict[str, Any]:
        """Return the request for a completion, without a schema."""
        options = self._options
        own = {
            "model": options.model,
            "messages": list(messages),
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
            "seed": seed & _SEED_BITS if options.seed else None,
        }
        return {**options.extra_body, **{name: value for name, value in own.items() if value is not None}}

    def complete(self, body: Mapping[str, Any], schema: Mapping[str, Any] | None, stop: Event) -> Completion:
        """Return the completion of a request; stop: set by another thread, ends the waiting.

        Raises UnfitAnswerError where the server fails at this request though it answers others, EngineError where it
        stays away and UsageError where it refuses key, model or whatever is asked.
        """
        try:
            if schema is None or self._options.response_format != JSON_SCHEMA:
                return self._patiently(body, stop)
            return self._constrained(body, schema, stop)
        except RequestError as trouble:
            if stop.is_set():
                raise UnfitAnswerError("unanswered", "abandoned") from trouble  # nobody asks any more
            raise self._blame(trouble, stop) from trouble

    def _constrained(self, body: Mapping[str, Any], schema: Mapping[str, Any], stop: Event) -> Completion:
        name = json.dumps(schema)
        if name in self._refused_schemas:
            return self._patiently(body, stop)
        form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
        try:
            return self._patiently({**body, "response_format": form}, stop)
        except RefusedError as trouble:
            completion = self._patiently(body, stop)  # raises where it was not for the schema
            with self._lock:
                first = name not in self._refused_schemas
                self._refused_schemas.add(name)
            if first:
                _LOG.warning("askqa: the server takes no schema: %s; answers are checked all the same", trouble)
            return completion

    def _patiently(self, body: Mapping[str, Any], stop: Event) -> Completion:
        return patiently(partial(self._once, body), self._options.patience, stop)

    def _once(self, body: Mapping[str, Any]) -> Completion:
        with self._turns:
            begun = time.monotonic()
            self._began = self._began or begun
            try:
                completion = read_completion(self._endpoint.post("chat/completions", body).json())
            except AwayError as trouble:
                if trouble.reached:
                    self._reached = True
                elif not self._reached and time.monotonic() - self._began > _PROBE_PATIENCE:
                    raise self._gave_up(trouble) from trouble
                raise
        answer = completion.answer
        with self._lock:
            self._reached = self._proven = True
            self.usage = Usage(
                self.usage.completions + 1,
                self.usage.prompt_tokens + (answer.prompt_tokens or 0),
                self.usage.completion_tokens + (answer.completion_tokens or 0),
            )
        return replace(completion, answer=replace(answer, seconds=time.monotonic() - begun))

    def _blame(self, trouble: RequestError, stop: Event) -> AskqaError:
        """Return the error of one question where the server still answers another, else the server's."""
        if isinstance(trouble, AwayError) and (trouble.certain or not trouble.reached):
            return self._gave_up(trouble)
        if not (isinstance(trouble, RefusedError) and self._proven):
            try:
                patiently(partial(self._once, self.body(PROBE, 0)), min(self._options.patience, _PROBE_PATIENCE), stop)
            except RefusedError:  # a model that has answered may take no question without audio
                if not self._proven:
                    return UsageError(f"{self._endpoint}: refuses whatever it is asked: {trouble}; look at the options")
            except RequestError as error:
                return self._gave_up(error)
        reason: UnfitReason = "refused" if isinstance(trouble, RefusedError) else "unanswered"
        return UnfitAnswerError(reason, f"the server does not answer this question: {trouble}")

    def _gave_up(self, trouble: RequestError) -> AskqaError:
        if self._reached or (isinstance(trouble, AwayError) and trouble.reached):
            return EngineError(
                f"{self._endpoint}: no answers any more: {trouble}; run the same command again when the server is back"
            )
        return UsageError(f"{self._endpoint}: no answer from there: {trouble}; start the server or mend base_url")
