"""The manifest as `verify` needs it: what is not of its shape is told before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from askqa_builder.corpus.conversation import Stage
from askqa_builder.corpus.reading import ALL_TURNS
from askqa_builder.corpus.rejects import escape
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.dataset.manifest import MANIFEST_NAME, SHARED_STORIES_KEY
from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.errors import UsageError
from askqa_builder.verify.shapes import NULL, TEXT, TRUTH, Each, Either, Leaf, ListOf, Shape, misfit, number, one_of
from askqa_builder.voices.style import NUMBERS, StyleDraw

_MOST_RENDITIONS = 1_000_000

_TEXT_OR_NULL = Either(TEXT, NULL)
_NUMBER = number()
_COUNT = number(0, whole=True)


def _is_drawn(value: Any) -> bool:
    """Tell whether a value is a distribution as a profile set has it: a number, or a name and numbers."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], str) and all(map(_NUMBER.fits, value[1:]))
    return _NUMBER.fits(value)


_DRAWN = Leaf("a distribution", _is_drawn)

_LISTENER: Mapping[str, Shape] = {"name": TEXT, "version": TEXT, "model": _TEXT_OR_NULL, "licence": TEXT}

_RECORDING: Mapping[str, Shape] = {"sha256": TEXT, "licence?": _TEXT_OR_NULL}

_STYLED: Mapping[str, Shape] = {
    "source": _TEXT_OR_NULL,
    "emotion": Either({"category": _TEXT_OR_NULL}, NULL),
    "instructions": _TEXT_OR_NULL,
}

_PROFILES: Shape = {
    "name": TEXT,
    "demo": TRUTH,
    "roles": Each({"voices": ListOf(Either(TEXT, {"speaker": TEXT, **_RECORDING})), "styles?": Each(Each(number(0)))}),
    "styles?": {
        "draw": one_of(*(draw.value for draw in StyleDraw)),
        "text_label?": TEXT,
        "suits?": Each(ListOf(TEXT)),
        "define": Each({**dict.fromkeys(NUMBERS, _NUMBER), **_STYLED}),
    },
    "channel?": Either(
        {
            "room?": {"rt60": _DRAWN, "distance": _DRAWN},
            "noise?": {"sources": ListOf(Either(TEXT, {"file": TEXT, **_RECORDING})), "snr": _DRAWN},
            "telephone?": {"codec": ListOf(TEXT)},
        },
        NULL,
    ),
    "gate?": Either({"wer": _NUMBER}, NULL),
    "voice_table?": {"voices": Each({"source": TEXT, "gender": _TEXT_OR_NULL})},
}

_MANIFEST: Shape = {
    "format_version": TEXT,
    "config_digest": TEXT,
    "plan_digest": TEXT,
    "sources": ListOf({"name": TEXT, "sha256": TEXT, "split": TEXT, "format?": TEXT, "use?": TEXT}),
    "selection": {
        "limit": Either(number(1, whole=True), NULL),
        "domains": Either(ListOf(TEXT), NULL),
        "redistributable": TRUTH,
        "group_split?": {
            "shares": ListOf(number(0, most=1), least=3),
            "seed": number(whole=True),
            "only": Either(one_of(*SPLITS), NULL),
        },
        "turns?": Either(Either(number(1, whole=True), one_of(ALL_TURNS)), NULL),
    },
    "profiles": _PROFILES,
    "gate?": Either(_LISTENER, NULL),
    "engines": ListOf(
        {
            "name": TEXT,
            "library": TEXT,
            "version": TEXT,
            "model": _TEXT_OR_NULL,
            "revision": _TEXT_OR_NULL,
            "licence": TEXT,
            "watermark?": _TEXT_OR_NULL,  # later than the first format
        },
        least=1,
    ),
    "seed": number(whole=True),
    "stages": ListOf(one_of(*(stage.value for stage in Stage)), least=1),
    "renditions": number(1, most=_MOST_RENDITIONS, whole=True),
    "sampling_rate": number(1, whole=True),
    "audio_format": TEXT,
    "numeric_mode": TEXT,
    "libraries": {"askqa-builder": TEXT},
    "rejected": Each(_COUNT),
    f"{SHARED_STORIES_KEY}?": _COUNT,  # later than the first format
    "annotation?": {
        "recognisers": Each({**_LISTENER, "library": TEXT, "revision": _TEXT_OR_NULL, "tells": ListOf(TEXT)}),
        "settings": {
            "rule": TEXT,
            **dict.fromkeys(("window", "context", "margin", "least_share"), _NUMBER),
        },
        "figures?": {
            "seconds?": _NUMBER,
            **dict.fromkeys(("windows", "kept", "undecided", "inconsistent", "turns"), _COUNT),
            "labels": Each(_COUNT),
            "agreement": Either(
                {
                    "windows": _COUNT,
                    **dict.fromkeys(("raw", "kappa"), Either(_NUMBER, NULL)),
                    "kappa_kind": TEXT,
                    "told?": Each(Each(_COUNT)),
                },
                NULL,
            ),
        },
    },
    "scoring?": {
        "asr?": _LISTENER,
        "mos?": _LISTENER,
        "voices?": ListOf({"baseline": Either(_NUMBER, NULL)}),
    },
    "filters?": ListOf(
        {
            "max_wer": Either(_NUMBER, NULL),
            "max_wer_over_baseline": Either(_NUMBER, NULL),
            "min_mos": Either(_NUMBER, NULL),
            "where": _TEXT_OR_NULL,
        }
    ),
}
"""What this package reads of a manifest; its shards are checked by whoever reads it."""


def checked_manifest(dataset: Path) -> dict[str, Any]:
    """Return the manifest of a finished dataset. Raises UsageError where there is none, or not one of this shape."""
    manifest = finished_manifest(dataset)
    fault = misfit(manifest, _MANIFEST) or _undefined_style(manifest["profiles"])
    if fault is not None:
        raise UsageError(f"{dataset / MANIFEST_NAME}: {fault}; build the dataset anew")
    return manifest


def _undefined_style(profiles: Mapping[str, Any]) -> str | None:
    """Say which style a role draws that is nowhere defined; None where all are."""
    defined = profiles.get("styles", {}).get("define", {})
    for role, own in profiles["roles"].items():
        for act, weights in own.get("styles", {}).items():
            for name in weights.keys() - defined.keys():
                return f"profiles.roles.{escape(role)}.styles.{escape(act)} has {escape(name)}, which is not defined"
    return None
