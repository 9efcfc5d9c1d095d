"""The dataset card: `README.md` with the YAML front matter that the Hub and `datasets` read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from askqa_builder.corpus.citations import Citation, citation_of
from askqa_builder.corpus.licences import is_redistributable, licence_of
from askqa_builder.corpus.reading import ALL_TURNS
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.dataset.manifest import CARD_NAME, DATA_FOLDER, HISTORY_USE
from askqa_builder.dataset.statistics import Statistics
from askqa_builder.dataset.voice_corpora import voice_corpora
from askqa_builder.files import atomic_write
from askqa_builder.voices.profiles import RECORDING

_SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGEST = "n>1M"
_ON_THE_HUB = ("Apache-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0", "MIT")
_SPDX_ON_THE_HUB = {name: name.lower() for name in _ON_THE_HUB}
_FIRST_FORMAT = "abg-coqa"
"""Of sources in manifests that name no format: there was one alone."""


def write_card(dataset: Path, manifest: Mapping[str, Any], statistics: Statistics) -> None:
    """Write the card of a dataset from its manifest and figures; the same dataset gives the same card."""
    with atomic_write(dataset / CARD_NAME) as file:
        file.write(render_card(manifest, statistics).encode("utf-8"))


def render_card(manifest: Mapping[str, Any], statistics: Statistics, address: str = "PATH_OR_REPO") -> str:
    """Return the card's text. Text of the dataset is escaped: it may hold anything.

    address: what its example passes to `load_dataset`, a path or the id of a repository.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    template = environment.from_string(files(__package__).joinpath("card.md.j2").read_text("utf-8"))
    front = yaml.safe_dump(_front_matter(manifest, statistics), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{template.render(_body(manifest, statistics), address=address)}"


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
        **_who_spoke(manifest["profiles"]["roles"]),
        "regenerated": _regenerated(manifest.get("regenerated")),
        "share_narration": manifest.get("share_narration", False),
        "kept": _kept(manifest["selection"]),
        "sources": _sources(manifest),
        "shared_stories": statistics.shared_stories,
        "citations": _citations(manifest["sources"]),
        "engines": ", ".join(_engine(engine) for engine in engines),
        "numeric_mode": escape(manifest["numeric_mode"]),
        "engine_licences": "; ".join(_engine_licence(engine) for engine in engines),
        "watermarks": ", ".join(_watermarks(engines)),
        "clips": _clips(manifest["profiles"]["roles"]),
        "channel": _channel(manifest["profiles"].get("channel")),
        "noises": _noises(manifest["profiles"].get("channel")),
        "profile_set": escape(_profile_sets(manifest)),
        "gate": _gate(manifest["profiles"].get("gate"), manifest.get("gate")),
        "listeners": [escape(listener) for listener in _listeners(manifest.get("scoring", {}))],
        "filters": [escape(_filter(settings)) for settings in manifest.get("filters", [])],
        "rejected": ", ".join(f"{count} × {reason}" for reason, count in rejected.items()) or "nothing",
        "voices": _voices(statistics),
        "gender_from_f0": _gender_from_f0(manifest["profiles"]),
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


def _profile_sets(manifest: Mapping[str, Any]) -> str:
    """Name the set, or the sets with the roles that were drawn from each."""
    by_role = manifest.get("regenerated", {}).get("profile_sets", {})
    roles_of: dict[str, list[str]] = {}
    for role, name in by_role.items():
        roles_of.setdefault(name, []).append(role)
    if len(roles_of) < 2:
        return str(manifest["profiles"]["name"])
    return ", ".join(f"{name} ({', '.join(roles)})" for name, roles in roles_of.items())


def _who_spoke(roles: Mapping[str, Any]) -> dict[str, str]:
    """Return the roles that people have recorded, and those that engines speak, in words."""
    recorded = [role for role, entry in roles.items() if entry["engine"] == RECORDING]
    spoken = [role for role in roles if role not in recorded]
    return {"recorded": escape(" and ".join(recorded)), "spoken": escape(" and ".join(spoken))}


def _regenerated(told: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Say in words what is new against the dataset that this one is paired with."""
    if told is None:
        return None
    digest = str(told["from"]["config_digest"])[:16]
    names = {key: escape(", ".join(told[key]) or "nobody") for key in ("redrawn", "kept")}
    return {"digest": escape(digest), **names}


def _listeners(scoring: Mapping[str, Any]) -> list[str]:
    """Say in words who has listened to the turns, and how well the voices were understood."""
    texts = []
    for kind, columns in (("asr", "asr_text, wer"), ("mos", "mos")):
        if kind in scoring:
            who = scoring[kind]
            texts.append(f"{columns}: {who['name']} {who['version']}, model {who['model']} ({who['licence']})")
    rates = sorted(voice["baseline"] for voice in scoring.get("voices", []) if voice["baseline"] is not None)
    if rates and texts:
        texts.append(f"median error rate of a voice: {rates[0]:.1%} (the best) to {rates[-1]:.1%} (the worst)")
    return texts


def _gate(gate: Mapping[str, Any] | None, who: Mapping[str, Any] | None) -> str:
    """Say in words what speech had to pass."""
    if gate is None or who is None:
        return ""
    listener = escape(f"{who['name']} {who['version']}, model {who['model']} ({who['licence']}),")
    return f"an utterance is kept where {listener} hears it with a word error rate of at most {gate['wer']:g}"


def _filter(settings: Mapping[str, Any]) -> str:
    names = ("max_wer", "max_wer_over_baseline", "min_mos", "where")
    return ", ".join(f"{name.replace('_', ' ')} {settings[name]}" for name in names if settings[name] is not None)


def _kept(selection: Mapping[str, Any]) -> str:
    """Say in words what of the sources was kept."""
    parts = []
    if selection["limit"] is not None:
        parts.append(f"at most {selection['limit']} conversations of each split")
    if selection["domains"] is not None:
        parts.append(f"domains {', '.join(map(escape, selection['domains']))}")
    if selection.get("group_split") is not None:
        parts.append(_group_split(selection["group_split"]))
    if selection["redistributable"]:
        parts.append("text that may be redistributed")
    turns = selection.get("turns")
    if turns is not None:
        which = {1: "the last question", ALL_TURNS: "every question"}.get(turns, f"at most {turns} questions")
        parts.append(f"{which} of each dialogue")
    return "; ".join(parts) or "everything"


def _sources(manifest: Mapping[str, Any]) -> str:
    """Name the files, with their splits where these count."""
    regrouped = manifest["selection"].get("group_split") is not None
    return ", ".join(_source(source, regrouped) for source in manifest["sources"])


def _source(source: Mapping[str, str], regrouped: bool) -> str:
    if source.get("use") == HISTORY_USE:
        return f"{escape(source['name'])} (earlier turns)"
    return escape(source["name"]) + ("" if regrouped else f" ({source['split']})")


def _group_split(grouping: Mapping[str, Any]) -> str:
    """Say in words how stories were divided among the splits."""
    shares = [f"{split} {share:g}" for split, share in zip(SPLITS, grouping["shares"], strict=False)]
    only = "" if grouping["only"] is None else f", of which {escape(grouping['only'])} alone"
    return f"{', '.join(shares)} of the stories, each whole in one split (drawn with seed {grouping['seed']}){only}"


def _citations(sources: Sequence[Mapping[str, str]]) -> list[Citation]:
    """Return whose work the sources are, each once."""
    formats = dict.fromkeys(source.get("format", _FIRST_FORMAT) for source in sources)
    return [citation for format in formats if (citation := citation_of(format)) is not None]


def _some_ambiguous(statistics: Statistics) -> bool:
    """Tell whether a row is ambiguous; of a dataset without rows, it might have been."""
    return not statistics.rows or any(part.ambiguous for part in statistics.parts.values())


def _voices(statistics: Statistics) -> list[tuple[str, str]]:
    roles: dict[str, list[str]] = {}
    for (role, voice), rows in sorted(statistics.voices.items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        roles.setdefault(role, []).append(f"{escape(voice)} ({rows})")
    return [(role, ", ".join(voices)) for role, voices in roles.items()]


def _gender_from_f0(profiles: Mapping[str, Any]) -> bool:
    table = profiles.get("voice_table", {"voices": {}})
    return any(entry["source"] == "f0" and entry["gender"] for entry in table["voices"].values())


def _engine(engine: Mapping[str, Any]) -> str:
    """Name engine, library, model and revision; what a profile set says of them may be anything."""
    model = f", model {escape(engine['model'])}" if engine["model"] else ""
    revision = f", revision {escape(engine['revision'])}" if engine["revision"] else ""
    return f"{engine['name']} ({engine['library']} {engine['version']}{model}{revision})"


def _engine_licence(engine: Mapping[str, Any]) -> str:
    return f"{engine['name']}: {escape(engine['licence'])}"


def _watermarks(engines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{engine['name']}: {escape(engine['watermark'])}" for engine in engines if engine.get("watermark")]


def _clips(roles: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the recordings from which voices were cloned, each once."""
    entries = [entry for role in roles.values() for entry in role["voices"] if isinstance(entry, dict)]
    clips = {entry["speaker"]: entry for entry in entries}
    return [
        {
            "voice": escape(name),
            "sha256": entry["sha256"],
            "licence": escape(entry.get("licence") or "unknown"),
        }
        for name, entry in sorted(clips.items())
    ]


def _channel(channel: Mapping[str, Any] | None) -> str:
    """Say in words what lies between the voices and the listener; nothing where nothing does."""
    if channel is None:
        return ""
    parts = []
    if "room" in channel:
        room = channel["room"]
        parts.append(f"room (RT60 {_drawn(room['rt60'])} s, {_drawn(room['distance'])} m from the microphone)")
    if "noise" in channel:
        noise = channel["noise"]
        recordings = sum(isinstance(source, dict) for source in noise["sources"])
        names = [escape(source) for source in noise["sources"] if isinstance(source, str)]
        names += [f"{recordings} recording{'s' if recordings != 1 else ''}"] if recordings else []
        parts.append(f"noise ({', '.join(names)}; SNR {_drawn(noise['snr'])} dB)")
    if "telephone" in channel:
        parts.append(f"telephone (300 to 3400 Hz, ITU-T G.711 {' or '.join(channel['telephone']['codec'])})")
    return ", then ".join(parts)


def _drawn(distribution: object) -> str:
    """Show a distribution as a profile set has it."""
    if not isinstance(distribution, list):
        return f"{distribution:g}"
    kind, *numbers = distribution
    return f"[{', '.join([kind, *(f'{number:g}' for number in numbers)])}]"


def _noises(channel: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Return the recordings of noise that were mixed in."""
    sources = [] if channel is None or "noise" not in channel else channel["noise"]["sources"]
    return [
        {
            "file": escape(source["file"]),
            "sha256": source["sha256"],
            "licence": escape(source.get("licence") or "unknown"),
        }
        for source in sources
        if isinstance(source, dict)
    ]


def _title(manifest: Mapping[str, Any], statistics: Statistics) -> str:
    names = ", ".join(dict.fromkeys(engine["name"] for engine in manifest["engines"]))
    what = "Ambiguous questions in spoken" if _some_ambiguous(statistics) else "Spoken"
    return f"{what} conversations ({names})"


def _size_category(rows: int) -> str:
    return next((name for limit, name in _SIZE_CATEGORIES if rows < limit), _LARGEST)


def escape(text: str) -> str:
    """Make text harmless in a Markdown table: no markup, no HTML, one line."""
    return "".join(f"&#{ord(c)};" if c in "|<>&`*_[]\\~#" else c for c in text if c.isprintable())
