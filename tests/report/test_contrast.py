"""Text stands out from what is behind it: 4.5 to 1, WCAG 2's level AA."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = (files("askqa_builder.report") / "page" / "base.css").read_text("utf-8")
BLOCKS = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)

TEXT_ON = [
    *(
        (text, ground)
        for text in ("ink", "quiet", "accent", "narrator", "user", "assistant")
        for ground in ("paper", "raised")
    ),
    ("ink", "mark"),
    ("on-accent", "accent"),
    ("warn", "paper"),
    *(("ink", f"{role}-soft") for role in ("narrator", "user", "assistant")),
]


def luminance(colour: str) -> float:
    """Of #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(dark: bool) -> None:
    assert len(BLOCKS) == 2
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", BLOCKS[0]))
    colours = {**light, **dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", BLOCKS[1]))} if dark else light
    for text, ground in TEXT_ON:
        bright, deep = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (bright + 0.05) / (deep + 0.05) >= 4.5, (text, ground)
