"""Who speaks in a finished dataset, settled again from its manifest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from askqa_builder.build.options import BuildOptions
from askqa_builder.build.recipe import Recipe, make_recipe
from askqa_builder.build.told_profiles import check_no_files, told_profile_set
from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.voices.channel_files import read_channel
from askqa_builder.voices.channels import ChannelProfile
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.profiles import RECORDING, ProfileSet, RoleProfile, VoiceSplit
from askqa_builder.voices.word_gate import WordGate

_IDENTITY = ("name", "library", "version", "model", "revision")
"""What of an engine makes its voices the same."""


@dataclass(frozen=True)
class VoicingOptions:
    """Where and with what new lines are spoken.

    profiles: the profile set with which the dataset was spoken, by name or path: needed where engines have files or a
    server, of which a dataset tells no more than names. channel: likewise, where noise was recorded. workers:
    processes that speak. device, cache, cache_size: as in `BuildOptions`. other_version: go on where an engine or the
    gate's recogniser is of another version or model than it was.
    """

    profiles: str | None = None
    channel: str | None = None
    workers: int = 1
    device: str | None = None
    cache: str | None = None
    cache_size: int | str = "10GB"
    other_version: bool = False


def settle(dataset: Path, manifest: Mapping[str, Any], roles: Collection[Role], options: VoicingOptions) -> Recipe:
    """Return the recipe with which some roles of a dataset were spoken, its engines loaded once to see that they are.

    Raises UsageError where a role was recorded by people, or its engine or something else of it is not here as it was.
    """
    told = told_profile_set(dataset, manifest)
    _check_synthetic(dataset, told, roles)
    given = None if options.profiles is None else read_profile_set(options.profiles, roles)
    if given is None:
        check_no_files(dataset, told, roles)
    settings = BuildOptions(
        seed=manifest["seed"],
        share_narration=manifest.get("share_narration", False),
        sample_rate=manifest["sampling_rate"],
        workers=options.workers,
        device=options.device,
        cache=options.cache,
        cache_size=options.cache_size,
    )
    if len(settings.devices) > 1:
        raise UsageError(f"device: {options.device!r} is several; a few lines are spoken on one of them")
    speaking = replace(
        told,
        roles={role: _with_files(dataset, role, told.roles[role], given) for role in Role if role in roles},
        # who speaks is known: nothing is cast
        distinct_voices=False,
        voice_split=VoiceSplit.SHARED,
        balance=(),
        voice_table=None,
        channel=_channel(dataset, told.channel, given, options.channel),
        gate=_gate(told.gate, given),
    )
    recipe = make_recipe(settings, speaking)
    if not options.other_version:
        _check_versions(dataset, manifest, recipe)
    return recipe


def _check_synthetic(dataset: Path, told: ProfileSet, roles: Collection[Role]) -> None:
    for role in roles:
        if told.roles[role].engine.name == RECORDING:
            raise UsageError(
                f"{dataset}: {role.value} was recorded by people, in whose voice nothing new can be said; give the "
                f"role a synthetic voice first: askqa regenerate {dataset} OUT --roles {role.value} --profiles NAME"
            )


def _with_files(dataset: Path, role: Role, told: RoleProfile, given: ProfileSet | None) -> RoleProfile:
    """Return a role's profile with the files and servers that the given set names."""
    if given is None:
        if told.references:
            raise UsageError(
                f"{dataset}: {role.value} was cloned from {told.references[0].file}, which the dataset does not hold; "
                "give a profile set with --profiles"
            )
        return told
    found = given.roles[role]
    engine, known = found.engine, told.engine
    if (engine.name, engine.portable_options) != (known.name, known.portable_options):
        raise UsageError(
            f"{given.source}: roles.{role.value} has another engine or other options than the dataset was spoken with, "
            f"{known.key}; give the set that it was built with"
        )
    clips = {clip.name: clip for clip in found.references}
    for clip in told.references:
        if clip != clips.get(clip.name):
            raise UsageError(
                f"{given.source}: roles.{role.value}.voices: {clip.name!r} is not cloned from {clip.file} (SHA-256 "
                f"{clip.sha256}), as in the dataset; give the set that it was built with"
            )
    return replace(told, engine=engine, references=tuple(clips[clip.name] for clip in told.references))


def _gate(told: WordGate | None, given: ProfileSet | None) -> WordGate | None:
    """Return the dataset's gate, where the given set has the same with the files of its recogniser."""
    found = None if given is None else given.gate
    return found if told is not None and found is not None and found.to_json() == told.to_json() else told


def _channel(
    dataset: Path, told: ChannelProfile | None, given: ProfileSet | None, named: str | None
) -> ChannelProfile | None:
    """Return the dataset's channel with the files of its noises.

    Raises UsageError where one is missing, and where another channel is named.
    """
    found = read_channel(named) if named is not None else None if given is None else given.channel
    another = found is not None and (told is None or found.to_json() != told.to_json())
    foreign = f"channel: it is another one than that of {dataset}; give the one that it was built with"
    if named is not None and another:
        raise UsageError(foreign)
    if told is None or told.noise is None or all(source.sha256 is None for source in told.noise.sources):
        return told
    if found is None:
        raise UsageError(
            f"{dataset}: its recordings are noisy with {told.noise.sources[0].name}, which the dataset does not hold; "
            "give its channel with --channel"
        )
    if another:
        raise UsageError(foreign)
    return found


def _check_versions(dataset: Path, manifest: Mapping[str, Any], recipe: Recipe) -> None:
    """Raise UsageError where an engine, or who listens at the gate, is another one than it was."""
    for info in recipe.engines.values():
        here = {key: value for key, value in asdict(info).items() if key in _IDENTITY}
        known = [{key: told.get(key) for key in _IDENTITY} for told in manifest["engines"]]
        if here not in known:
            was = [_described(told) for told in known if told["name"] == info.name]
            raise UsageError(_changed(dataset, "spoken by", was, _described(here)))
    if recipe.listening is not None:
        listener = recipe.listening.info.to_json()
        heard, now = ({key: one.get(key) for key in _IDENTITY} for one in (manifest.get("gate", {}), listener))
        if now != heard:
            raise UsageError(_changed(dataset, "checked by", [_described(heard)], _described(now)))


def _changed(dataset: Path, what: str, was: Collection[str], here: str) -> str:
    return (
        f"{dataset}: it was {what} {' or '.join(was) or 'something else'}, here is {here}, which may sound otherwise; "
        "install what it was made with, or give --other-version to go on all the same"
    )


def _described(who: Mapping[str, Any]) -> str:
    return ", ".join(str(value) for value in dict.fromkeys(who.values()) if value is not None)
