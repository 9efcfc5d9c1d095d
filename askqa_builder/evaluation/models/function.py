"""A model that is a Python function, or an object of a class, of one's own."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.evaluation.models.model import Model, Request, Response, close, concurrency_of, identity_of
from askqa_builder.options import close_matches

Function = Callable[[Request], Response | str]


class FunctionModel:
    """What `target` names responds: `module:name`, or `file.py:name`.

    A function is given each request, and the options as keyword arguments; a class is made once with the options as
    keyword arguments, and its `respond` is given each request. One call at a time, unless it says otherwise
    (`concurrency`). Raises UsageError where there is no such thing, or it does not take the options.
    """

    def __init__(self, target: str, options: Mapping[str, Any] | None = None) -> None:
        self._target = target
        self._options = dict(options or {})
        found, self._source = _find(target)
        self._model = self._made(found) if inspect.isclass(found) else None
        self._function = self._calling(found) if self._model is None else self._model.respond
        self.concurrency = 1 if self._model is None else concurrency_of(self._model)

    @property
    def identity(self) -> dict[str, Any]:
        """What may change its responses: its name, its options, its file; what it imports is not looked into."""
        own = {} if self._model is None else {"model": identity_of(self._model)}
        digest = None if self._source is None else sha256_of(self._source)
        return {"target": self._name(), "options": self._options, "source": digest, **own}

    def respond(self, request: Request) -> Response | str:
        """Call it."""
        return self._function(request)

    def close(self) -> None:
        """Close the object, if it can be."""
        if self._model is not None:
            close(self._model)

    def _made(self, kind: type) -> Model:
        self._require_fit(kind, "the options")
        made = kind(**self._options)
        if not isinstance(made, Model):
            raise UsageError(f"{self._target}: the class has no method respond; see docs/models-under-test.md")
        return made

    def _calling(self, function: Callable[..., Response | str]) -> Function:
        self._require_fit(function, "a request and the options", None)
        return lambda request: function(request, **self._options)

    def _require_fit(self, called: Callable[..., Any], what: str, *given: object) -> None:
        try:
            signature = inspect.signature(called)
        except ValueError:  # of what is built in, nobody knows
            return
        try:
            signature.bind(*given, **self._options)
        except TypeError as error:
            raise UsageError(f"{self._target}: does not take {what}: {error}") from error

    def _name(self) -> str:
        """Return the target without the folders of its file."""
        place, _, name = self._target.rpartition(":")
        return f"{Path(place).name if place.endswith('.py') else place}:{name}"


class CalledModel:
    """A function that responds. Its name is its identity: another one of that name goes on with its run."""

    def __init__(self, function: Function) -> None:
        self.respond = function
        name = getattr(function, "__qualname__", type(function).__qualname__)
        self.identity = {"function": f"{getattr(function, '__module__', None)}:{name}"}


def _find(target: str) -> tuple[Any, Path | None]:
    """Return what a target names, and the file it is in."""
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise UsageError(f"{target!r} names no function; give module:name or file.py:name")
    try:
        module = _file_module(Path(place)) if place.endswith(".py") else import_module(place)
    except AskqaError:
        raise
    except Exception as error:  # it may come from anywhere
        raise UsageError(f"{target}: cannot be imported: {type(error).__name__}: {error}") from error
    if not hasattr(module, name):
        raise UsageError(f"{target}: there is no {name!r} in it{close_matches(name, dir(module))}")
    found = getattr(module, name)
    if not callable(found):
        raise UsageError(f"{target}: is neither a function nor a class")
    file = getattr(module, "__file__", None)
    return found, Path(file) if file else None


def _file_module(file: Path) -> ModuleType:
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file; give module:name or file.py:name")
    spec = spec_from_file_location(f"askqa_model_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look it up there
    sys.path.insert(0, str(file.parent.resolve()))  # it may import what lies beside it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(file.parent.resolve()))
    return module
