"""A profile set against the voices its engines really have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from askqa_builder.corpus.conversation import Role
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches
from askqa_builder.voices.distributions import Distribution, require_inside
from askqa_builder.voices.limits import pitch_limits, rate_limits
from askqa_builder.voices.pool import VoicePool, divide, satisfiable
from askqa_builder.voices.profiles import RECORDING, ProfileSet, RoleProfile, VoiceSplit
from askqa_builder.voices.voice import Limits, Voice
from askqa_builder.voices.voice_table import ModelIdentity, VoiceTable, fill_in

Catalogue = Mapping[str, Voice]
"""The voices of an engine by name."""

_PATTERN_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, eq=False)
class ResolvedProfileSet:
    """A profile set of which every voice exists and every range can be kept; it can be pickled.

    profiles: the set with patterns replaced by names, in sorted order. pools: the voices of each role in
    each split.
    """

    profiles: ProfileSet
    pools: Mapping[Role, Mapping[str, VoicePool]]

    def to_json(self) -> dict[str, Any]:
        """Return the resolved set for manifest and digest; `parse_profile_set` reads it back."""
        return self.profiles.to_json()


def resolve(
    profile_set: ProfileSet,
    catalogues: Mapping[str, Catalogue],
    models: Mapping[str, ModelIdentity] | None = None,
) -> ResolvedProfileSet:
    """Check a set against its engines' voices, given for each key of `profile_set.engines`.

    models: who the engines are, by the same keys; a set with a voice table needs to know. The table fills in what
    the engines do not vouch for, before voices are balanced; of it, what the voices in use took is kept.

    Raises UsageError where a voice or pattern fits nothing, a range can hardly be kept by a voice, an
    attribute to balance is known of no voice, a split has too few voices for the roles to differ, or a role
    fewer than three in a split where these are disjoint, where the voice table is of another model, or a role is to
    speak with an emotion that one of its voices cannot be asked for.
    """
    listed, table = catalogues, profile_set.voice_table
    if table is not None:
        catalogues = fill_in(table, listed, models or {}, f"{profile_set.source}: voice_table")
    voices = {
        role: _found_voices(profile, catalogues[profile.engine.key], f"{profile_set.source}: roles.{role.value}")
        for role, profile in profile_set.roles.items()
    }
    _check_emotions(profile_set, voices)
    _check_balance(profile_set, [voice for found in voices.values() for voice in found])
    pools = _pools(profile_set, voices)
    if profile_set.distinct_voices:
        _check_distinct(profile_set, pools)
    roles = {
        role: replace(profile, voices=tuple(voice.name for voice in voices[role]))
        for role, profile in profile_set.roles.items()
    }
    if table is not None:
        table = _in_use(table, profile_set, voices, listed)
    return ResolvedProfileSet(replace(profile_set, roles=roles, voice_table=table), pools)


def _in_use(
    table: VoiceTable, profile_set: ProfileSet, voices: Mapping[Role, list[Voice]], listed: Mapping[str, Catalogue]
) -> VoiceTable | None:
    """Return what of the table some role's voice took from it, None if nothing."""
    used = {
        voice.name
        for role, found in voices.items()
        for voice in found
        if voice != listed[profile_set.roles[role].engine.key][voice.name]
    }
    return table.of(used) if used else None


def _found_voices(profile: RoleProfile, catalogue: Catalogue, where: str) -> list[Voice]:
    found: dict[str, Voice] = {}
    for entry in profile.voices:
        # A voice whose name happens to look like a pattern is still that voice.
        names = [entry] if entry in catalogue else []
        if not names and _PATTERN_CHARACTERS & set(entry):
            names = [name for name in catalogue if fnmatchcase(name, entry)]
        if not names:
            raise UsageError(
                f"{where}.voices: engine {profile.engine.name} has no voice {entry!r}"
                f"{close_matches(entry, list(catalogue))}; list them with: askqa voices {profile.engine.name}"
            )
        found.update((name, catalogue[name]) for name in names)
    voices = [found[name] for name in sorted(found)]
    _check_range(profile.rate, rate_limits, voices, f"{where}.rate")
    _check_range(profile.pitch, pitch_limits, voices, f"{where}.pitch")
    return voices


def _check_range(
    distribution: Distribution, limits_of: Callable[[Voice], Limits], voices: Iterable[Voice], where: str
) -> None:
    by_limits = {limits_of(voice): voice.name for voice in voices}
    for limits, name in by_limits.items():
        require_inside(distribution, limits, where, f"which voice {name!r} allows")


def _check_emotions(profile_set: ProfileSet, voices: Mapping[Role, list[Voice]]) -> None:
    """Raise UsageError where a style is an emotion that some voice of its role cannot be asked for."""
    known = {} if profile_set.styles is None else profile_set.styles.known
    for role, profile in profile_set.roles.items():
        for act, name in ((act, name) for act, weights in profile.styles.items() for name in weights):
            emotion = known[name].emotion
            unable = [voice for voice in voices[role] if emotion and emotion.category not in voice.controls.emotions]
            if emotion is not None and unable:
                can = ", ".join(sorted(unable[0].controls.emotions)) or "nothing"
                raise UsageError(
                    f"{profile_set.source}: roles.{role.value}.styles.{act.value}: {name} is the emotion "
                    f"{emotion.category}, for which voice {unable[0].name!r} of engine {profile.engine.name} cannot be "
                    f"asked (it can for {can}); draw prosodic styles, such as lively, or take an engine that speaks "
                    "emotions"
                )


def _check_balance(profile_set: ProfileSet, voices: list[Voice]) -> None:
    for attribute in profile_set.balance:
        if all(getattr(voice, attribute) is None for voice in voices):
            raise UsageError(f"{profile_set.source}: balance: the {attribute} of none of the voices is known")


def _pools(profile_set: ProfileSet, voices: Mapping[Role, list[Voice]]) -> dict[Role, dict[str, VoicePool]]:
    engines = {role: profile.engine.name for role, profile in profile_set.roles.items()}
    pools: dict[Role, dict[str, VoicePool]] = {}
    if profile_set.voice_split is VoiceSplit.SHARED:
        for role, found in voices.items():
            pools[role] = dict.fromkeys(SPLITS, VoicePool.of(engines[role], found, profile_set.balance))
        return pools
    # who has recorded a role is heard wherever there are recordings
    divided = {role: found for role, found in voices.items() if engines[role] != RECORDING}
    for role in voices.keys() - divided.keys():
        pools[role] = dict.fromkeys(SPLITS, VoicePool.of(engines[role], voices[role], ()))
    identities = {role: [(engines[role], voice.name) for voice in found] for role, found in divided.items()}
    assigned = divide(identities, profile_set.source)
    for role, found in divided.items():
        pools[role] = {
            split: VoicePool.of(
                engines[role],
                [voice for voice in found if assigned[engines[role], voice.name] == split],
                profile_set.balance,
            )
            for split in SPLITS
        }
    return pools


def _check_distinct(profile_set: ProfileSet, pools: Mapping[Role, Mapping[str, VoicePool]]) -> None:
    for split in SPLITS:
        candidates = [pools[role][split].identities for role in profile_set.roles]
        if not satisfiable(candidates):
            listed = sorted({name for voices in candidates for _, name in voices})
            raise UsageError(
                f"{profile_set.source}: roles: no three different voices can be found for "
                f"{', '.join(role.value for role in profile_set.roles)} among {', '.join(listed)}; "
                "list more voices or set distinct_voices: false"
            )
