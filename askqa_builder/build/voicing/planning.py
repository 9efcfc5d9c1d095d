"""Lines with all that is drawn of them, from rows and the recipe of their dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from askqa_builder.build.drawing import PAUSE_BEFORE
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.turn_drawing import Delivery, TurnKey, draw_delivery, draw_pause_before, plan_turn
from askqa_builder.build.turn_style import told_style
from askqa_builder.build.voicing.line import Line, PlannedLine, Row, Through
from askqa_builder.corpus.conversation import Role, Stage, Turn
from askqa_builder.errors import UsageError
from askqa_builder.recording.timeline import Seconds, Timeline, to_samples
from askqa_builder.seeds import Stream
from askqa_builder.voices.casting import SpeakerProfile
from askqa_builder.voices.profiles import Pause
from askqa_builder.voices.turn_prosody import Prosody
from askqa_builder.voices.voice import Voice

_ANY_SPLIT = "train"
"""The voices of a role are the same in all where nothing is cast."""


class LinePlanner:
    """Plans lines for the rows of one dataset. recipe: with which its roles were spoken."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._profiles = recipe.profiles.profiles
        self._voices: Mapping[Role, Mapping[str, Voice]] = {
            role: {voice.name: voice for voice in pools[_ANY_SPLIT].voices}
            for role, pools in recipe.profiles.pools.items()
        }

    def plan(self, line: Line) -> PlannedLine:
        """Plan a line. Raises UsageError where its row is none of the dataset, or tells too little."""
        speaker = self._speaker(line)
        key = self._key(line)
        said = Turn(line.role, line.act, line.text)
        delivery = self._as_it_was(line) or draw_delivery(said, speaker, self._profiles, key)
        pause = self._pause(line, key, delivery)
        turn = plan_turn(said, speaker, delivery, pause, self._profiles)
        words = len(turn.spoken.text.split()) * 60 / self._recipe.engine_of(line.role).pace.words_per_minute
        return PlannedLine(
            turn=turn,
            controls=speaker.voice.controls,
            seconds=words / delivery.prosody.rate,
            start=_start(line, pause),
            through=self.through(line.row),
        )

    def _speaker(self, line: Line) -> SpeakerProfile:
        """Restore who speaks a role in a row."""
        if line.role not in self._voices:
            spoken = ", ".join(role.value for role in self._voices)
            raise UsageError(f"{line.role.value}: only these roles were asked for: {spoken}")
        told = next(one for one in line.row["speakers"] if one["role"] == line.role.value)
        engine = self._profiles.roles[line.role].engine
        voice = self._voices[line.role].get(told["voice"])
        if told["engine"] != engine.name or voice is None:
            raise UsageError(
                f"{self._profiles.source}: row {line.row['id']!r} has {told['engine']} {told['voice']} for "
                f"{line.role.value}, who is none of the dataset's speakers; take the row's own dataset"
            )
        asked = told["requested"]
        return SpeakerProfile(line.role, engine, voice, asked["rate"], asked["pitch"], asked["loudness"])

    def _key(self, line: Line) -> TurnKey:
        """Return what a turn depends on; in a build it is the same."""
        row = line.row
        shared = self._recipe.share_narration and line.role is Role.NARRATOR
        item = row["story_id"] if shared else row["conversation_id"]
        return (row["seed"], item, row["rendition"], line.index, line.text)

    def _as_it_was(self, line: Line) -> Delivery | None:
        """Return how the row's own turn was spoken; None where the line is none of its turns, or that is not told."""
        styles = self._profiles.styles
        for turn in line.row["turns"][line.index : line.index + 1]:
            same = (turn["role"], turn["text"]) == (line.role.value, line.text)
            told = (turn["seed"], turn.get("rate"), turn.get("pitch"))
            if same and None not in told:
                style = told_style(turn, None if styles is None else styles.known)
                own = Prosody() if style is None else Prosody.of_style(style.style)
                return Delivery(turn["seed"], replace(own, rate=turn["rate"], pitch=turn["pitch"]), style)
        return None

    def _pause(self, line: Line, key: TurnKey, delivery: Delivery) -> Seconds:
        before = line.row["turns"][line.index - 1 : line.index]
        after_story = any(turn["role"] == Role.NARRATOR.value for turn in before)
        pause = Pause.AFTER_STORY if after_story else PAUSE_BEFORE[line.act]
        stream = Stream(key[0], line.row["conversation_id"], *key[2:], "pause")
        return draw_pause_before(self._profiles, pause, stream, delivery)

    def through(self, row: Row) -> Through | None:
        """Return the channel of a row, None where there is none. Raises UsageError."""
        profile = self._profiles.channel
        if profile is None:
            return None
        return Through(
            channel=profile.draw(row["seed"], row["conversation_id"], row["rendition"]),
            gain=10.0 ** (row["channel"]["gain_db"] / 20),
            timeline=timeline_of(row),
            recording=None if profile.noise is None else recording_of(row),
        )

    def tail(self, row: Row) -> Seconds:
        """Draw the silence at the end of a row that goes on."""
        key = (row["seed"], row["conversation_id"], row["rendition"], Stage.CLARIFIED.value, "tail")
        return self._profiles.draw_pause(Pause.TAIL, Stream(*key))


def recording_of(row: Row) -> bytes:
    """Return a row's recording as a file. Raises UsageError where the row comes without."""
    audio: Mapping[str, Any] = row.get("audio") or {}
    data = audio.get("bytes")
    if not isinstance(data, bytes):
        raise UsageError(f"row {row['id']!r} comes without its audio, which is needed here; read the column audio too")
    return data


def _start(line: Line, pause: Seconds) -> int:
    """Return where a line begins: one that the row does not have, after its last turn."""
    timeline = timeline_of(line.row)
    if line.index < len(timeline.starts):
        return timeline.starts[line.index]
    return timeline.ends[-1] + to_samples(pause, timeline.sample_rate)


def timeline_of(row: Row) -> Timeline:
    """Return where the turns of a row are."""
    rate = row["sampling_rate"]
    starts, ends = (tuple(to_samples(turn[key], rate) for turn in row["turns"]) for key in ("start", "end"))
    return Timeline(starts, ends, row["num_samples"], rate)
