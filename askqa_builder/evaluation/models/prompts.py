"""The prompts of models under test: data beside the code, which a user may replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Protocol

from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Said
from askqa_builder.evaluation.models.model import Request
from askqa_builder.hearing.metadata import beside_labels
from askqa_builder.options import is_text, require_known
from askqa_builder.voices.plain_yaml import parse_yaml, read_yaml

SHIPPED = "prompts.yaml"
_TASK = "task"


class AnyPrompts(Protocol):
    """What models under test are asked, as far as whoever opens one needs to know. table: all texts, by name."""

    table: Mapping[str, str]

    def for_cascade(self, request: Request, heard: str) -> str:
        """Return the prompt of one who reads what a recogniser has understood of a request's clips."""


class Prompts:
    """What a model is asked, by what it hears and what it reads. table: as `prompts.yaml` has it, complete."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self.table = table

    def heard(self, story: str | None, turns: Sequence[Said]) -> str:
        """Return the prompt of one who hears. story: its text, where that is read instead; turns: what is heard."""
        if story is not None:
            return self._say("story_read", story=story)
        tells = any(turn.role == Role.NARRATOR.value for turn in turns)
        return self._say("story_heard" if tells else "conversation_heard")

    def transcript(self, story: str | None, turns: Sequence[Said]) -> str:
        """Return the prompt of one who reads what others hear."""
        return self._say("transcript", dialogue=self._dialogue(_with(story, turns)))

    def recognised(self, story: str | None, transcript: str) -> str:
        """Return the prompt of one who reads what a recogniser has understood; story: its text, where it is known."""
        told = [] if story is None else [self._line(Role.NARRATOR.value, story)]
        return self._say("recognised", dialogue="\n\n".join([*told, transcript]))

    def for_cascade(self, request: Request, heard: str) -> str:
        """See `AnyPrompts.for_cascade`."""
        return with_labels(request.metadata, self.recognised(request.story, heard))

    def closed_book(self, turns: Sequence[Said]) -> str:
        """Return the prompt of one who reads a request, and what followed it, and nothing else."""
        return self._say("closed_book", dialogue=self._dialogue(turns))

    def _say(self, name: str, **fields: str) -> str:
        return self.table[name].format(**fields, task=self.table[_TASK])

    def _dialogue(self, turns: Sequence[Said]) -> str:
        return "\n\n".join(self._line(turn.role, turn.text) for turn in turns)

    def _line(self, role: str, text: str) -> str:
        return f"{self.table[role]}: {text}"


def with_labels(metadata: str | None, prompt: str) -> str:
    """Return a prompt after the labels of how it is said, where there are such."""
    prompt = beside_labels(prompt)
    return prompt if metadata is None else f"{metadata}\n\n{prompt}"


def load_prompts(file: Path | None = None) -> Prompts:
    """Read the shipped prompts, and those of a user's file in their place, one by one.

    Raises UsageError where the file cannot be read, names an unknown prompt, or one has not the fields of ours.
    """
    return Prompts(read_prompts(__package__, file))


def read_prompts(package: str, file: Path | None = None) -> dict[str, str]:
    """Return the texts of a package's prompts by name, those of a user's file in their place. Raises as above."""
    shipped: dict[str, str] = parse_yaml(files(package).joinpath(SHIPPED).read_text("utf-8"), SHIPPED)
    if file is None:
        return shipped
    own = read_yaml(file, str(file))
    if not isinstance(own, dict):
        raise UsageError(f"{file}: prompts are a mapping of names to texts; see docs/models-under-test.md")
    try:
        require_known(own, list(shipped))
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error
    for name, text in own.items():
        _check(f"{file}: {name}", text, _fields(shipped[name]))
    return {**shipped, **own}


def _with(story: str | None, turns: Sequence[Said]) -> Sequence[Said]:
    return turns if story is None else [Said(Role.NARRATOR.value, story), *turns]


def _check(where: str, text: object, fields: set[str]) -> None:
    if not isinstance(text, str) or not is_text(text):
        raise UsageError(f"{where}: {text!r} is not allowed; give text")
    try:
        found = _fields(text)
    except ValueError as error:
        raise UsageError(f"{where}: {error}; double the braces that are meant as such") from error
    if found | {_TASK} != fields | {_TASK} or (_TASK in found and _TASK not in fields):
        wanted = ", ".join(f"{{{name}}}" for name in sorted(fields)) or "none"
        raise UsageError(f"{where}: its fields must be {wanted}")


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
