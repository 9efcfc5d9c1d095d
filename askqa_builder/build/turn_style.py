"""The style of a turn as rows tell it, and read back from a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askqa_builder.dataset.schema import EMOTION, MEASURED, STYLE
from askqa_builder.recording.turn_measures import TurnMeasures
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.style import NUMBERS, DrawnStyle, Style, StyleDraw


def style_columns(drawn: DrawnStyle | None) -> dict[str, Any]:
    """Return the columns `style` and `emotion` of a turn; all null in them where nothing was drawn."""
    style: dict[str, Any] = {field.name: None for field in STYLE}
    emotion: dict[str, Any] = {
        field.name: {inner.name: None for inner in field.type} if field.name != "congruent" else None
        for field in EMOTION
    }
    if drawn is not None:
        numbers = {name: getattr(drawn.style, name) for name in NUMBERS}
        style |= {"name": drawn.style.name, "draw": drawn.draw.value, "text_label": drawn.text_label, **numbers}
        style["native"] = drawn.style.native
        emotion["congruent"] = drawn.congruent
        if drawn.style.emotion is not None:
            emotion["intended"] = drawn.style.emotion.to_json()
    return {"style": style, "emotion": emotion}


def told_style(turn: Mapping[str, Any], known: Mapping[str, Style] | None = None) -> DrawnStyle | None:
    """Return the style that a row tells of a turn, None where it tells none.

    known: the styles of its profile set, which alone know how an engine is instructed, and where numbers come from.
    """
    style, emotion = turn.get("style") or {}, turn.get("emotion") or {}
    if style.get("name") is None:
        return None
    own = (known or {}).get(style["name"])
    intended = Affect.from_json(emotion.get("intended")) if style["native"] else None
    told = Style(
        style["name"],
        **{name: style[name] for name in NUMBERS},
        emotion=intended,
        instructions=None if own is None or intended is None else own.instructions,
        source=None if own is None else own.source,
    )
    return DrawnStyle(told, StyleDraw(style["draw"]), style["text_label"], emotion.get("congruent"))


def told_measures(turn: Mapping[str, Any]) -> TurnMeasures | None:
    """Return what a row tells was measured of a turn, None where it was not."""
    told = turn.get("measured") or {}
    if told.get("energy") is None:  # speech always has some
        return None
    return TurnMeasures(**{field.name: told[field.name] for field in MEASURED})
