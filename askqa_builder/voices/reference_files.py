"""The voices that a profile set lists: names, and recordings of people to clone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.voices.emotion import NO_EMOTION, SPEAKABLE
from askqa_builder.voices.profiles import RoleProfile
from askqa_builder.voices.reference import Reference, read_reference
from askqa_builder.voices.section import Place, Section, file_name, one_of, shown

_CLIP_KEYS = ("ref", "text", "licence", "sha256")
_VOICE_KEYS = (*_CLIP_KEYS, "speaker", "emotions")
_FEELINGS = tuple(category for category in SPEAKABLE if category != NO_EMOTION)


def parse_voices(entries: object, place: Place) -> tuple[tuple[str, ...], tuple[Reference, ...]]:
    """Return the names of a role's voices, in order, and the clips of those that are cloned. Raises UsageError."""
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{place}: {shown(entries)} is not a list of one voice or more, such as [slt, rms]")
    seen: dict[str, Reference | None] = {}
    for entry in entries:
        reference = _voice(entry, place) if isinstance(entry, dict) else None
        name = entry if reference is None else reference.name
        if not isinstance(name, str) or not name:
            raise UsageError(f"{place}: {shown(name)} is not text; quote it if it is the name of a voice")
        if name in seen:
            raise UsageError(f"{place}: {shown(name)} is listed twice")
        seen[name] = reference
    return tuple(seen), tuple(reference for reference in seen.values() if reference is not None)


def check_references(roles: Mapping[Role, RoleProfile], place: Place) -> None:
    """One voice is told in one way, also where several roles list it, and one recording is one voice in one emotion.

    Raises UsageError.
    """
    known: dict[tuple[str, str], Reference] = {}
    heard: dict[tuple[str, str], tuple[str, Reference]] = {}
    for profile in roles.values():
        engine = profile.engine.key
        for reference in profile.references:
            for called, clip in _called(reference):
                other, twin = heard.setdefault((engine, clip.sha256), (called, clip))
                if other != called and clip.sha256:
                    raise UsageError(f"{place}: {called} and {other} are one recording, {twin.file}")
            first = known.setdefault((engine, reference.name), reference)
            if first.sha256 != reference.sha256:
                raise UsageError(
                    f"{place}: {reference.name!r} is two recordings, {first.file} and {reference.file}; "
                    "give each a speaker of its own"
                )
            if first != reference:
                raise UsageError(f"{place}: {reference.name!r} is told in two ways; list its clips alike everywhere")


def _called(reference: Reference) -> list[tuple[str, Reference]]:
    feeling = [(f"{reference.name!r} ({category})", clip) for category, clip in reference.emotions.items()]
    return [(repr(reference.name), reference), *feeling]


def _voice(entry: object, place: Place) -> Reference:
    """Read an entry `{ref: clip.wav, text:, licence:, speaker:, emotions:}`; a manifest's has the clip's digest."""
    section = Section(entry, place, _VOICE_KEYS, required=("ref",))
    speaker = _text(section, "speaker")
    reference = _clip(section, speaker)
    if "emotions" not in section:
        return reference
    clips, where = section.get("emotions"), section.at("emotions")
    if not isinstance(clips, dict) or not clips:
        raise UsageError(f"{where}: {shown(clips)} is not a mapping of clips, such as {{happy: happy.wav}}")
    emotions = {one_of(name, where, _FEELINGS): _feeling(clips[name], where, name, reference) for name in clips}
    return replace(reference, emotions=emotions)


def _feeling(entry: object, place: Place, category: str, speaker: Reference) -> Reference:
    """Read a clip of a speaker in an emotion: a file, or `{ref: clip.wav, text:, licence:}`."""
    at = Place(place.source, place.folder, (*place.keys, category))
    told = {"ref": entry} if isinstance(entry, str) else entry
    clip = _clip(Section(told, at, _CLIP_KEYS, required=("ref",)), speaker.name)
    return replace(clip, licence=clip.licence or speaker.licence)


def _clip(section: Section, speaker: str | None) -> Reference:
    """Read what is told of one file; without a speaker it is the name of the voice as well."""
    values = {key: _text(section, key) for key in _CLIP_KEYS}
    ref = values["ref"]
    if ref is None:
        raise UsageError(f"{section.at('ref')}: nothing is given; name an audio file")
    place, path = section.at("ref"), Path(ref)
    name = speaker or path.stem
    if place.folder is None:
        return Reference(name, path.name, values["sha256"] or "", values["text"], values["licence"], path)
    found = read_reference(place.folder / file_name(ref, place), str(place), name, values["text"], values["licence"])
    if values["sha256"] not in (None, found.sha256):
        raise UsageError(f"{section.at('sha256')}: {path.name} is another recording: its SHA-256 is {found.sha256}")
    return found


def _text(section: Section, key: str) -> str | None:
    value = section.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise UsageError(f"{section.at(key)}: {shown(value)} is not text")
    return value
