"""The profile sets that docs/styles.md shows."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs" / "styles.md"


def documented(first_line: str) -> str:
    """Return the YAML of the section on emotions that begins so."""
    section = DOCS.read_text("utf-8").split("## Emotions an engine speaks")[1].split("\n## ")[0]
    blocks: list[str] = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(first_line))
    return found
