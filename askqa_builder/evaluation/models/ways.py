"""How what there is to hear is put before a model: as it is, or otherwise, to see what a model goes by.

A way changes a request and nothing else; the model stays the same. What each controls for stands at its class.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item, Said
from askqa_builder.evaluation.models.model import Request
from askqa_builder.evaluation.models.prompts import Prompts, with_labels
from askqa_builder.evaluation.models.sound import Sound, at_rate
from askqa_builder.hearing.metadata import parse, render
from askqa_builder.seeds import Stream


@dataclass(frozen=True, eq=False)
class Listening:
    """What is heard, and what is read of it; fields as in `Request`."""

    clips: Sequence[Sound]
    sampling_rate: int
    turns: Sequence[Said]
    story: str | None = None
    metadata: str | None = None


class Sounds(Protocol):
    """What one recording, as far as its dialogue has come, and those of other items let a model hear.

    Raises TooLongError where it would be longer than the target's window.
    """

    def last_turns(self, turns: int) -> Listening:
        """Return the last so many turns of the recording, at the request's rate."""

    def of(self, item: Item) -> Listening:
        """Return what is heard of another item, up to its request."""


class Way(ABC):
    """A way to put before a model what there is to hear.

    name: as results tell it; None for the way as it is. sound: whether anything is heard. takes_clips: whether that is
    what a request has; else nobody needs to make clips. labelled: whether labels of how it is said are read.
    """

    sound: bool

    name: str | None = None
    takes_clips = False
    labelled = True

    @property
    def identity(self) -> dict[str, Any]:
        """What may change a request."""
        return {"way": self.name}

    @abstractmethod
    def apply(self, request: Request, sounds: Sounds) -> Request:
        """Return the request with another sound, and with its prompt."""


class AsHeard(Way):
    """No control: the model hears what there is."""

    sound = True
    takes_clips = True

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        prompt = self._prompts.heard(request.story, request.turns)
        return replace(request, prompt=with_labels(request.metadata, prompt))


class QuestionOnly(Way):
    """The request alone is heard, and what has followed it: neither story nor history.

    Whoever answers as well, or knows as well when to ask, goes by the request: by its length, or by its words.
    """

    name = "question-only"
    sound = True

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        turns = since_request(request)
        heard = sounds.last_turns(len(turns))
        prompt = with_labels(heard.metadata, self._prompts.heard(None, turns))
        return replace(request, clips=heard.clips, turns=turns, story=None, prompt=prompt, metadata=heard.metadata)


class ClosedBook(Way):
    """Nothing is heard: the request stands in the prompt, and what has followed it; neither story nor history.

    Beside `question-only`, without errors of hearing: what a model remembers of the corpus, or guesses.
    """

    name = "closed-book"
    sound = False
    labelled = False

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        turns = since_request(request)
        return replace(request, clips=(), turns=turns, story=None, prompt=self._prompts.closed_book(turns))


class OtherStory(Way):
    """Another item is heard, of another story of the split, drawn by seed: its story, its history and its request.

    What has followed the request is heard after it, as it was said. Whoever scores as well does not listen. items: all
    that may be drawn. Raises UsageError where they share one story.
    """

    name = "other-story"
    sound = True

    def __init__(self, prompts: Prompts, items: Sequence[Item], seed: int) -> None:
        self._prompts = prompts
        self._items = sorted(items, key=lambda item: item.row_id)
        self._seed = seed
        for split in {item.split for item in items}:
            if len({item.story_id for item in items if item.split == split}) < 2:
                raise UsageError(f"{self.name}: the split {split} has one story; it takes several")

    @property
    def identity(self) -> dict[str, Any]:
        """What may change a request."""
        return {**super().identity, "seed": self._seed}

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        other, followed = sounds.of(self.other(request.item)), since_request(request)[1:]
        after = sounds.last_turns(len(followed)) if followed else None
        clips = [at_rate(clip, other.sampling_rate, request.sampling_rate) for clip in other.clips]
        turns = [*other.turns, *followed]
        metadata = other.metadata
        if after is not None:
            metadata = _followed(metadata, after.metadata, len(clips))
            clips += after.clips
        prompt = with_labels(metadata, self._prompts.heard(other.story, turns))
        return replace(request, clips=clips, turns=turns, story=other.story, prompt=prompt, metadata=metadata)

    def other(self, item: Item) -> Item:
        """Return the item that is heard instead of an item, in each of its rounds."""
        others = [one for one in self._items if one.split == item.split and one.story_id != item.story_id]
        if not others:
            raise UsageError(f"{self.name}: {item.row_id} has no other story in its split {item.split}")
        return others[int(Stream(self.name, self._seed, item.row_id).uniform() * len(others))]


class Transcript(Way):
    """Nothing is heard: the same model reads all that it would hear, without an error.

    What is lost against it is lost in hearing, not in understanding.
    """

    name = "transcript"
    sound = False

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        prompt = self._prompts.transcript(request.story, request.turns)
        return replace(request, clips=(), prompt=with_labels(request.metadata, prompt))


def _followed(metadata: str | None, after: str | None, clips: int) -> str | None:
    """Return the labels of `clips` clips, and of those after them; None where none are wanted."""
    return None if metadata is None or after is None else render(parse(metadata).followed_by(parse(after), clips))


def since_request(request: Request) -> Sequence[Said]:
    """Return the user's request, and the two turns of each round since."""
    return request.turns[-(2 * request.round - 1) :]
