"""What listens, as the rest of this folder sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from askqa_builder.dataset.listening.parts import Part
from askqa_builder.dataset.listening.store import Value
from askqa_builder.errors import AskqaError
from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo


class Listener(Protocol):
    """Something open that listens."""

    @property
    def info(self) -> ListenerInfo:
        """Who listens."""

    @property
    def appetite(self) -> Appetite:
        """What feeds it best."""

    def listen(self, batch: Sequence[Part]) -> dict[bytes, Value]:
        """Return a value for each part, by its digest. Raises AskqaError, whatever goes wrong."""

    def close(self) -> None:
        """Release its memory."""


class Choice(Protocol):
    """A listener by name, as it is handed to worker processes: it can be pickled."""

    @property
    def name(self) -> str:
        """Of the listener."""

    def open(self) -> Listener:
        """Load the listener. Raises UsageError."""


def values_of(
    name: str, batch: Sequence[Part], hear: Callable[[Sequence[Clip]], Any], is_valid: Callable[[Any], bool]
) -> list[Any]:
    """Let a model hear a batch and return its values, one for each part.

    Raises AskqaError where it fails, or gives something else than one valid value for each.
    """
    where = batch[0].where + (f" and {len(batch) - 1} after it" if len(batch) > 1 else "")
    try:
        values = hear([part.clip for part in batch])
    except (AskqaError, MemoryError):
        raise
    except Exception as error:  # models may come from anywhere
        raise AskqaError(f"{name} failed on {where}: {type(error).__name__}: {error}") from error
    if not isinstance(values, list) or len(values) != len(batch) or not all(map(is_valid, values)):
        raise AskqaError(f"{name} returned something else than one value for each clip on {where}")
    return values
