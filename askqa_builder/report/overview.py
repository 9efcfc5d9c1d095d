"""What is in a dataset: counts, licences, voices, what was left out, and sentences that say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from askqa_builder.corpus.licences import is_redistributable
from askqa_builder.dataset.annotation import ANNOTATION_KEY, is_annotated
from askqa_builder.dataset.card_listeners import LISTENERS_KEY
from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.report.frames import Frames


@dataclass(frozen=True)
class Part:
    """A split of a configuration. ambiguous: rows said to be so, of the `labelled` ones."""

    config: str
    split: str
    rows: int
    hours: float
    ambiguous: int
    labelled: int


@dataclass(frozen=True)
class Domain:
    """Rows whose stories come from one source, under one licence."""

    source: str
    license: str
    redistributable: bool
    rows: int
    hours: float


@dataclass(frozen=True)
class EngineUse:
    """An engine that spoke, or what listened to it, and the licence of its model or voices."""

    name: str
    library: str
    version: str
    model: str | None
    licence: str


@dataclass(frozen=True)
class VoiceUse:
    """In how many conversations a role has a voice, by split; in the order of the splits."""

    role: str
    voice: str
    gender: str | None
    accent: str | None
    conversations: Mapping[str, int]


@dataclass(frozen=True)
class Overview:
    """A dataset at a glance.

    rejected: items left out, by reason; filtered: of these, by askqa filter. from_dataset: it was regenerated from
    another. listeners: who gave the scores `wer` and `mos`; empty where it is not scored. ambiguous_share: of the
    requests that the corpus labels, None where there are none. styles: in which turns are spoken; style_listeners: how
    many people have told them apart. recognisers: who found emotions in the sound.
    """

    name: str
    format_version: str
    conversations: int
    stories: int
    rows: int
    hours: float
    parts: list[Part]
    domains: list[Domain]
    profile_set: str
    demo: bool
    engines: list[EngineUse]
    listeners: dict[str, EngineUse]
    voices: list[VoiceUse]
    rejected: dict[str, int]
    filtered: int
    ambiguous_share: float | None
    sampling_rate: int
    audio_format: str
    seed: int | None
    renditions: int
    from_dataset: bool
    styles: int
    style_listeners: int
    recognisers: list[EngineUse]

    @property
    def splits(self) -> list[str]:
        """Names of the splits, in the dataset's order."""
        return list(dict.fromkeys(part.split for part in self.parts))

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON holds it."""
        return asdict(self)


def look_over(dataset: Path, frames: Frames) -> Overview:
    """Return the overview of a dataset whose frames are read. Raises UsageError where its manifest is damaged."""
    manifest = finished_manifest(dataset)
    rows = frames.rows
    return Overview(
        name=dataset.resolve().name,
        format_version=str(manifest["format_version"]),
        conversations=int(rows["conversation_id"].nunique()),
        stories=int(rows["story_id"].nunique()),
        rows=len(rows),
        hours=float(rows["duration"].sum()) / 3600,
        parts=list(_parts(manifest, rows)),
        domains=list(_domains(rows)),
        profile_set=str(manifest["profiles"]["name"]),
        demo=bool(manifest["profiles"]["demo"]),
        engines=[_use(engine) for engine in manifest["engines"]],
        listeners={
            score: _use(manifest["scoring"][kind])
            for kind, score in (("asr", "wer"), ("mos", "mos"))
            if kind in manifest.get("scoring", {})
        },
        voices=list(_voices(frames)),
        rejected=dict(manifest["rejected"]),
        filtered=sum(sum(run["rejected"].values()) for run in manifest.get("filters", [])),
        ambiguous_share=_ambiguous_share(rows),
        sampling_rate=manifest["sampling_rate"],
        audio_format=manifest["audio_format"],
        seed=manifest.get("seed"),
        renditions=int(manifest.get("renditions", 1)),
        from_dataset="regenerated" in manifest,
        styles=int(frames.turns["style"].nunique()),
        style_listeners=int(manifest.get(LISTENERS_KEY, {"raters": 0})["raters"]),
        recognisers=_recognisers(manifest),
    )


def _recognisers(manifest: Mapping[str, Any]) -> list[EngineUse]:
    """Return who annotated all of a dataset."""
    told = manifest[ANNOTATION_KEY]["recognisers"] if is_annotated(manifest) else {}
    return [_use({"name": name, **who}) for name, who in told.items()]


def _use(told: Mapping[str, Any]) -> EngineUse:
    return EngineUse(*(told[name] for name in EngineUse.__annotations__))


def dataset_names(datasets: Sequence[Path]) -> list[str]:
    """Name datasets by their folders, or by all of their paths where those are the same."""
    names = [dataset.resolve().name for dataset in datasets]
    return names if len(set(names)) == len(names) else [str(dataset.resolve()) for dataset in datasets]


def sentences(overview: Overview) -> list[str]:
    """Say in a few sentences what is in the dataset."""
    said = [
        f"{_count(overview.conversations, 'conversation')} about {_count(overview.stories, 'story', 'stories')}, "
        f"{_duration(overview.hours)} in {_count(overview.rows, 'recording')}."
    ]
    if overview.ambiguous_share is not None:
        said.append(_ambiguity(overview.ambiguous_share))
    if len(overview.domains) > 1:
        largest = max(overview.domains, key=lambda domain: domain.rows)
        share = largest.rows / max(overview.rows, 1)
        said.append(
            f"The stories come from {len(overview.domains)} sources; the largest, {largest.source}, gives "
            f"{100 * share:.0f} % of the rows."
        )
    closed = sum(domain.rows for domain in overview.domains if not domain.redistributable)
    if closed:
        said.append(f"The text of {_count(closed, 'row')} may not be redistributed, as far as is known.")
    voices = {(use.role, use.voice) for use in overview.voices}
    different = len({voice for _, voice in voices})
    engines = " and ".join(engine.name for engine in overview.engines)
    said.append(f"It is spoken by {_count(different, 'voice')} of {engines}.")
    if overview.styles:
        listeners = overview.style_listeners
        heard = f"{_count(listeners, 'listener')} judged them" if listeners else "not validated by listeners"
        said.append(f"Its turns are spoken in {_count(overview.styles, 'style')} ({heard}).")
    if overview.demo:
        said.append("These are demo voices, meant to try things out and not for research.")
    lost = sum(overview.rejected.values()) - overview.filtered
    if lost > 0:
        said.append(f"{_count(lost, 'item')} could not be read or spoken and {'is' if lost == 1 else 'are'} left out.")
    if overview.filtered:
        said.append(f"A filter has left out {_count(overview.filtered, 'row')}.")
    return said


def _ambiguous_share(rows: pd.DataFrame) -> float | None:
    """Return the share of requests that are ambiguous; rows that go on after a request do not ask it again."""
    labelled = rows.loc[rows["stage"] == "initial", "ambiguous"].dropna()
    return float(labelled.astype(bool).mean()) if len(labelled) else None


def _ambiguity(share: float) -> str:
    if share == 1:
        return "The last request is ambiguous in all conversations: the assistant should ask back."
    if share == 0:
        return "The last request is clear in all conversations: the assistant should answer."
    return (
        f"In {100 * share:.0f} % of the conversations the last request is ambiguous, and the assistant should ask "
        "back; in the others it should answer."
    )


def _parts(manifest: Mapping[str, Any], rows: pd.DataFrame) -> Iterator[Part]:
    places = dict.fromkeys((shard["config"], shard["split"]) for shard in manifest["shards"])
    for config, split in places:
        part = rows[(rows["config"] == config) & (rows["split"] == split)]
        labelled = part["ambiguous"].dropna()
        hours = float(part["duration"].sum()) / 3600
        yield Part(config, split, len(part), hours, int(labelled.astype(bool).sum()), len(labelled))


def _domains(rows: pd.DataFrame) -> Iterator[Domain]:
    for key, of in rows.groupby(["source", "license"], sort=True)["duration"]:
        source, licence = map(str, cast("tuple[str, str]", key))
        yield Domain(source, licence, is_redistributable(source, licence), len(of), float(of.sum()) / 3600)


def _voices(frames: Frames) -> Iterator[VoiceUse]:
    splits = list(dict.fromkeys(frames.rows["split"]))
    told = frames.cast.groupby(["role", "voice"], sort=True)[["gender", "accent"]].first()
    heard = frames.cast.groupby(["role", "voice", "split"]).size().to_dict()
    for key, *said in told.itertuples():
        role, voice = map(str, key)
        gender, accent = (None if pd.isna(value) else str(value) for value in said)
        uses = {split: int(heard.get((role, voice, split), 0)) for split in splits}
        yield VoiceUse(role, voice, gender, accent, uses)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _duration(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
