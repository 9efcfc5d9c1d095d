"""Read an exported mix: its examples and their clips, which are checked before anything is trained."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from askqa_builder.corpus.conversation import Action
from askqa_builder.corpus.fields import Fields, ItemError
from askqa_builder.corpus.json_file import read_bytes
from askqa_builder.corpus.json_lines import parse_lines
from askqa_builder.corpus.rejects import quote
from askqa_builder.errors import UsageError
from askqa_builder.seeds import derive_seed

from qwen2_audio.export_folder import check_sounds, split_file

RESPONSE = "response"
"""The task of examples that are a row's own response: those that are evaluated."""

SAMPLING_RATE = 16_000
"""Hz that the feature extractor takes."""

WINDOW = 30 * SAMPLING_RATE
"""The most samples of a clip that it looks at; it drops the others silently."""

SHORTEST_CLIP = 0.1
"""Seconds; below, the encoder returns nothing."""

TOKENS_PER_SECOND = 25
"""Of audio, as the language model sees it (Chu et al. 2024, "Qwen2-Audio Technical Report": 40 ms each)."""

_CHARACTERS_PER_TOKEN = 4

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One line of an exported file.

    messages: the conversation up to the answer, as chat templates take it. clips: the files of its audio contents, in
    order. seconds: of all its clips.
    """

    id: str
    task: str
    story_id: str
    action: Action | None
    references: tuple[str, ...]
    messages: tuple[dict[str, Any], ...]
    answer: str
    clips: tuple[Path, ...]
    seconds: float

    @property
    def texts(self) -> list[str]:
        """All that is read, and the answer."""
        return [*(part["text"] for part in _parts(self.messages) if part["type"] == "text"), self.answer]

    @property
    def length(self) -> float:
        """About how many tokens it has; what it takes in memory goes by that."""
        return self.seconds * TOKENS_PER_SECOND + sum(map(len, self.texts)) / _CHARACTERS_PER_TOKEN


def read_examples(folder: Path, split: str) -> list[Example]:
    """Read OUT/SPLIT.jsonl; no model is needed for it.

    Raises UsageError where the folder is no export for Qwen2-Audio with this split, and, with how many there are and
    the first one, where examples cannot be read, or clips are missing, cut off, too long for the model, too short, or
    of another format.
    """
    path = split_file(folder, split)
    clips = _Clips(folder)
    examples, faults = [], []
    for number, value in parse_lines(read_bytes(path), path):
        try:
            if isinstance(value, ItemError):
                raise value
            examples.append(_example(Fields(value), clips))
        except ItemError as error:
            faults.append((f"{path.name} line {number}: {error.detail}", error.reason))
    if faults:
        total = len(examples) + len(faults)
        counted = Counter(reason for _, reason in faults)
        reasons = ", ".join(f"{count} {reason}" for reason, count in counted.items())
        raise UsageError(
            f"{len(faults)} of {total} examples cannot be used ({reasons}); first: {faults[0][0]}; {_remedy(counted)}"
        )
    check_sounds(folder)
    return examples


def select(examples: Sequence[Example], tasks: Sequence[str], fraction: float, seed: int) -> list[Example]:
    """Return the examples of some tasks and of a fraction of the stories.

    The stories are drawn from all there are, whatever the tasks, so that single-task and multi-task runs of one seed
    have the same ones; those of a smaller fraction are among those of a larger one. Raises UsageError where a task
    does not occur.
    """
    known = Counter(example.task for example in examples)
    for task in tasks:
        if task not in known:
            raise UsageError(f"no example is of the task {quote(task)}; there are {', '.join(sorted(known)) or 'none'}")
    stories = sorted({one.story_id for one in examples}, key=lambda story: derive_seed("fraction", seed, story))
    kept = set(stories[: math.ceil(fraction * len(stories))])
    chosen = [one for one in examples if one.story_id in kept and one.task in tasks]
    if not chosen:
        raise UsageError(f"no example is left of {fraction:g} of the stories; take a larger --fraction")
    return chosen


def read_clip(path: Path) -> Samples:
    """Return a clip's samples, between -1 and 1."""
    samples: Samples = soundfile.read(path, dtype="float32")[0]
    return samples


def _remedy(reasons: Collection[str]) -> str:
    """Return what to do about examples that cannot be used, for these reasons."""
    if "clip_too_long" in reasons:
        return f"make the task set again with --segments {WINDOW // SAMPLING_RATE} and --overwrite, and export it"
    return "run the same askqa export again, which makes anew what is damaged"


class _Clips:
    """The clips of an export, each looked at once: examples share them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seconds: dict[str, float | ItemError] = {}

    def find(self, name: str) -> tuple[Path, float]:
        """Return a clip's file and its seconds. Raises ItemError where the model cannot hear it as it is."""
        if name not in self._seconds:
            try:
                self._seconds[name] = self._check(name)
            except ItemError as error:
                self._seconds[name] = error
        seconds = self._seconds[name]
        if isinstance(seconds, ItemError):
            raise seconds
        return self._folder / name, seconds

    def _check(self, name: str) -> float:
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts:
            raise ItemError("clip_outside", f"{quote(name)} does not lie in the export's folder")
        try:
            info = soundfile.info(str(self._folder / name))
        except (soundfile.SoundFileError, OSError) as error:
            raise ItemError("clip_unreadable", f"{quote(name)} is missing or no audio file") from error
        _check_whole(self._folder / name, name)
        rate, window = SAMPLING_RATE, WINDOW
        if (info.samplerate, info.channels) != (rate, 1):
            found = f"{info.channels} channel{'s' * (info.channels != 1)} at {info.samplerate} Hz"
            raise ItemError("clip_format", f"{quote(name)} has {found}, not 1 at {rate} Hz")
        if info.frames > window:
            raise ItemError(
                "clip_too_long", f"{quote(name)} has {info.frames / rate:.2f} s; the model hears {window / rate:g} s"
            )
        if info.frames < SHORTEST_CLIP * rate:
            raise ItemError("clip_too_short", f"{quote(name)} has {info.frames / rate:.3f} s; nothing can be heard")
        return float(info.frames / rate)


def _check_whole(path: Path, name: str) -> None:
    """Raise ItemError where a WAV has fewer bytes than its head says: libsndfile reads what is there, silently."""
    with path.open("rb") as file:
        head = file.read(8)
    said, there = int.from_bytes(head[4:], "little") + len(head), path.stat().st_size
    if head.startswith(b"RIFF") and there < said:
        raise ItemError("clip_cut_off", f"{quote(name)} has {there} bytes of {said}")


def _example(line: Fields, clips: _Clips) -> Example:
    messages = [_message(message) for message in line.optional_nested_list("conversation")]
    if len(messages) < 2 or messages[-1]["role"] != "assistant":
        raise ItemError("bad_conversation", "its conversation does not end with the assistant's answer after a prompt")
    last = messages.pop()["content"]
    if [part["type"] for part in last] != ["text"]:
        raise ItemError("bad_conversation", "the assistant's answer is not one text")
    heard = [clips.find(part["audio_url"]) for part in _parts(messages) if part["type"] == "audio"]
    action = line.optional_name("action")
    if action is not None and action not in {one.value for one in Action}:
        raise ItemError("bad_action", f"its action is {quote(action)}, not clarify or answer")
    return Example(
        id=line.text("id"),
        task=line.text("task"),
        story_id=line.text("story_id"),
        action=Action(action) if action else None,
        references=tuple(line.optional_texts("references")),
        messages=tuple(messages),
        answer=last[0]["text"],
        clips=tuple(path for path, _ in heard),
        seconds=sum(seconds for _, seconds in heard),
    )


def _parts(messages: Sequence[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for message in messages:
        yield from message["content"]


def _message(message: Fields) -> dict[str, Any]:
    return {
        "role": message.text("role"),
        "content": [_part(part) for part in message.optional_nested_list("content")],
    }


def _part(part: Fields) -> dict[str, str]:
    kind = part.text("type")
    if kind == "audio":
        return {"type": kind, "audio_url": part.text("audio_url")}
    if kind == "text":
        return {"type": kind, "text": part.long_text("text")}
    raise ItemError("bad_conversation", f"a content is of the type {quote(kind)}, not audio or text")
