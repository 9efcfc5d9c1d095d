"""Models of other packages, which register them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.evaluation.models.model import Model, Request, Response, close, concurrency_of, identity_of

ENTRY_POINT_GROUP = "askqa_builder.models"


class InstalledModel:
    """What another package has registered, made with its options as keyword arguments.

    Raises UsageError where it cannot be made, or is no model.
    """

    def __init__(self, point: EntryPoint, options: Mapping[str, Any]) -> None:
        package = point.dist.name if point.dist else point.value
        try:
            model = point.load()(**options)
        except (AskqaError, MemoryError):
            raise
        except Exception as error:  # it may come from anywhere
            why = " ".join(str(error).split())
            raise UsageError(
                f"model {point.name!r} of {package} cannot be made: {type(error).__name__}: {why}"
            ) from error
        if not isinstance(model, Model):
            raise UsageError(f"model {point.name!r} of {package} has no method respond; see docs/models-under-test.md")
        self._model = model
        self._about = {
            "package": package,
            "version": point.dist.version if point.dist else None,
            "options": dict(options),
        }
        self.concurrency = concurrency_of(model)

    @property
    def identity(self) -> dict[str, Any]:
        """What may change its responses: package, version, options, and what it says of itself."""
        return {**self._about, "model": identity_of(self._model)}

    def respond(self, request: Request) -> Response | str:
        """See `Model.respond`."""
        return self._model.respond(request)

    def close(self) -> None:
        """Close it, if it can be."""
        close(self._model)


def installed_models() -> dict[str, EntryPoint]:
    """Return what other packages have registered, by name."""
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
