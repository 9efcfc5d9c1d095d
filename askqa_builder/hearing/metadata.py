"""Labels of how it is said as a block of text, and back: what people and language models read beside the sound.

    [speech labels, version 1]
    Each line: clip, seconds from its start, who speaks | where the label comes from, and the label | …
    1 0.21-14.02 narrator | style lively | F0 214 Hz, range 9.2 st, 4.2 syll/s, -23.0 dBFS
    1 15.10-17.10 user | recognised happy, V 0.81, A 0.62, D 0.55
    [end of speech labels]

The second line explains the words and units that the block has. Texts that stand beside a block pass `beside_labels`,
so that a prompt has no other line that begins or ends one, whatever a story says. The format is our own: the papers
that give language models time-stamped labels do not publish theirs.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from askqa_builder.hearing.label import (
    AFFECT_DECIMALS,
    INTENDED,
    MEASURED,
    NO_AFFECT,
    NO_MEASURES,
    RECOGNISED,
    STYLE,
    Label,
    Measures,
)
from askqa_builder.voices.emotion import Affect

VERSION = 1

END = "[end of speech labels]"

_BEGIN = re.compile(r"\[speech labels, version ([0-9]{1,9})\]")
_NOTHING = "Nothing is known of how it is said."
_SOMEONE = "someone"
_LETTERS = {"valence": "V", "arousal": "A", "dominance": "D"}

_EACH_LINE = "Each line: clip, seconds from its start, who speaks | where the label comes from, and the label"
_SOURCES_TOLD = {
    RECOGNISED: "recognised: the emotion that recognisers found in the speech",
    INTENDED: "intended: the emotion that the voice was asked to speak",
    STYLE: "style: the delivery that the voice was given, which is no emotion",
    MEASURED: "measured: no label, only what was measured",
}
_DIMENSIONS_TOLD = (
    "V, A, D: valence, arousal and dominance, each from 0 (unpleasant, calm, submissive) to 1 (pleasant, excited, in "
    "control)"
)
_MEASURES_TOLD = {
    "f0_mean": "F0: mean pitch",
    "f0_range": "range: of the pitch, in semitones",
    "articulation_rate": "syll/s: syllables a second without pauses",
    "energy": "dBFS: level",
}

_LINE = re.compile(
    r"(?P<clip>[0-9]{1,10}) (?P<start>[0-9]{1,10}\.[0-9]+)-(?P<end>[0-9]{1,10}\.[0-9]+) (?P<role>[a-z]+) "
    r"\| (?P<source>[a-z]+)(?: (?P<label>[^|]+?))?(?: \| (?P<measures>.+))?"
)
_MEASURES = re.compile(
    r"(?:F0 (?P<f0_mean>[0-9]+) Hz)?(?:, )?(?:range (?P<f0_range>[0-9.]+) st)?(?:, )?"
    r"(?:(?P<articulation_rate>[0-9.]+) syll/s)?(?:, )?(?:(?P<energy>-?[0-9.]+) dBFS)?"
)
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9 _.'\"\\-]")


@dataclass(frozen=True)
class Metadata:
    """Labels in the order of their clips and times; equal ones that touch or overlap are one."""

    labels: tuple[Label, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(sorted(_merged(self.labels), key=_order)))

    def followed_by(self, other: Metadata, clips: int) -> Metadata:
        """Return these labels of `clips` clips, and those of the clips after them."""
        return Metadata((*self.labels, *(replace(label, clip=label.clip + clips) for label in other.labels)))


def render(metadata: Metadata) -> str:
    """Return labels as a block of lines, without a line end: the same labels give the same text."""
    lines = [_line(label) for label in metadata.labels]
    return "\n".join([f"[speech labels, version {VERSION}]", _legend(metadata), *lines, END])


def beside_labels(text: str) -> str:
    """Return a text as it may stand beside a block: a line of it that would begin or end one is moved by a blank."""
    return "\n".join(f" {line}" if line == END or _BEGIN.fullmatch(line) else line for line in text.split("\n"))


def parse(text: str) -> Metadata:
    """Return the labels of the block in a text, which may be a whole prompt: `render` gives this block of them.

    Raises ValueError where there is no block, or several, or one is not as `render` writes it; with the line, counted
    from 1, and what is wrong.
    """
    lines = text.split("\n")
    first = _begin(lines)
    last = next((number for number in range(first, len(lines)) if lines[number] == END), None)
    if last is None:
        raise ValueError(f"line {first + 1}: the block of labels that begins there has no end, {END!r}")
    labels = [_read(number, lines[number]) for number in range(first + 2, last)]
    found = Metadata(tuple(labels))
    _check_same(lines[first : last + 1], render(found).split("\n"), first)
    return found


def _begin(lines: Sequence[str]) -> int:
    found = [(number, match) for number, line in enumerate(lines) if (match := _BEGIN.fullmatch(line)) is not None]
    if not found:
        raise ValueError(f"there is no block of labels, which begins with a line '[speech labels, version {VERSION}]'")
    if len(found) > 1:
        raise ValueError(
            f"line {found[1][0] + 1}: another block of labels begins, beside that of line {found[0][0] + 1}"
        )
    number, match = found[0]
    if int(match[1]) != VERSION:
        raise ValueError(f"line {number + 1}: labels of version {match[1]}; this askqa reads version {VERSION}")
    return number


def _check_same(lines: Sequence[str], written: Sequence[str], first: int) -> None:
    for place, line in enumerate(lines):
        expected = written[place] if place < len(written) else ""
        if line != expected:
            raise ValueError(f"line {first + place + 1}: {line!r} is not as labels are written: {expected!r}")


def _legend(metadata: Metadata) -> str:
    """Return what explains the labels: of words and units only those that occur."""
    labels = metadata.labels
    if not labels:
        return _NOTHING
    sources = [told for source, told in _SOURCES_TOLD.items() if any(label.source == source for label in labels)]
    known = [
        told
        for name, told in _MEASURES_TOLD.items()
        if any(getattr(label.measures, name) is not None for label in labels)
    ]
    dimensions = any(getattr(label.affect, name) is not None for label in labels for name in _LETTERS)
    measured = " | what was measured of the turn" if known else ""
    sentences = [_EACH_LINE + measured, "; ".join(sources), _DIMENSIONS_TOLD if dimensions else "", "; ".join(known)]
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _line(label: Label) -> str:
    span = f"{label.clip + 1} {label.start:.2f}-{label.end:.2f} {label.role or _SOMEONE}"
    told = " ".join(filter(None, [label.source, _told(label)]))
    return " | ".join(filter(None, [span, told, measures_told(label.measures)]))


def _told(label: Label) -> str:
    if label.source == STYLE:
        return _name(label.style or "")
    style = "" if label.style is None else f"style {_name(label.style)}"
    return ", ".join(filter(None, [affect_told(label.affect), style]))


def affect_told(affect: Affect) -> str:
    """Return an emotion as a block tells it: "happy, V 0.81, A 0.62"; empty where nothing is known of it."""
    told = [] if affect.category is None else [affect.category]
    for name, letter in _LETTERS.items():
        value = getattr(affect, name)
        if value is not None:
            told.append(f"{letter} {value:.{AFFECT_DECIMALS}f}")
    return ", ".join(told)


def measures_told(measures: Measures) -> str:
    """Return what is measured as a block tells it: "F0 214 Hz, range 9.2 st"; empty where nothing is."""
    told = []
    if measures.f0_mean is not None:
        told.append(f"F0 {measures.f0_mean:.0f} Hz")
    if measures.f0_range is not None:
        told.append(f"range {measures.f0_range:.1f} st")
    if measures.articulation_rate is not None:
        told.append(f"{measures.articulation_rate:.1f} syll/s")
    if measures.energy is not None:
        told.append(f"{measures.energy:.1f} dBFS")
    return ", ".join(told)


def _name(name: str) -> str:
    """Return a style's name as a word, or as a JSON string in which nothing can end the label, the line or a prompt."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(name))


def _read(number: int, line: str) -> Label:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"line {number + 1}: {line!r} is no label, as '1 0.00-2.00 user | style lively'")
    try:
        affect, style = _read_told(found["source"], found["label"])
        return Label(
            clip=int(found["clip"]) - 1,
            start=float(found["start"]),
            end=float(found["end"]),
            role=None if found["role"] == _SOMEONE else found["role"],
            source=found["source"],
            affect=affect,
            style=style,
            measures=_read_measures(found["measures"]),
        )
    except ValueError as error:
        raise ValueError(f"line {number + 1}: {error}") from error


def _read_told(source: str, told: str | None) -> tuple[Affect, str | None]:
    if told is None:
        return NO_AFFECT, None
    if source == STYLE:
        return NO_AFFECT, _read_name(told)
    known: dict[str, str | float] = {}
    style = None
    names = {letter: name for name, letter in _LETTERS.items()}
    for part in told.split(", "):
        word, _, value = part.partition(" ")
        if not value:
            known["category"] = word
        elif word == "style":
            style = _read_name(value)
        elif word in names:
            known[names[word]] = float(value)
        else:
            raise ValueError(f"{part!r} is no part of a label")
    return Affect(**known), style  # type: ignore[arg-type]


def _read_name(told: str) -> str:
    if not told.startswith('"'):
        return told
    try:
        name = json.loads(told)
    except ValueError as error:
        raise ValueError(f"{told} is no style's name: {error}") from error
    return str(name)


def _read_measures(told: str | None) -> Measures:
    if told is None:
        return NO_MEASURES
    found = _MEASURES.fullmatch(told)
    if found is None:
        raise ValueError(f"{told!r} is nothing that is measured")
    return Measures(**{name: None if value is None else float(value) for name, value in found.groupdict().items()})


def _merged(labels: Iterable[Label]) -> Iterator[Label]:
    alike: dict[tuple[object, ...], list[Label]] = defaultdict(list)
    for label in labels:
        alike[label.said].append(label)
    for group in alike.values():
        first, *others = sorted(group, key=lambda label: label.start)
        for label in others:
            if label.start > first.end:
                yield first
                first = label
            elif label.end > first.end:
                first = replace(first, end=label.end)
        yield first


def _order(label: Label) -> tuple[object, ...]:
    return label.clip, label.start, label.end, _line(label)
