"""Recognisers of emotions as users name them, and as what listens to a dataset."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.dataset.listening.listeners import Listener, values_of
from askqa_builder.dataset.listening.parts import Part
from askqa_builder.dataset.listening.store import Value
from askqa_builder.dataset.scores import mark
from askqa_builder.errors import UsageError
from askqa_builder.recognition.affect.recogniser import (
    TELLABLE,
    AffectRecogniser,
    Verdict,
    load_affect_recogniser,
)
from askqa_builder.recognition.recogniser import (
    AFFECT_RECOGNISERS,
    Appetite,
    ListenerInfo,
    check_options,
    takes_option,
)
from askqa_builder.voices.plain_yaml import read_yaml

Spec = str | Mapping[str, Any]
"""NAME, NAME:MODEL, a YAML file with `name` and options, or what such a file holds."""

_DIGITS = 4
"""Of what is kept: the last bits of a model's numbers differ from machine to machine."""

_NO_CHANGE = ("model", "device", "threads")
"""Options that change nothing, or that `ListenerInfo` tells."""


@dataclass(frozen=True)
class AffectChoice:
    """A recogniser of emotions by name with its options, as it is handed to worker processes."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Spec, device: str | None, threads: int | None) -> AffectChoice:
        """Read what a user gave. device, threads: for those that take them. Raises UsageError."""
        name, options = _read(spec)
        check_options(AFFECT_RECOGNISERS, name, options)
        for key, value in (("device", device), ("threads", threads)):
            if value is not None and key not in options:
                if takes_option(AFFECT_RECOGNISERS, name, key):
                    options[key] = value
                elif key == "device" and value != "cpu":
                    raise UsageError(f"{name} takes no device; it computes on the CPU")
        return cls(name, options)

    def open(self) -> AffectListener:
        """Load the recogniser. Raises UsageError."""
        return AffectListener(load_affect_recogniser(self.name, self.options), self.options)


def _read(spec: Spec) -> tuple[str, dict[str, Any]]:
    if isinstance(spec, str) and spec.endswith((".yaml", ".yml")):
        spec = _from_file(Path(spec))
    if isinstance(spec, str):
        name, _, model = spec.partition(":")
        return name, {"model": model} if model else {}
    if not isinstance(spec, Mapping) or not isinstance(spec.get("name"), str):
        raise UsageError(f"recogniser: {spec!r} is not allowed; give NAME, NAME:MODEL, or a mapping with a name")
    return spec["name"], {key: value for key, value in spec.items() if key != "name"}


def _from_file(path: Path) -> Mapping[str, Any]:
    content = read_yaml(path, str(path))
    if not isinstance(content, Mapping) or not isinstance(content.get("name"), str):
        raise UsageError(f"{path}: give a mapping with the recogniser's name and its options")
    return content


def choose(specs: Sequence[Spec], device: str | None, threads: int | None) -> dict[str, AffectChoice]:
    """Read the recognisers that a user asks for, by the names that their votes get: each its own.

    Raises UsageError where there is none, or one twice.
    """
    if isinstance(specs, str) or not specs:
        raise UsageError(
            "nothing to annotate with: give --recogniser, once for each, as wav2vec2-categories:MODEL; a MODEL is a "
            "folder, or a name on the Hub"
        )
    choices = [AffectChoice.of(spec, device, threads) for spec in specs]
    if any(choice in choices[:place] for place, choice in enumerate(choices)):
        raise UsageError("recogniser: the same one is given twice; its agreement with itself says nothing")
    names = Counter(choice.name for choice in choices)
    named: dict[str, AffectChoice] = {}
    for choice in choices:
        model = str(choice.options.get("model", "")).rstrip("/").rpartition("/")[2]
        wanted = f"{choice.name}:{model}" if names[choice.name] > 1 and model else choice.name
        key, number = wanted, 2
        while key in named:
            key, number = f"{wanted}#{number}", number + 1
        named[key] = choice
    return named


def described(_: str, listener: Listener) -> dict[str, Any]:
    """Return the manifest's entry of an open recogniser of emotions."""
    assert isinstance(listener, AffectListener)
    return listener.describe()


class AffectListener:
    """An open recogniser of emotions. Its values are verdicts as JSON."""

    def __init__(self, recogniser: AffectRecogniser, options: Mapping[str, Any]) -> None:
        """Take an open recogniser. Raises UsageError where it tells nothing known."""
        self._recogniser = recogniser
        self._options = options
        unknown = [name for name in recogniser.tells if name not in TELLABLE]
        if unknown or not recogniser.tells:
            raise UsageError(f"{recogniser.info.name} tells {unknown or 'nothing'}; it may tell {', '.join(TELLABLE)}")

    @property
    def info(self) -> ListenerInfo:
        """Who listens."""
        return self._recogniser.info

    @property
    def appetite(self) -> Appetite:
        """What feeds it best."""
        return self._recogniser.appetite

    def describe(self) -> dict[str, Any]:
        """Return the manifest's entry: all that can change a verdict. Options may hold paths: only labels are told."""
        others = {key: value for key, value in self._options.items() if key not in (*_NO_CHANGE, "labels")}
        return {
            **self.info.to_json(),
            "tells": list(self._recogniser.tells),
            **({"labels": dict(self._options["labels"])} if "labels" in self._options else {}),
            **({"options_digest": mark(others)} if others else {}),
        }

    def listen(self, batch: Sequence[Part]) -> dict[bytes, Value]:
        """Return verdicts by the clips' digests. Raises AskqaError, whatever goes wrong in the model."""
        verdicts = values_of(self.info.name, batch, self._recogniser.recognise, self._is_valid)
        return {part.digest: _kept(verdict) for part, verdict in zip(batch, verdicts, strict=True)}

    def _is_valid(self, value: object) -> bool:
        if not isinstance(value, Verdict):
            return False
        told = {name for name in TELLABLE if getattr(value.affect, name) is not None}
        return told <= set(self._recogniser.tells)  # it may abstain

    def close(self) -> None:
        """Release its memory."""
        self._recogniser.close()


def _kept(verdict: Verdict) -> str:
    told = verdict.to_json().items()
    return json.dumps({key: round(value, _DIGITS) if isinstance(value, float) else value for key, value in told})


def verdict_of(value: Value) -> Verdict:
    """Read what a listener's value holds."""
    return Verdict.from_json(json.loads(str(value)))
