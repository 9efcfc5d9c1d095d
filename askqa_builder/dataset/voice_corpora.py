"""Whose recordings the voices of a dataset were made from: licence and attribution, for card and push."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from askqa_builder.voices.profiles import RECORDING

_MOST_NAMES = 12


@dataclass(frozen=True)
class VoiceCorpus:
    """Recordings that voices were made from. voices: sorted names of those that a dataset has."""

    engine: str
    voices: tuple[str, ...]
    corpus: str
    licence: str
    attribution: str

    @property
    def told_voices(self) -> str:
        """The voices in words: by name where they are few."""
        return ", ".join(self.voices) if len(self.voices) <= _MOST_NAMES else f"{len(self.voices)} of {self.engine}"


def voice_corpora(manifest: Mapping[str, Any], heard: Iterable[tuple[str, str]]) -> list[VoiceCorpus]:
    """Return the corpora behind the voices that are heard, given as (role, voice), in the order of the table.

    Voices cloned from recordings are left out: the manifest tells of each recording. What the table does not know is
    said to be unknown. People who were recorded come last, under their own names.
    """
    roles = manifest["profiles"]["roles"]
    cloned = {entry["speaker"] for role in roles.values() for entry in role["voices"] if isinstance(entry, dict)}
    found: dict[tuple[str, int], set[str]] = {}
    recorded: set[str] = set()
    for role, voice in heard:
        if roles.get(role, {}).get("engine") == RECORDING:
            recorded.add(voice)
            continue
        if voice in cloned:
            continue
        for engine in _engines_of(roles.get(role, {}), manifest["engines"]):
            found.setdefault((engine["name"], _place(engine, voice)), set()).add(voice)
    corpora = [
        VoiceCorpus(engine, tuple(sorted(voices)), **_said_of(place))
        for (engine, place), voices in sorted(found.items(), key=lambda item: (item[0][1], item[0][0]))
    ]
    licences = sorted({engine["licence"] for engine in manifest["engines"] if engine["name"] == RECORDING})
    people = tuple(sorted(recorded))
    if people:
        corpora.append(
            VoiceCorpus(RECORDING, people, "people who were recorded", ", ".join(licences), ", ".join(people))
        )
    return corpora


def _engines_of(role: Mapping[str, Any], engines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the engines that may have spoken a role; several of one name differ in their options only."""
    return [engine for engine in engines if engine["name"] == role.get("engine", engine["name"])]


def _place(engine: Mapping[str, Any], voice: str) -> int:
    """Return the index of the entry that holds for a voice, or the table's length."""
    for place, entry in enumerate(_table()):
        if (
            entry["engine"] == engine["name"]
            and fnmatchcase((engine["model"] or "").lower(), entry.get("model", "*"))
            and any(fnmatchcase(voice, pattern) for pattern in entry.get("voices", ["*"]))
        ):
            return place
    return len(_table())


def _said_of(place: int) -> dict[str, str]:
    if place == len(_table()):
        return {"corpus": "unknown", "licence": "unknown", "attribution": "unknown"}
    return {key: _table()[place][key] for key in ("corpus", "licence", "attribution")}


@cache
def _table() -> list[dict[str, Any]]:
    text = files(__package__).joinpath("voice_corpora.yaml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)
    return entries
