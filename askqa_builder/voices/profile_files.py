"""Profile sets read from YAML or a manifest, and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from enum import Enum
from pathlib import Path

from askqa_builder.corpus.conversation import Role
from askqa_builder.corpus.rejects import escape
from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches
from askqa_builder.voices.channel_files import parse_channel
from askqa_builder.voices.distributions import Distribution, parse_distribution, require_inside
from askqa_builder.voices.engine_choice import EngineChoice, options_json
from askqa_builder.voices.limits import LOUDNESS, WIDEST_PITCH, WIDEST_RATE
from askqa_builder.voices.plain_yaml import read_yaml
from askqa_builder.voices.pool import ATTRIBUTES, Attribute
from askqa_builder.voices.profiles import ALIGNERS, RECORDING, Pause, ProfileSet, RoleProfile, VoiceSplit
from askqa_builder.voices.reference_files import check_references, parse_voices
from askqa_builder.voices.section import Place, Section, file_name, one_of, shown
from askqa_builder.voices.shipped import shipped_folder
from askqa_builder.voices.style_section import parse_role_styles, parse_style_choice
from askqa_builder.voices.voice import Limits
from askqa_builder.voices.voice_table import VoiceTable, parse_voice_table, read_voice_table
from askqa_builder.voices.word_gate import parse_word_gate

_DEFAULT_PAUSES: dict[Pause, object] = {
    Pause.LEAD_IN: ["uniform", 0.1, 0.3],
    Pause.AFTER_STORY: ["uniform", 0.8, 1.5],
    # readers pause for about a second between paragraphs, half as long between sentences (Campione and Véronis 2002)
    Pause.BETWEEN_PARAGRAPHS: ["lognormal", 1.0, 0.15],
    Pause.BEFORE_ASSISTANT: ["lognormal", 0.4, 0.4],
    Pause.BEFORE_USER: ["lognormal", 0.3, 0.4],
    Pause.TAIL: ["uniform", 0.3, 0.5],
}
_DEFAULT_LOUDNESS: dict[Role, object] = {
    Role.NARRATOR: -23.0,
    Role.USER: ["uniform", -27.0, -21.0],
    Role.ASSISTANT: ["uniform", -27.0, -21.0],
}


def shipped_profile_sets() -> list[str]:
    """Names of the profile sets that come with the package, sorted."""
    return sorted(path.stem for path in shipped_folder().glob("*.yaml"))


def read_profile_set(name_or_path: str, needed: Collection[Role] = tuple(Role)) -> ProfileSet:
    """Read a shipped set by name or a file by path; what has neither suffix nor slash is a name.

    needed: the roles that it must have; the set has those that it names.
    Raises UsageError, one line with file, key and what is allowed, where anything is wrong.
    """
    path = Path(name_or_path)
    name = escape(path.stem)
    if path.suffix or "/" in name_or_path or os.sep in name_or_path:
        where = " ".join(name_or_path.split())
        return parse_profile_set(
            read_yaml(path, where), name=name, source=escape(where), folder=path.parent, needed=needed
        )
    shipped = shipped_profile_sets()
    if name_or_path not in shipped:
        raise UsageError(
            f"no profile set {name_or_path!r} is shipped{close_matches(name_or_path, shipped)}; shipped: "
            f"{', '.join(shipped)}; write a file of your own with its suffix or a slash, as ./mine.yaml"
        )
    source = f"profiles/{name_or_path}.yaml"
    folder = shipped_folder()
    return parse_profile_set(
        read_yaml(folder / f"{name_or_path}.yaml", source),
        name=name_or_path,
        source=source,
        folder=folder,
        needed=needed,
    )


def parse_profile_set(
    data: object, name: str, source: str, folder: Path | None = None, needed: Collection[Role] = tuple(Role)
) -> ProfileSet:
    """Check what YAML or a manifest gave; `source` begins every error. Raises UsageError.

    folder: where the files lie that the set names; None if it comes without them, as from a manifest. needed: the
    roles that it must have.
    """
    top = Section(data, Place(source, folder), _TOP_KEYS, required=("roles",))
    roles = Section(
        top.get("roles"), top.at("roles"), _values(Role), required=[role.value for role in Role if role in needed]
    )
    loudness = Section(top.get("loudness", {}), top.at("loudness"), _values(Role))
    pauses = Section(top.get("pauses", {}), top.at("pauses"), _values(Pause))
    default_engine = _engine(top, None)
    profiles = {role: _role_profile(role, roles, loudness, default_engine) for role in Role if role.value in roles}
    check_references(profiles, top.at("roles"))
    return ProfileSet(
        name=name,
        source=source,
        demo=_flag(top, "demo", False),
        roles=profiles,
        distinct_voices=_flag(top, "distinct_voices", True),
        voice_split=_voice_split(top),
        balance=_balance(top),
        pauses={
            pause: _ranged(pauses, pause.value, _DEFAULT_PAUSES[pause], (pause.limits, "seconds of silence"))
            for pause in Pause
        },
        voice_table=_voice_table(top),
        channel=parse_channel(top.get("channel"), top.at("channel")) if "channel" in top else None,
        align=one_of(top.get("align"), top.at("align"), ALIGNERS) if "align" in top else None,
        gate=parse_word_gate(top.get("gate"), top.at("gate")) if "gate" in top else None,
        styles=parse_style_choice(top, {role: own.styles for role, own in profiles.items()}, top.at("roles")),
    )


_TOP_KEYS = (
    "engine", "options", "demo", "roles", "distinct_voices", "voice_split", "balance", "pauses", "loudness",
    "voice_table", "channel", "align", "gate", "styles",
)  # fmt: skip
_ROLE_KEYS = ("engine", "options", "voices", "rate", "pitch", "turn_rate", "turn_pitch", "styles")


def _role_profile(role: Role, roles: Section, loudness: Section, default: EngineChoice | None) -> RoleProfile:
    section = Section(roles.get(role.value), roles.at(role.value), _ROLE_KEYS, required=("voices",))
    engine = _engine(section, default)
    if engine is None:
        raise UsageError(f"{section.at('engine')}: no engine is named, neither here nor for the whole set")
    if "styles" in section and engine.name == RECORDING:
        raise UsageError(f"{section.at('styles')}: people are heard as they were recorded; leave styles out")
    voices, references = parse_voices(section.get("voices"), section.at("voices"))
    return RoleProfile(
        engine=engine,
        voices=voices,
        references=references,
        rate=_ranged(section, "rate", 1.0, (WIDEST_RATE, "factors of the normal rate")),
        pitch=_ranged(section, "pitch", 0.0, (WIDEST_PITCH, "semitones from the normal pitch")),
        turn_rate=_ranged(section, "turn_rate", 1.0, (WIDEST_RATE, "factors of the speaker's rate")),
        turn_pitch=_ranged(section, "turn_pitch", 0.0, (WIDEST_PITCH, "semitones from the speaker's pitch")),
        loudness=_ranged(loudness, role.value, _DEFAULT_LOUDNESS[role], (LOUDNESS, "LUFS of a turn")),
        styles=parse_role_styles(section.get("styles"), section.at("styles"), role) if "styles" in section else {},
    )


def _engine(section: Section, default: EngineChoice | None) -> EngineChoice | None:
    """Read `engine` and `options`; options belong to the engine beside them, else to the set's engine."""
    if "engine" in section:
        name = section.get("engine")
        if not isinstance(name, str) or re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name) is None:
            raise UsageError(f"{section.at('engine')}: {shown(name)} is not an engine's name, such as flite")
        return EngineChoice(name, options_json(section.get("options", {}), section.at("options")))
    if "options" not in section:
        return default
    if default is None:
        raise UsageError(f"{section.at('options')}: there is no engine to which these options belong")
    return EngineChoice(default.name, options_json(section.get("options"), section.at("options")))


def _ranged(section: Section, key: str, default: object, allowed: tuple[Limits, str]) -> Distribution:
    limits, what = allowed
    where = str(section.at(key))
    distribution = parse_distribution(section.get(key, default), where)
    require_inside(distribution, limits, where, what)
    return distribution


def _voice_split(top: Section) -> VoiceSplit:
    value = top.get("voice_split", VoiceSplit.SHARED.value)
    return VoiceSplit(one_of(value, top.at("voice_split"), _values(VoiceSplit)))


def _voice_table(top: Section) -> VoiceTable | None:
    """Read the table that a file names; a manifest holds the table itself."""
    if "voice_table" not in top:
        return None
    value, place = top.get("voice_table"), top.at("voice_table")
    if isinstance(value, dict):
        return parse_voice_table(value, place)
    if not isinstance(value, str) or not value.strip() or place.folder is None:
        raise UsageError(f"{place}: {shown(value)} is not the name of a file; write one with askqa voices --measure")
    return read_voice_table(place.folder / file_name(value, place), f"{place}: {escape(value)}")


def _balance(top: Section) -> tuple[Attribute, ...]:
    names, place = top.get("balance", []), top.at("balance")
    if not isinstance(names, list):
        raise UsageError(f"{place}: {shown(names)} is not a list of {', '.join(ATTRIBUTES)}")
    for name in names:
        one_of(name, place, ATTRIBUTES)
        if names.count(name) > 1:
            raise UsageError(f"{place}: {name} is listed twice")
    return tuple(ATTRIBUTES[ATTRIBUTES.index(name)] for name in names)


def _flag(section: Section, key: str, default: bool) -> bool:
    value = section.get(key, default)
    if not isinstance(value, bool):
        raise UsageError(f"{section.at(key)}: {shown(value)} is neither true nor false")
    return value


def _values(kind: type[Enum]) -> tuple[str, ...]:
    return tuple(member.value for member in kind)
