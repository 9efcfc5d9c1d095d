"""Profile sets: which voices each role may have and how they may sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from askqa_builder.corpus.conversation import Act, Role, Turn
from askqa_builder.seeds import Stream
from askqa_builder.voices.channels import ChannelProfile
from askqa_builder.voices.distributions import Distribution
from askqa_builder.voices.engine_choice import EngineChoice
from askqa_builder.voices.limits import EDGE, GAP
from askqa_builder.voices.pool import Attribute
from askqa_builder.voices.reference import Reference
from askqa_builder.voices.style import DrawnStyle, Weights
from askqa_builder.voices.style_choice import StyleChoice
from askqa_builder.voices.text_labels import load_labeller
from askqa_builder.voices.voice import Limits
from askqa_builder.voices.voice_table import VoiceTable
from askqa_builder.voices.word_gate import WordGate

ALIGNERS = ("pocketsphinx",)
"""What can find the words in speech; see `speech.alignment`."""

RECORDING = "recording"
"""Name of the engine that plays what people have recorded."""


class VoiceSplit(str, Enum):
    """Whether a voice may be heard in more than one split."""

    SHARED = "shared"
    DISJOINT = "disjoint"


class Pause(str, Enum):
    """The silences of a recording, by what they come before or after; that between paragraphs lies within a turn."""

    LEAD_IN = "lead_in"
    AFTER_STORY = "after_story"
    BETWEEN_PARAGRAPHS = "between_paragraphs"
    BEFORE_ASSISTANT = "before_assistant"
    BEFORE_USER = "before_user"
    TAIL = "tail"

    @property
    def limits(self) -> Limits:
        """Seconds to which it is clipped: the gaps within and between turns to GAP, the two ends to EDGE."""
        return EDGE if self in (Pause.LEAD_IN, Pause.TAIL) else GAP


@dataclass(frozen=True)
class RoleProfile:
    """How one role may sound.

    voices: names, or patterns in the manner of a shell (`*`, `?`, `[…]`). references: the clips of those that are
    cloned. rate: factor of the normal rate. pitch: semitones. loudness: LUFS of each turn. turn_rate and turn_pitch:
    how each turn departs from the speaker's rate (a factor) and pitch (semitones). styles: what the turns of each act
    draw their style from; an act that is not there has none.
    """

    engine: EngineChoice
    voices: tuple[str, ...]
    references: tuple[Reference, ...]
    rate: Distribution
    pitch: Distribution
    turn_rate: Distribution
    turn_pitch: Distribution
    loudness: Distribution
    styles: Mapping[Act, Weights] = field(default_factory=dict)


@dataclass(frozen=True)
class ProfileSet:
    """What a YAML file of profiles says.

    name: of the shipped set, or the file's without folder and suffix. source: what errors call the file.
    Neither is part of what the set says: two sets are equal when everything else is. align: the aligner that says
    when words are spoken where an engine does not; None for none. gate: whose words are checked; None for nobody's.
    styles: how styles are drawn; None where no role draws any.
    """

    name: str = field(compare=False)
    source: str = field(compare=False)
    demo: bool
    roles: Mapping[Role, RoleProfile]
    distinct_voices: bool
    voice_split: VoiceSplit
    balance: tuple[Attribute, ...]
    pauses: Mapping[Pause, Distribution]
    voice_table: VoiceTable | None = None
    channel: ChannelProfile | None = None
    align: str | None = None
    gate: WordGate | None = None
    styles: StyleChoice | None = None

    @property
    def engines(self) -> dict[str, EngineChoice]:
        """The engines to load, by `EngineChoice.key`, each once."""
        return {profile.engine.key: profile.engine for profile in self.roles.values()}

    @property
    def drawn_styles(self) -> frozenset[str]:
        """The styles that some role draws."""
        return frozenset(
            name for profile in self.roles.values() for weights in profile.styles.values() for name in weights
        )

    @property
    def labeller(self) -> str | None:
        """Who labels texts for the styles that are drawn; None where nobody does."""
        return None if self.styles is None or not self.drawn_styles else self.styles.text_label

    def references(self, engine_key: str) -> dict[str, Reference]:
        """The clips from which an engine clones voices, by the voice's name."""
        roles = (profile for profile in self.roles.values() if profile.engine.key == engine_key)
        return {reference.name: reference for profile in roles for reference in profile.references}

    def draw_pause(self, pause: Pause, stream: Stream) -> float:
        """Draw the seconds of a silence, clipped to its limits."""
        return self.pauses[pause].draw_clipped(stream, pause.limits)

    def draw_style(self, turn: Turn, *key: str | int) -> DrawnStyle | None:
        """Draw the style of a turn from its key, and where styles are to suit the text, from its label.

        None where none is drawn for its role and act. Raises UsageError where the labeller's library is missing.
        """
        weights = self.roles[turn.role].styles.get(turn.act)
        if self.styles is None or weights is None:
            return None
        label = None if self.labeller is None else load_labeller(self.labeller).label(turn.text)
        return self.styles.draw_style(weights, label, Stream(*key, "style"))

    def to_json(self) -> dict[str, Any]:
        """Return the canonical form: every default written out, each role with its engine and options.

        Sets that mean the same have the same form, and `parse_profile_set` reads it back, but for folders and the way
        to servers.
        """
        drawn = self.drawn_styles
        return {
            "demo": self.demo,
            "roles": {
                role.value: {
                    "engine": profile.engine.name,
                    "options": profile.engine.portable_options,
                    "voices": _voices_json(profile),
                    "rate": profile.rate.to_json(),
                    "pitch": profile.pitch.to_json(),
                    "turn_rate": profile.turn_rate.to_json(),
                    "turn_pitch": profile.turn_pitch.to_json(),
                    **({} if not profile.styles else {"styles": _styles_json(profile)}),
                }
                for role, profile in self.roles.items()
            },
            "distinct_voices": self.distinct_voices,
            "voice_split": self.voice_split.value,
            "balance": list(self.balance),
            "pauses": {pause.value: seconds.to_json() for pause, seconds in self.pauses.items()},
            "loudness": {role.value: profile.loudness.to_json() for role, profile in self.roles.items()},
            **({} if self.voice_table is None else {"voice_table": self.voice_table.to_json()}),
            **({} if self.channel is None else {"channel": self.channel.to_json()}),
            **({} if self.align is None else {"align": self.align}),
            **({} if self.gate is None else {"gate": self.gate.to_json()}),
            **({} if self.styles is None or not drawn else {"styles": self.styles.of(drawn).to_json()}),
        }


def _voices_json(profile: RoleProfile) -> list[object]:
    references = {reference.name: reference for reference in profile.references}
    return [references[name].to_json() if name in references else name for name in profile.voices]


def _styles_json(profile: RoleProfile) -> dict[str, dict[str, float]]:
    return {act.value: dict(weights) for act, weights in profile.styles.items()}
