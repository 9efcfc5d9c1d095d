"""Who is asked about the examples of a set: a model, a control of one, or a control in its place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.models.controls import Control
from askqa_builder.evaluation.models.model import Request, Response
from askqa_builder.evaluation.models.prompts import read_prompts
from askqa_builder.evaluation.models.registry import CASCADE, CONTROL_NAMES, Choice, check_control, opened
from askqa_builder.evaluation.models.sound import at_rate
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.models.ways import ClosedBook, Listening, OtherStory, Sounds, Way
from askqa_builder.evaluation.task_sets.item import TaskItem
from askqa_builder.evaluation.task_sets.reading import clips_of, rate_of
from askqa_builder.seeds import Stream

NO_LABEL = "no_label"


class TaskPrompts:
    """What stands beside a set's own prompts. table: as `prompts.yaml` has it, complete."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self.table = table

    def for_cascade(self, request: Request, heard: str) -> str:
        """Return the prompt of one who reads what a recogniser has understood of a request's clips."""
        return self.table["recognised"].format(heard=heard, prompt=request.prompt)


class AsAsked(Way):
    """No control: the model hears the example's clips and reads its prompt."""

    sound = True
    takes_clips = True

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        return request


class NothingHeard(Way):
    """The prompt alone: what it gives away, with its labels of how things are said where it has them."""

    name = ClosedBook.name
    sound = False

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        return replace(request, clips=())


class OtherSound(Way):
    """The sound of another example, of another story of the split, drawn by seed: whether the model listens at all.

    Raises UsageError where all examples share one story.
    """

    name = OtherStory.name
    sound = True

    def __init__(self, items: Sequence[TaskItem], seed: int) -> None:
        self._items = sorted(items, key=lambda item: (item.story_id, item.id))
        self._stories = [item.story_id for item in self._items]
        self._seed = seed
        if len(set(self._stories)) < 2:
            raise UsageError(f"{self.name}: the split has one story; it takes several")

    @property
    def identity(self) -> dict[str, Any]:
        """What may change a request."""
        return {**super().identity, "seed": self._seed}

    def apply(self, request: Request, sounds: Sounds) -> Request:
        """See `Way.apply`."""
        heard = sounds.of(self.other(request.item).blinded)
        clips = [at_rate(clip, heard.sampling_rate, request.sampling_rate) for clip in heard.clips]
        return replace(request, clips=clips)

    def other(self, item: Item) -> TaskItem:
        """Return the example that is heard instead of an item's."""
        before, after = (find(self._stories, item.story_id) for find in (bisect_left, bisect_right))
        others = len(self._items) - (after - before)
        drawn = int(Stream(self.name, self._seed, item.row_id).uniform() * others)
        return self._items[drawn if drawn < before else drawn + after - before]


class ClipSounds:
    """The sounds of a set (`models.ways.Sounds`)."""

    def __init__(self, folder: Path, items: Sequence[TaskItem]) -> None:
        self._folder = folder
        self._items = {item.id: item for item in items}

    def last_turns(self, turns: int) -> Listening:
        """Never asked for: nobody knows the turns of a clip."""
        raise NotImplementedError

    def of(self, item: Item) -> Listening:
        """Return what is heard of an example."""
        one = self._items[item.row_id]
        return Listening(clips_of(self._folder, one), rate_of(one), ())


class RightAnswer(Control):
    """Says the gold answer: plumbing, that parsing and scores do as they should. It is no ceiling."""

    name = "oracle"

    def __init__(self, items: Sequence[TaskItem]) -> None:
        self._answers = {item.id: item.references[0] for item in items}

    def respond(self, request: Request) -> Response:
        """See `Model.respond`."""
        return Response(self._answers[request.item.row_id])


class MostFrequentLabel(Control):
    """Says the label that is right most often in its task, kind and form of question: the floor of accuracy.

    Where a question offers some labels of its form, the most frequent one of these: they are known by name, or by the
    answers of other examples. Of labels that are as frequent, the first in order. Examples without a label are left
    out.
    """

    name = "most-frequent-label"

    def __init__(self, items: Sequence[TaskItem]) -> None:
        groups: dict[tuple[str, str | None], list[tuple[TaskItem, str]]] = defaultdict(list)
        for item in items:
            if item.label is not None:
                groups[item.of_kind, item.form].append((item, item.label))
        self._says = {name: label for group in groups.values() for name, label in _most_frequent(group)}

    def respond(self, request: Request) -> Response:
        """See `Model.respond`."""
        return Response(self._says[request.item.row_id])

    def skips(self, item: Item) -> str | None:
        """See `Control.skips`."""
        return None if item.row_id in self._says else NO_LABEL


def _most_frequent(group: Sequence[tuple[TaskItem, str]]) -> Iterator[tuple[str, str]]:
    """Yield the id of each example of one form, and the most frequent label that it can have."""
    counts = Counter(label for _, label in group)
    ranked = sorted(counts, key=lambda label: (-counts[label], label))
    answers = Counter((label, item.references[0]) for item, label in group)
    for item, gold in group:
        if item.offered is None:
            yield item.id, ranked[0]
            continue
        told = {label: [label] for label in ranked}
        # its own answer may not tell: where nobody else knows any option, that would give the gold one away
        for label, answer in answers - Counter([(gold, item.references[0])]):
            told[label].append(answer)
        offered = _listed(item.offered)
        possible = (label for label in ranked if any(_listed(text) in offered for text in told[label]))
        yield item.id, next(possible, ranked[0])


def _listed(options: str) -> str:
    """Return options, "a, b or c" or "a; b; or c", so that each stands between commas."""
    for parting in ("; or ", "; ", " or "):
        options = options.replace(parting, ", ")
    return f", {options}, "


_IN_PLACE: Mapping[str, Callable[[Sequence[TaskItem]], Control]] = {
    MostFrequentLabel.name: MostFrequentLabel,
    RightAnswer.name: RightAnswer,
}

TASK_CONTROLS = (*_IN_PLACE, NothingHeard.name, OtherSound.name, CASCADE)
"""Of sets of examples; the others are of dialogues."""


def open_task_subject(choice: Choice, items: Sequence[TaskItem]) -> Subject:
    """Make who is asked. items: every example of the split.

    Raises UsageError where model, control, prompts or recogniser are not as they must be.
    """
    prompts, control = TaskPrompts(read_prompts(__package__, choice.prompt_file)), choice.control
    if control in CONTROL_NAMES and control not in TASK_CONTROLS:
        raise UsageError(
            f"--control {control} is of dialogues; for a set of task examples there are {', '.join(TASK_CONTROLS)}"
        )
    check_control(choice, TASK_CONTROLS)
    if control is not None and control in _IN_PLACE:
        if choice.model is not None:
            raise UsageError(f"--control {control} stands in for a model; leave --model out")
        if choice.prompt_file is not None:
            raise UsageError(f"--control {control} reads no prompt; leave --prompts out")
        return Subject(control, control, _IN_PLACE[control](items), AsAsked(), prompts)
    way = _way(control, items, choice.seed)
    name, model = opened(choice, prompts)
    return Subject(name if control is None else f"{name}, {control}", control, model, way, prompts)


def _way(control: str | None, items: Sequence[TaskItem], seed: int) -> Way:
    if control == OtherSound.name:
        return OtherSound(items, seed)
    return NothingHeard() if control == NothingHeard.name else AsAsked()
