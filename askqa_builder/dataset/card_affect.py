"""What a card says of recognised emotions: by whom, with which settings, and how far they agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askqa_builder.dataset.annotation import ANNOTATION_KEY, agreement_told, agreement_warnings, is_annotated
from askqa_builder.dataset.card_page import escape


def recognised_emotions(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the card says, None where no whole run has annotated the dataset."""
    if not is_annotated(manifest):
        return None
    annotation = manifest[ANNOTATION_KEY]
    settings, figures = annotation["settings"], annotation.get("figures")
    return {
        "recognisers": [
            {
                "name": escape(name),
                "library": escape(f"{who['library']} {who['version']}"),
                "model": escape(who["model"] if who["revision"] is None else f"{who['model']}, {who['revision']}"),
                "licence": escape(who["licence"]),
                "tells": escape(", ".join(who["tells"])),
            }
            for name, who in annotation["recognisers"].items()
        ],
        "window": f"{settings['window']:g}",
        "context": f"{settings['context']:g}",
        "rule": "all" if settings["rule"] == "unanimous" else "more than half",
        "margin": f"{settings['margin']:g}" if settings["margin"] else "",
        "least_share": f"{settings['least_share']:.0%}",
        "figures": None if figures is None else _figures(figures),
    }


def _figures(figures: Mapping[str, Any]) -> dict[str, str]:
    total = max(figures["windows"], 1)
    labels = ", ".join(f"{name} ({count})" for name, count in figures["labels"].items())
    return {
        "windows": str(figures["windows"]),
        **{name: f"{figures[name] / total:.1%}" for name in ("kept", "undecided", "inconsistent")},
        "turns": str(figures["turns"]),
        "labels": escape(labels) or "none",
        "agreement": agreement_told(figures["agreement"]),
        "warnings": escape(" ".join(agreement_warnings(figures["agreement"]))),
    }
