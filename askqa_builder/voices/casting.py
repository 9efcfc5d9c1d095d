"""Casting: the voice of each role and how it speaks, drawn from a key and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Role
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.errors import UsageError
from askqa_builder.seeds import Stream
from askqa_builder.voices.engine_choice import EngineChoice
from askqa_builder.voices.limits import LOUDNESS, pitch_limits, rate_limits
from askqa_builder.voices.pool import VoiceIdentity, satisfiable
from askqa_builder.voices.resolution import ResolvedProfileSet
from askqa_builder.voices.voice import Voice


@dataclass(frozen=True)
class CastingKey:
    """All that a cast depends on, beside the profile set.

    item: id of the conversation; of the story, where its narrator is shared by several. split: one of
    SPLITS; it matters only where voices are disjoint. Raises UsageError for another split.
    """

    seed: int
    item: str
    rendition: int
    split: str

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise UsageError(f"unknown split {self.split!r}; allowed: {', '.join(SPLITS)}")


@dataclass(frozen=True)
class SpeakerProfile:
    """One speaker as drawn. rate: factor of the normal rate. pitch: semitones. loudness: LUFS of a turn."""

    role: Role
    engine: EngineChoice
    voice: Voice
    rate: float
    pitch: float
    loudness: float

    @property
    def identity(self) -> VoiceIdentity:
        """What makes two speakers the same person."""
        return self.engine.name, self.voice.name


Cast = Mapping[Role, SpeakerProfile]
"""The speaker of each role, in the order of `Role`."""


def cast(
    resolved: ResolvedProfileSet,
    key: CastingKey,
    kept: Cast | None = None,
    avoided: Mapping[Role, VoiceIdentity] | None = None,
) -> Cast:
    """Draw the speaker of each role.

    Roles take their first free voice in the order narrator, user, assistant, by a ranking of their own; a
    voice is not free if another role has it or if without it a later role would find none. Roles in `kept`
    stay as they are and take their voices before the others; with distinct voices, a role to which they
    leave none shares the voice it ranks first. avoided: voices that a role takes only if it finds no other.
    """
    speakers = dict(kept or {})
    drawn = [role for role in Role if role not in speakers]
    taken = {speaker.identity for speaker in speakers.values()}
    for place, role in enumerate(drawn):
        later = [resolved.pools[other][key.split].identities for other in drawn[place + 1 :]]
        unwanted = (avoided or {}).get(role)
        voice = _choose_voice(resolved, key, role, taken, later, unwanted)
        speakers[role] = _draw_speaker(resolved, key, role, voice)
        taken.add(speakers[role].identity)
    return {role: speakers[role] for role in Role}


def _choose_voice(
    resolved: ResolvedProfileSet,
    key: CastingKey,
    role: Role,
    taken: Set[VoiceIdentity],
    later: Sequence[Set[VoiceIdentity]],
    unwanted: VoiceIdentity | None,
) -> Voice:
    engine = resolved.profiles.roles[role].engine.name
    pool = resolved.pools[role][key.split]

    def ranked() -> Iterator[tuple[Voice, VoiceIdentity]]:
        last = None
        for voice in pool.ranked(key.seed, key.item, role.value, key.rendition, "voice"):
            if (engine, voice.name) == unwanted:
                last = voice
            else:
                yield voice, (engine, voice.name)
        if last is not None:
            yield last, (engine, last.name)

    if not resolved.profiles.distinct_voices:
        return next(voice for voice, _ in ranked())
    for voice, identity in ranked():
        if identity not in taken and satisfiable(later, taken | {identity}):
            return voice
    # Only kept voices can make this impossible: `resolve` has found an assignment without them.
    return next((voice for voice, identity in ranked() if identity not in taken), next(ranked())[0])


def _draw_speaker(resolved: ResolvedProfileSet, key: CastingKey, role: Role, voice: Voice) -> SpeakerProfile:
    profile = resolved.profiles.roles[role]

    def stream(what: str) -> Stream:
        return Stream(key.seed, key.item, role.value, key.rendition, what)

    return SpeakerProfile(
        role=role,
        engine=profile.engine,
        voice=voice,
        rate=profile.rate.draw(stream("rate"), rate_limits(voice)),
        pitch=profile.pitch.draw(stream("pitch"), pitch_limits(voice)),
        loudness=profile.loudness.draw(stream("loudness"), LOUDNESS),
    )
