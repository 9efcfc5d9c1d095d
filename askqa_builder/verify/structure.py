"""A row against itself: ids, times, words, response. Its recording is not decoded here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from askqa_builder.corpus.conversation import Act, Action, Role, Stage, row_suffix, unique
from askqa_builder.dataset.schema import COLUMNS, WORD_AFFECT
from askqa_builder.seeds import SEED_BITS, short_hash
from askqa_builder.verify.affect import check_affect
from askqa_builder.verify.findings import Fault
from askqa_builder.verify.styles import check_styles
from askqa_builder.verify.words import check_words
from askqa_builder.voices.limits import WIDEST_PITCH, WIDEST_RATE

Row = Mapping[str, Any]

NULLABLE = frozenset(
    {
        "target_turn_id",
        "branch",
        "ambiguous",
        "speakers.model",
        "speakers.gender",
        "speakers.accent",
        "speakers.measured.f0",
        "speakers.measured.words_per_minute",
        "speakers.measured.loudness",
        "response.answerable",
        "evidence.text",
        "evidence.char_start",
        "evidence.char_end",
        "turns.rate",  # these two are null in rows of format 1.0 that were written anew
        "turns.pitch",
        "turns.asr_text",
        "turns.wer",
        "turns.mos",
        "evidence.start",
        "evidence.end",
        *(f"words.{name}" for name in WORD_AFFECT),
    }
)
"""Fields that may be null, beside those of `quality` and `channel` and those in NULLABLE_STRUCTS."""

NULLABLE_STRUCTS = ("turns.style.", "turns.emotion.", "turns.measured.", "affect.")
"""Of what lies in these all may be null: nothing was drawn, looked for, or found. `verify.styles` looks further."""

_MEASURED_LATER = ("quality", "channel")

EXACT = 1e-6
"""Relative difference of numbers that come from the same integers; float64 is 1e-16, Parquet keeps it."""


@dataclass(frozen=True)
class Expected:
    """What the manifest says of every row of a shard. profiles: the profile set."""

    config: str
    sampling_rate: int
    audio_format: str
    renditions: int
    profiles: Mapping[str, Any] = field(default_factory=dict)


def missing_values(row: Row) -> list[Fault]:
    """Find values that are null, and numbers that are none; whoever finds any must not look further into the row.

    row: of all columns or some of them.
    """
    return [
        fault
        for field in COLUMNS
        if field.name in row and field.name not in _MEASURED_LATER
        for fault in _missing(row[field.name], field.type, field.name)
    ]


def _missing(value: Any, kind: pa.DataType, path: str) -> Iterator[Fault]:
    if value is None:
        if path not in NULLABLE and not path.startswith(NULLABLE_STRUCTS):
            yield Fault("value", None, f"{path} is null", "a value")
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from _missing(value.get(field.name), field.type, f"{path}.{field.name}")
    elif pa.types.is_list(kind):
        for item in value:
            yield from _missing(item, kind.value_type, path)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Fault("value", None, f"{path} is {value}", "a number")


def check_structure(row: Row, expected: Expected) -> Iterator[Fault]:
    """Yield what contradicts itself in a row without missing values."""
    yield from _identity(row, expected)
    yield from _length(row, expected)
    yield from _turns(row)
    yield from check_styles(row, expected.profiles)
    yield from _speakers(row)
    yield from check_words(row)
    yield from check_affect(row)
    yield from _response(row)
    yield from _evidence(row)


def _identity(row: Row, expected: Expected) -> Iterator[Fault]:
    if row["stage"] != expected.config:
        yield Fault("value", None, f"stage {row['stage']}", f"stage {expected.config}, as its configuration")
        return
    if row["stage"] not in {stage.value for stage in Stage}:
        yield Fault("value", None, f"stage {row['stage']}", " or ".join(stage.value for stage in Stage))
        return
    if (row["branch"] is None) != (row["stage"] == Stage.INITIAL.value) or (row["branch"] or 0) < 0:
        yield Fault("value", None, f"branch {row['branch']}", "a branch from 0, none in the stage initial")
        return
    if not 0 <= row["rendition"] < expected.renditions:
        yield Fault("value", None, f"rendition {row['rendition']}", f"0 to {expected.renditions - 1}")
    if not 0 <= row["seed"] < 1 << SEED_BITS:
        yield Fault("value", None, f"seed {row['seed']}", f"0 to 2**{SEED_BITS} - 1")
    rendition = f"~{row['rendition']}" if row["rendition"] else ""
    identifier = f"{row['conversation_id']}{row_suffix(Stage(row['stage']), row['branch'])}{rendition}"
    if row["id"] != identifier:
        yield Fault("id", None, row["id"], identifier)
    path = f"{short_hash(row['id'])}.{expected.audio_format}"
    if row["audio"]["path"] != path:
        yield Fault("id", None, f"audio.path {row['audio']['path']}", path)


def _length(row: Row, expected: Expected) -> Iterator[Fault]:
    if row["sampling_rate"] != expected.sampling_rate:
        yield Fault("length", None, f"sampling_rate {row['sampling_rate']}", f"{expected.sampling_rate} Hz")
    elif row["duration"] != row["num_samples"] / row["sampling_rate"]:
        exact = row["num_samples"] / row["sampling_rate"]
        yield Fault("length", None, f"duration {row['duration']} s", f"num_samples / sampling_rate = {exact} s")


def _turns(row: Row) -> Iterator[Fault]:
    if not row["turns"]:
        yield Fault("times", None, "no turns", "one at least")
    before = 0.0
    for i, turn in enumerate(row["turns"]):
        start, end = turn["start"], turn["end"]
        if turn["role"] not in {role.value for role in Role} or turn["act"] not in {act.value for act in Act}:
            yield Fault("value", i, f"role {turn['role']}, act {turn['act']}", "a role and an act of the format")
        for fault in _prosody(turn):
            yield Fault("value", i, *fault)
        if not 0 <= turn["seed"] < 1 << SEED_BITS:
            yield Fault("value", i, f"seed {turn['seed']}", f"0 to 2**{SEED_BITS} - 1")
        if not before <= start < end <= row["duration"]:
            wanted = f"in order, and inside {before:.4f} to {row['duration']:.4f} s"
            yield Fault("times", i, f"{start:.4f} to {end:.4f} s", wanted)
            return
        before = end
        if any(abs(time * row["sampling_rate"] - round(time * row["sampling_rate"])) > 1e-3 for time in (start, end)):
            yield Fault("times", i, f"{start!r} to {end!r} s", "whole samples")
        pace = len(turn["spoken_text"].split()) * 60 / (end - start)
        if not math.isclose(turn["words_per_minute"], pace, rel_tol=EXACT):
            yield Fault("times", i, f"words_per_minute {turn['words_per_minute']:.2f}", f"{pace:.2f}, from the times")


def _prosody(asked: Row) -> Iterator[tuple[str, str]]:
    """Yield what was asked of a turn or a speaker that is asked of no voice, and what may be."""
    for name, (low, high) in (("rate", WIDEST_RATE), ("pitch", WIDEST_PITCH)):
        value = asked.get(name)
        if value is not None and not low <= value <= high:
            yield f"{name} {value:g}", f"{low:g} to {high:g}"


def _speakers(row: Row) -> Iterator[Fault]:
    roles = [speaker["role"] for speaker in row["speakers"]]
    if len(set(roles)) < len(roles):
        yield Fault("speakers", None, f"speakers {', '.join(roles)}", "each role once")
    for i, turn in enumerate(row["turns"]):
        if turn["role"] not in roles:
            yield Fault("speakers", i, f"no speaker for {turn['role']}", "one for each role that speaks")
    for speaker in row["speakers"]:
        for measured, wanted in _prosody(speaker["requested"]):
            yield Fault("speakers", None, f"{speaker['role']}: {measured}", wanted)
        heard = [turn for turn in row["turns"] if turn["role"] == speaker["role"]]
        pace = _pace(heard)
        said = speaker["measured"]["words_per_minute"]
        if (pace is None) != (said is None) or (pace and said and not math.isclose(pace, said, rel_tol=EXACT)):
            yield Fault("measured", None, f"{speaker['role']}: words_per_minute {said}", f"{pace}, from the turns")


def _pace(turns: Sequence[Row]) -> float | None:
    seconds = sum(turn["end"] - turn["start"] for turn in turns)
    return sum(len(turn["spoken_text"].split()) for turn in turns) * 60 / seconds if seconds > 0 else None


def _response(row: Row) -> Iterator[Fault]:
    response, asked = row["response"], row["clarifications"]
    references = response["references"]
    asks = row["stage"] == Stage.INITIAL.value and bool(row["ambiguous"])
    action = Action.CLARIFY.value if asks else Action.ANSWER.value
    if response["action"] != action:
        yield Fault("response", None, f"action {response['action']}", action)
    if references[:1] != [response["text"]] or len(set(references)) < len(references):
        yield Fault("response", None, f"references {references}", f"{response['text']!r} first, each once")
    if row["ambiguous"] is not None and bool(asked) != row["ambiguous"]:
        yield Fault("response", None, f"{len(asked)} clarifications", "some if ambiguous, none if not")
        return
    if asks and response["text"] != asked[0]["question"]:
        yield Fault("response", None, repr(response["text"]), f"the clarifying question {asked[0]['question']!r}")
    if row["stage"] == Stage.CLARIFIED.value and asked and row["turns"]:
        reply = row["turns"][-1]["text"]
        readings = [list(unique(branch["answers"])) for branch in asked[0]["branches"] if branch["reply"] == reply]
        if not readings:
            yield Fault("response", len(row["turns"]) - 1, repr(reply), "the reply of a branch of `clarifications`")
        elif references not in readings:
            yield Fault("response", None, f"references {references}", f"the branch's answers {readings[0]}")


def _evidence(row: Row) -> Iterator[Fault]:
    told = [(i, turn) for i, turn in enumerate(row["turns"]) if turn["act"] == Act.STORY.value]
    for i, turn in told:
        if turn["text"] != row["story"]:
            yield Fault("value", i, "the text of the turn is not the story", "the column `story`")
    evidence = row["evidence"]
    if evidence["text"] is None:
        return
    start, end = evidence["char_start"], evidence["char_end"]
    if start is None or end is None or row["story"][max(start, 0) : max(end, 0)] != evidence["text"]:
        yield Fault("evidence", None, f"characters {start} to {end}", f"where {evidence['text']!r} stands in the story")
        return
    stories = {i for i, _ in told}
    narrated = [
        word
        for word in row["words"]
        if word["turn"] in stories and word["char_start"] < end and word["char_end"] > start
    ]
    times = (narrated[0]["start"], narrated[-1]["end"]) if narrated else (None, None)
    if (evidence["start"], evidence["end"]) != times:
        said = f"{evidence['start']} to {evidence['end']} s"
        yield Fault("evidence", None, said, f"{times[0]} to {times[1]} s, as its words")
