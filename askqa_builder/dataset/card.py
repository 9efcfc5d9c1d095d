"""The dataset card: `README.md` with the YAML front matter that the Hub and `datasets` read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from askqa_builder.corpus.licences import is_redistributable, licence_of
from askqa_builder.dataset.card_affect import recognised_emotions
from askqa_builder.dataset.card_listeners import style_validation
from askqa_builder.dataset.card_origins import citations, filter_words, kept, regenerated, sources_used
from askqa_builder.dataset.card_page import card_page, escape
from askqa_builder.dataset.card_sounds import (
    channel_words,
    cloned_clips,
    engine_licence,
    engine_words,
    gate_words,
    has_gender_from_f0,
    listeners,
    noise_recordings,
    profile_sets,
    watermarks,
    who_spoke,
)
from askqa_builder.dataset.card_styles import styles
from askqa_builder.dataset.manifest import CARD_NAME, DATA_FOLDER
from askqa_builder.dataset.statistics import Statistics
from askqa_builder.dataset.voice_corpora import voice_corpora
from askqa_builder.files import atomic_write
from askqa_builder.voices.profiles import RECORDING

_SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGEST = "n>1M"
_ON_THE_HUB = ("Apache-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0", "MIT")
_SPDX_ON_THE_HUB = {name: name.lower() for name in _ON_THE_HUB}


def write_card(dataset: Path, manifest: Mapping[str, Any], statistics: Statistics) -> None:
    """Write the card of a dataset from its manifest and figures; the same dataset gives the same card."""
    with atomic_write(dataset / CARD_NAME) as file:
        file.write(render_card(manifest, statistics).encode("utf-8"))


def render_card(manifest: Mapping[str, Any], statistics: Statistics, address: str = "PATH_OR_REPO") -> str:
    """Return the card's text. Text of the dataset is escaped: it may hold anything.

    address: what its example passes to `load_dataset`, a path or the id of a repository.
    """
    return card_page(__package__, _front_matter(manifest, statistics), **_body(manifest, statistics), address=address)


def _front_matter(manifest: Mapping[str, Any], statistics: Statistics) -> dict[str, Any]:
    licences = {_SPDX_ON_THE_HUB.get(licence, "other") for licence in statistics.licences} or {"other"}
    return {
        "pretty_name": _title(manifest, statistics),
        "language": ["en"],
        "license": licences.pop() if len(licences) == 1 else "other",
        "task_categories": ["question-answering", "automatic-speech-recognition"],
        "tags": ["audio", "speech", "spoken-dialogue", "clarification", "synthetic"],
        "size_categories": [_size_category(statistics.rows)],
        "configs": _configs(manifest["shards"]),
    }


def _configs(shards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Name the files by pattern and no counts: a stale count makes `load_dataset` fail."""
    return [
        {
            "config_name": config,
            **({"default": True} if i == 0 else {}),
            "data_files": [{"split": split, "path": f"{DATA_FOLDER}/{config}/{split}-*.parquet"} for split in splits],
        }
        for i, (config, splits) in enumerate(_splits(shards).items())
    ]


def _splits(shards: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the splits of each configuration that have rows; all, where nothing has.

    `load_dataset` of a configuration fails as a whole where one of its splits is without rows.
    """
    filled = [shard for shard in shards if shard["rows"]] or shards
    places = dict.fromkeys((shard["config"], shard["split"]) for shard in filled)
    configs: dict[str, list[str]] = {}
    for config, split in places:
        configs.setdefault(config, []).append(split)
    return configs


def _body(manifest: Mapping[str, Any], statistics: Statistics) -> dict[str, Any]:
    engines = manifest["engines"]
    rejected = manifest["rejected"]
    first_config, first_splits = next(iter(_splits(manifest["shards"]).items()))
    return {
        "title": _title(manifest, statistics),
        "some_ambiguous": _some_ambiguous(statistics),
        "labelled": any(part.labelled for part in statistics.parts.values()) or not statistics.rows,
        "demo": manifest["profiles"]["demo"],
        "engine_names": ", ".join(engine["name"] for engine in engines if engine["name"] != RECORDING),
        "parts": [
            {
                "config": config,
                "split": split,
                "rows": part.rows,
                "hours": f"{part.seconds / 3600:.2f}",
                "ambiguous": part.ambiguous if part.labelled or not part.rows else "not known",
            }
            for (config, split), part in statistics.parts.items()
        ],
        "configs": list(_splits(manifest["shards"])),
        "first_config": first_config,
        "first_split": first_splits[0],
        "lossless": manifest["audio_format"] in ("flac", "wav"),
        "audio_format": manifest["audio_format"],
        "sampling_rate": manifest["sampling_rate"],
        "version": manifest["libraries"]["askqa-builder"],
        "format_version": manifest["format_version"],
        "seed": manifest["seed"],
        "renditions": manifest["renditions"],
        **who_spoke(manifest["profiles"]["roles"]),
        "regenerated": regenerated(manifest.get("regenerated")),
        "share_narration": manifest.get("share_narration", False),
        "kept": kept(manifest["selection"]),
        "sources": sources_used(manifest),
        "shared_stories": statistics.shared_stories,
        "citations": citations(manifest["sources"]),
        "engines": ", ".join(engine_words(engine) for engine in engines),
        "numeric_mode": escape(manifest["numeric_mode"]),
        "engine_licences": "; ".join(engine_licence(engine) for engine in engines),
        "watermarks": ", ".join(watermarks(engines)),
        "clips": cloned_clips(manifest["profiles"]["roles"]),
        "channel": channel_words(manifest["profiles"].get("channel")),
        "noises": noise_recordings(manifest["profiles"].get("channel")),
        "profile_set": escape(profile_sets(manifest)),
        "gate": gate_words(manifest["profiles"].get("gate"), manifest.get("gate")),
        "style_validation": style_validation(manifest),
        "listeners": [escape(listener) for listener in listeners(manifest.get("scoring", {}))],
        "filters": [escape(filter_words(settings)) for settings in manifest.get("filters", [])],
        "rejected": ", ".join(f"{count} × {reason}" for reason, count in rejected.items()) or "nothing",
        "voices": _voices(statistics),
        "styled": styles(manifest),
        "recognised": recognised_emotions(manifest),
        "gender_from_f0": has_gender_from_f0(manifest["profiles"]),
        "licences": [
            {
                "source": escape(source),
                "licence": escape(licence),
                "rows": rows,
                "redistributable": "yes" if is_redistributable(source, licence) else "no",
            }
            for (source, licence), rows in sorted(statistics.sources.items())
        ],
        "notes": [
            (escape(source), escape(licence_of(source).note))
            for source, licence in sorted(statistics.sources)
            if licence == licence_of(source).name  # of a user's own text the table knows nothing
        ],
        "corpora": [
            {
                "voices": escape(corpus.told_voices),
                "corpus": escape(corpus.corpus),
                "licence": escape(corpus.licence),
                "attribution": escape(corpus.attribution),
            }
            for corpus in voice_corpora(manifest, statistics.voices)
        ],
    }


def _some_ambiguous(statistics: Statistics) -> bool:
    """Tell whether a row is ambiguous; of a dataset without rows, it might have been."""
    return not statistics.rows or any(part.ambiguous for part in statistics.parts.values())


def _voices(statistics: Statistics) -> list[tuple[str, str]]:
    roles: dict[str, list[str]] = {}
    for (role, voice), rows in sorted(statistics.voices.items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        roles.setdefault(role, []).append(f"{escape(voice)} ({rows})")
    return [(role, ", ".join(voices)) for role, voices in roles.items()]


def _title(manifest: Mapping[str, Any], statistics: Statistics) -> str:
    names = ", ".join(dict.fromkeys(engine["name"] for engine in manifest["engines"]))
    what = "Ambiguous questions in spoken" if _some_ambiguous(statistics) else "Spoken"
    return f"{what} conversations ({names})"


def _size_category(rows: int) -> str:
    return next((name for limit, name in _SIZE_CATEGORIES if rows < limit), _LARGEST)
