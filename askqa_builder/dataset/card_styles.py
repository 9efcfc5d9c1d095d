"""What a card says of styles: who draws which, how, and what each does to the speech."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askqa_builder.dataset.card_page import escape
from askqa_builder.voices.emotion import DIMENSIONS
from askqa_builder.voices.style import StyleDraw

DRAWN_HOW = {
    StyleDraw.INDEPENDENT.value: "drawn independently of the words",
    StyleDraw.CONGRUENT.value: "drawn to suit what the words suggest",
    StyleDraw.INCONGRUENT.value: "drawn not to suit what the words suggest",
}


def styles(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the card says, None where no style is drawn."""
    choice = manifest["profiles"].get("styles")
    if choice is None:
        return None
    roles = manifest["profiles"]["roles"]
    acts = [(role, act, weights) for role, own in roles.items() for act, weights in own.get("styles", {}).items()]
    drawn = {name for _, _, weights in acts for name in weights}
    labeller = choice.get("text_label")
    version = manifest.get("text_labeller")
    return {
        "how": DRAWN_HOW[choice["draw"]],
        "labeller": None if labeller is None else escape(f"{labeller} {version or ''}".strip()),
        "suits": [(escape(label), escape(", ".join(names))) for label, names in choice.get("suits", {}).items()],
        "drawn": [
            (escape(role), escape(act.replace("_", " ")), escape(_weighted(weights))) for role, act, weights in acts
        ],
        "styles": [_style(name, choice["define"][name]) for name in sorted(drawn)],
        "native": any(choice["define"][name]["emotion"] is not None for name in drawn),
    }


def _weighted(weights: Mapping[str, float]) -> str:
    even = len(set(weights.values())) == 1
    return escape(", ".join(name if even else f"{name} (weight {weight:g})" for name, weight in weights.items()))


def _style(name: str, style: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": escape(name),
        "pitch": f"{style['pitch']:+g}",
        "pitch_range": f"{style['pitch_range']:g}",
        "rate": f"{style['rate']:g}",
        "loudness": f"{style['loudness']:+g}",
        "pauses": f"{style['pauses']:g}",
        "emotion": "" if style["emotion"] is None else escape(_emotion(style["emotion"])),
        "source": escape(style["source"] or "the maker of the profile set"),
    }


def _emotion(emotion: Mapping[str, Any]) -> str:
    known = [f"{name} {emotion[name]:g}" for name in DIMENSIONS if emotion.get(name) is not None]
    return ", ".join([emotion["category"], *known])
