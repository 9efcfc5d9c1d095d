"""Under which terms a dataset's parts stand, and what its publisher must agree to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from askqa_builder.corpus.licences import is_redistributable
from askqa_builder.corpus.rejects import escape
from askqa_builder.dataset.voice_corpora import VoiceCorpus, voice_corpora
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.speech.engines.recording import is_unknown
from askqa_builder.voices.profiles import RECORDING


@dataclass(frozen=True)
class SourceTerms:
    """Licence of the text of one domain."""

    source: str
    licence: str
    rows: int
    redistributable: bool

    @property
    def told_rows(self) -> str:
        """The number of rows in words."""
        return f"{self.rows} row{'s' if self.rows != 1 else ''}"


@dataclass(frozen=True)
class Terms:
    """Under which terms the parts of a dataset stand.

    engines: (name with model, licence). recordings: (what it is, licence) of those that voices were cloned from, or
    that were mixed in as noise. demo: the voices are not meant for research. unlicensed: people read turns, and nobody
    says under which licence.
    """

    sources: tuple[SourceTerms, ...]
    engines: tuple[tuple[str, str], ...]
    corpora: tuple[VoiceCorpus, ...]
    recordings: tuple[tuple[str, str], ...]
    demo: bool
    unlicensed: bool

    @property
    def restricted(self) -> tuple[SourceTerms, ...]:
        """The sources whose text may not be redistributed, as far as is known."""
        return tuple(source for source in self.sources if not source.redistributable)

    def lines(self) -> Iterator[str]:
        """Yield all of it as lines to read, with nothing in them that a terminal would obey."""
        yield "AI-generated speech; the card says so, and names everything below"
        for source in self.sources:
            may = "may be redistributed" if source.redistributable else "MAY NOT BE REDISTRIBUTED"
            yield escape(f"text     {source.source}: {source.licence}, {source.told_rows}, {may}")
        for name, licence in self.engines:
            yield escape(f"model    {name}: {licence}")
        for corpus in self.corpora:
            yield escape(f"voices   {corpus.told_voices}: {corpus.corpus}: {corpus.licence} ({corpus.attribution})")
        for name, licence in self.recordings:
            yield escape(f"recorded {name}: {licence}")


Confirm = Callable[[Terms], bool]
"""Asks the publisher whether to go on under these terms."""


def terms_of(
    manifest: Mapping[str, Any], sources: Mapping[tuple[str, str], int], heard: Iterable[tuple[str, str]]
) -> Terms:
    """Return the terms of a dataset. sources: rows by (domain, licence). heard: (role, voice)."""
    return Terms(
        sources=tuple(
            SourceTerms(source, licence, rows, is_redistributable(source, licence))
            for (source, licence), rows in sorted(sources.items())
        ),
        engines=tuple((_name(engine), engine["licence"]) for engine in manifest["engines"]),
        corpora=tuple(voice_corpora(manifest, heard)),
        recordings=tuple(sorted(set(_recordings(manifest["profiles"])))),
        demo=manifest["profiles"]["demo"],
        unlicensed=any(engine["name"] == RECORDING and is_unknown(engine["licence"]) for engine in manifest["engines"]),
    )


def check_voices(manifest: Mapping[str, Any], allow_demo_voices: bool) -> None:
    """Raise UsageError where the voices are for demonstration and nobody said that this is known."""
    if manifest["profiles"]["demo"] and not allow_demo_voices:
        engines = ", ".join(_name(engine) for engine in manifest["engines"])
        raise UsageError(
            f"the voices of {engines} are for trying things out, not for research; build with another profile set, or "
            "give --allow-demo-voices"
        )


def check_consent(terms: Terms, yes: bool, confirm: Confirm | None) -> None:
    """Make sure that the publisher knows of what may not be redistributed; nobody is asked where there is nothing.

    Raises UsageError where nobody can be asked, AskqaError where the answer is no.
    """
    restricted = terms.restricted
    if not (restricted or terms.unlicensed) or yes:
        return
    if confirm is None and not restricted:
        raise UsageError(
            "the recordings of people have no licence; say it in recordings.yaml before the build, or give --yes if "
            "you have the right to publish them"
        )
    if confirm is None:
        told = ", ".join(f"{source.source} ({source.licence}, {source.told_rows})" for source in restricted)
        raise UsageError(
            f"the text of {told} may not be redistributed; leave it out with --redistributable or --domains, or give "
            "--yes if you have the right to publish it"
        )
    if not confirm(terms):
        raise AskqaError("nothing was pushed")


def _name(engine: Mapping[str, Any]) -> str:
    return f"{engine['name']}, model {engine['model']}" if engine["model"] else str(engine["name"])


def _recordings(profiles: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for role in profiles["roles"].values():
        for entry in role["voices"]:
            if isinstance(entry, dict):
                yield f"voice {entry['speaker']}, cloned", entry.get("licence") or "unknown"
    noise = (profiles.get("channel") or {}).get("noise") or {"sources": []}
    for entry in noise["sources"]:
        if isinstance(entry, dict):
            yield f"noise {entry['file']}", entry.get("licence") or "unknown"
