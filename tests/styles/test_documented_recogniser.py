"""The recogniser of one's own in docs/styles.md works as it stands there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from askqa_builder import annotate, verify

PAGE = Path(__file__).parents[2] / "docs" / "styles.md"


def test_the_documented_recogniser_annotates(small_copy: Path, install_documented: Callable[[str, str], str]) -> None:
    section = PAGE.read_text("utf-8").partition("### A recogniser of your own")[2]
    code, points = (re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL)[0] for kind in ("python", "toml"))
    name = install_documented(code, points)
    report = annotate(small_copy, [{"name": name, "threshold": 0.05}], workers=1)
    assert set(report.figures["labels"]) == {"angry", "neutral"}
    assert not verify(small_copy).findings
