"""Rows: one recording and all that is known of it, as the dataset's schema has it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from askqa_builder.build.kept import old_speakers
from askqa_builder.build.planned import PlannedRow, PlannedTake
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.turn_style import style_columns
from askqa_builder.build.turns import HeardTurn
from askqa_builder.corpus.conversation import Act, Clarification, Evidence, Role
from askqa_builder.dataset.schema import CHANNEL, TURN_SCORES, WORD_AFFECT
from askqa_builder.recording.encode import AudioFormat, encode
from askqa_builder.recording.quality import measure_quality
from askqa_builder.recording.speaker import speaker_f0
from askqa_builder.recording.timeline import Timeline, join, to_seconds
from askqa_builder.seeds import short_hash
from askqa_builder.speech.engine import Pcm
from askqa_builder.voices.casting import SpeakerProfile
from askqa_builder.voices.channels import DrawnChannel, DrawnRoom

if TYPE_CHECKING:
    from askqa_builder.recording.channel.transmit import Received

Row = dict[str, Any]
"""A row as plain Python values, columns as in `dataset.schema.COLUMNS`."""


class RowMaker:
    """Makes the rows of one build."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def row(self, planned: PlannedTake, row: PlannedRow, turns: Sequence[HeardTurn], identifier: str) -> Row:
        """Join the turns of one row, in the order heard, and describe the recording."""
        recipe = self._recipe
        rate = recipe.sample_rate
        conversation = planned.take.conversation
        pauses = [planned.turns[i].pause for i in row.turns]
        timeline = Timeline.of([len(turn.pcm) for turn in turns], pauses, row.tail, rate)
        dry = [turn.pcm for turn in turns]
        received = _received(planned, turns, dry, timeline)
        pcm = join(dry, timeline) if received is None else received.pcm
        words = word_columns(turns, timeline)
        response = row.point.response
        return {
            "id": identifier,
            "conversation_id": conversation.id,
            "story_id": conversation.story_id,
            "source": conversation.source,
            "target_turn_id": conversation.target_turn_id,
            "stage": row.point.stage.value,
            "branch": row.point.branch,
            "rendition": planned.take.rendition,
            "ambiguous": conversation.ambiguous,
            "language": conversation.language,
            "license": conversation.licence,
            **recording_columns(identifier, pcm, rate, recipe.audio_format),
            "story": conversation.story,
            "turns": turn_columns(turns, timeline),
            "words": words,
            "speakers": self._speakers(planned, row, turns),
            "response": {
                "action": response.action.value,
                "text": response.text,
                "references": list(response.references),
                "answerable": response.answerable,
            },
            "evidence": _evidence(conversation.evidence, turns, words),
            "clarifications": [_clarification(clarification) for clarification in conversation.clarifications],
            "quality": asdict(measure_quality(pcm, timeline)),
            "channel": _channel(planned.channel, received),
            "seed": recipe.seed,
            "affect": [],
        }

    def _speakers(self, planned: PlannedTake, row: PlannedRow, turns: Sequence[HeardTurn]) -> list[dict[str, Any]]:
        """Describe the speakers; those of kept turns as they were described."""
        recipe = self._recipe
        old = {}
        if row.old is not None and recipe.original is not None and recipe.kept_roles:
            old = old_speakers(recipe.original, row.old)
        return [
            old[role.value] if role in recipe.kept_roles else self._speaker(speaker, turns)
            for role, speaker in planned.cast.items()
        ]

    def _speaker(self, speaker: SpeakerProfile, turns: Sequence[HeardTurn]) -> dict[str, Any]:
        info = self._recipe.engines[speaker.engine.key]
        return {
            "role": speaker.role.value,
            "engine": info.name,
            "engine_version": info.version,
            "model": info.model,
            "voice": speaker.voice.name,
            "gender": speaker.voice.gender,
            "accent": speaker.voice.accent,
            "metadata_source": speaker.voice.metadata_source,
            "requested": {"rate": speaker.rate, "pitch": speaker.pitch, "loudness": speaker.loudness},
            "measured": self._measured([turn for turn in turns if turn.turn.role is speaker.role]),
        }

    def _measured(self, turns: Sequence[HeardTurn]) -> dict[str, float | None]:
        """Measure one speaker over the turns heard; all null for a role that does not speak in this row."""
        if not turns:
            return {"f0": None, "words_per_minute": None, "loudness": None}
        samples = sum(len(turn.pcm) for turn in turns)
        words = sum(turn.word_count for turn in turns)
        levels = [turn.loudness for turn in turns if turn.loudness is not None]
        power = sum(len(turn.pcm) * 10 ** (level / 10) for turn, level in zip(turns, levels, strict=True)) / samples
        return {
            "f0": speaker_f0([turn.pcm for turn in turns], self._recipe.sample_rate),
            "words_per_minute": words * 60 / to_seconds(samples, self._recipe.sample_rate),
            "loudness": 10 * math.log10(power),
        }


def recording_columns(identifier: str, pcm: Pcm, rate: int, audio_format: AudioFormat) -> dict[str, Any]:
    """Return what a row of this id says of its recording and holds it."""
    return {
        "audio": {"bytes": encode(pcm, rate, audio_format), "path": f"{short_hash(identifier)}.{audio_format.name}"},
        "duration": to_seconds(len(pcm), rate),
        "num_samples": len(pcm),
        "sampling_rate": rate,
        "pcm_sha256": hashlib.sha256(pcm.astype("<i2", copy=False).data).hexdigest(),
    }


def turn_columns(turns: Sequence[HeardTurn], timeline: Timeline) -> list[dict[str, Any]]:
    """Return what a row says of its turns."""
    rows = []
    for turn, first, last in zip(turns, timeline.starts, timeline.ends, strict=True):
        start, end = to_seconds(first, timeline.sample_rate), to_seconds(last, timeline.sample_rate)
        rows.append(
            {
                "role": turn.turn.role.value,
                "act": turn.turn.act.value,
                "text": turn.turn.text,
                "spoken_text": turn.spoken_text,
                "start": start,
                "end": end,
                "words_per_minute": turn.word_count * 60 / (end - start),
                "seed": turn.seed,
                "rate": turn.rate,
                "pitch": turn.pitch,
                **dict.fromkeys(TURN_SCORES),
                **style_columns(turn.style),
                "measured": turn.measured.to_json(),
            }
        )
    return rows


def word_columns(turns: Sequence[HeardTurn], timeline: Timeline, before: int = 0) -> list[dict[str, Any]]:
    """Return the words of turns as a row lists them. before: turns that the row has before these."""
    rate = timeline.sample_rate
    return [
        {
            "turn": i,
            "word": word.word,
            "start": to_seconds(offset + word.start, rate),
            "end": to_seconds(offset + word.end, rate),
            "char_start": word.char_start,
            "char_end": word.char_end,
            **dict.fromkeys(WORD_AFFECT),
        }
        for i, (turn, offset) in enumerate(zip(turns, timeline.starts, strict=True), before)
        for word in turn.words
    ]


def _evidence(evidence: Evidence | None, turns: Sequence[HeardTurn], words: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Describe the evidence, and when its words are narrated, where the engine says when words are spoken."""
    if evidence is None:
        return {"text": None, "char_start": None, "char_end": None, "start": None, "end": None}
    stories = {i for i, turn in enumerate(turns) if turn.turn.act is Act.STORY and turn.turn.role is Role.NARRATOR}
    narrated = [
        word
        for word in words
        if word["turn"] in stories and word["char_start"] < evidence.char_end and word["char_end"] > evidence.char_start
    ]
    return {
        "text": evidence.text,
        "char_start": evidence.char_start,
        "char_end": evidence.char_end,
        "start": narrated[0]["start"] if narrated else None,
        "end": narrated[-1]["end"] if narrated else None,
    }


def _clarification(clarification: Clarification) -> dict[str, Any]:
    branches = [{"reply": branch.reply, "answers": list(branch.answers)} for branch in clarification.branches]
    return {"question": clarification.question, "branches": branches}


def _received(
    planned: PlannedTake, turns: Sequence[HeardTurn], audio: Sequence[Pcm], timeline: Timeline
) -> Received | None:
    """Send a row's turns through the take's channel, if there is one."""
    if planned.channel is None:
        return None
    from askqa_builder.recording.channel.transmit import transmit  # a second to import, which most builds save

    shared = len(planned.take.conversation.turns)
    return transmit(audio, [turn.turn.role for turn in turns], timeline, shared, planned.channel)


def _channel(channel: DrawnChannel | None, received: Received | None) -> dict[str, Any]:
    """Describe the channel; all null and no kinds where there is none."""
    row: dict[str, Any] = {field.name: None for field in CHANNEL}
    row |= {"kinds": [], "distances": {role.value: None for role in Role}}
    if channel is None or received is None:
        return row
    if channel.room is not None:
        row |= _room(channel.room)
    if channel.noise is not None:
        source = channel.noise.source
        row |= {"noise": source.name, "noise_licence": source.licence, "noise_snr_db": channel.noise.snr}
    codec = None if channel.codec is None else f"G.711 {channel.codec.value}"
    return {**row, "kinds": list(channel.kinds), "codec": codec, "gain_db": 20 * math.log10(received.gain)}


def _room(room: DrawnRoom) -> dict[str, Any]:
    distances = (math.dist(talker, room.microphone) for talker in room.talkers)
    return {
        "room": " x ".join(f"{metres:.2f}" for metres in room.size) + " m",
        "rt60": room.rt60,
        "distances": {role.value: round(distance, 3) for role, distance in zip(Role, distances, strict=True)},
    }
