"""A finished dataset read back: its conversations, who spoke them, and where its recordings hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from askqa_builder.build.restored import OldRow, RestoredConversation
from askqa_builder.corpus.conversation import (
    Act,
    Action,
    Branch,
    Clarification,
    Evidence,
    Response,
    ResponsePoint,
    Role,
    Stage,
    Turn,
)
from askqa_builder.dataset.manifest import shard_records
from askqa_builder.dataset.reading import reading_errors, row_groups
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import AskqaError
from askqa_builder.voices.casting import SpeakerProfile
from askqa_builder.voices.engine_choice import EngineChoice
from askqa_builder.voices.voice import Controls, Voice

_NOT_READ = frozenset({"audio", "words", "quality", "channel", "pcm_sha256"})

Row = Mapping[str, Any]


def read_conversations(dataset: Path, manifest: Mapping[str, Any]) -> list[tuple[str, int, RestoredConversation]]:
    """Return split, rendition and conversation of a dataset's rows, in the order of its shards; no audio is read.

    Conversations of which one configuration alone holds rows come where that has them. Raises AskqaError where the
    dataset is damaged.
    """
    rows: dict[tuple[str, str, int], list[tuple[OldRow, Row]]] = {}
    records = sorted(shard_records(manifest), key=lambda record: list(Stage).index(Stage(record.config)))
    splits = list(dict.fromkeys(record.split for record in shard_records(manifest)))
    for record in records:
        for old, row in _rows(dataset, record):
            rows.setdefault((record.split, row["conversation_id"], row["rendition"]), []).append((old, row))
    engines = [EngineChoice(engine["name"]) for engine in manifest["engines"]]
    try:
        restored = [
            (split, rendition, _conversation(index, found, {engine.name: engine for engine in engines}))
            for index, ((split, _, rendition), found) in enumerate(rows.items())
        ]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise AskqaError(
            f"{dataset} holds rows that are none of askqa's ({type(error).__name__}: {error}); see askqa verify"
        ) from error
    return sorted(restored, key=lambda found: splits.index(found[0]))


def _rows(dataset: Path, record: ShardRecord) -> Iterator[tuple[OldRow, Row]]:
    with reading_errors(dataset):
        for group, table in enumerate(row_groups(dataset / record.file, without=_NOT_READ)):
            for place, row in enumerate(table.to_pylist()):
                rate = row["sampling_rate"]
                starts = tuple(round(turn["start"] * rate) for turn in row["turns"])
                ends = tuple(round(turn["end"] * rate) for turn in row["turns"])
                yield OldRow(record.file, group, place, starts, ends, row["num_samples"]), row


def _conversation(
    index: int, found: Sequence[tuple[OldRow, Row]], engines: Mapping[str, EngineChoice]
) -> RestoredConversation:
    first = found[0][1]
    turns = tuple(_turn(turn) for turn in first["turns"])
    shared = turns if Stage(first["stage"]) is Stage.INITIAL else turns[:-2]
    evidence = first["evidence"]
    return RestoredConversation(
        id=first["conversation_id"],
        file=found[0][0].file,
        index=index,
        story_id=first["story_id"],
        source=first["source"],
        language=first["language"],
        licence=first["license"],
        target_turn_id=first["target_turn_id"],
        ambiguous=first["ambiguous"],
        turns=shared,
        response=_response(first["response"]),
        evidence=None
        if evidence["text"] is None
        else Evidence(evidence["text"], evidence["char_start"], evidence["char_end"]),
        clarifications=tuple(_clarification(told) for told in first["clarifications"]),
        rows=tuple((_point(row), old) for old, row in found),
        speakers={Role(told["role"]): _speaker(told, engines) for told in first["speakers"]},
    )


def _turn(told: Row) -> Turn:
    return Turn(Role(told["role"]), Act(told["act"]), told["text"])


def _point(row: Row) -> ResponsePoint:
    turns = tuple(_turn(turn) for turn in row["turns"])
    return ResponsePoint(Stage(row["stage"]), row["branch"], turns, _response(row["response"]))


def _response(told: Row) -> Response:
    return Response(Action(told["action"]), told["text"], tuple(told["references"]), told["answerable"])


def _clarification(told: Row) -> Clarification:
    branches = (Branch(i, one["reply"], tuple(one["answers"])) for i, one in enumerate(told["branches"]))
    return Clarification(told["question"], tuple(branches))


def _speaker(told: Row, engines: Mapping[str, EngineChoice]) -> SpeakerProfile:
    """Restore who spoke; what the engine could do for the voice is no longer known, and not needed."""
    asked = told["requested"]
    voice = Voice(
        name=told["voice"],
        language="en",
        gender=told["gender"],
        accent=told["accent"],
        metadata_source=told["metadata_source"],
        controls=Controls(None, None, word_times=False),
    )
    engine = engines.get(told["engine"], EngineChoice(told["engine"]))
    return SpeakerProfile(Role(told["role"]), engine, voice, asked["rate"], asked["pitch"], asked["loudness"])
