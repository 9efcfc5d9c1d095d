"""The recogniser of one's own in docs/styles.md works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from askqa_builder import annotate, verify

PAGE = Path(__file__).parents[2] / "docs" / "styles.md"


def test_the_documented_recogniser_annotates(small_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = PAGE.read_text("utf-8").partition("### A recogniser of your own")[2]
    code, points = (re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL)[0] for kind in ("python", "toml"))
    info = tmp_path / "site" / "documented_affect-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "my_package.py").write_text(code, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: documented-affect\nVersion: 1.0\n", "utf-8")
    name, value = re.findall(r'^([\w-]+) = "(.*)"$', points, re.MULTILINE)[0]
    (info / "entry_points.txt").write_text(f"[askqa_builder.affect_recognisers]\n{name} = {value}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=":")
    report = annotate(small_copy, [{"name": name, "threshold": 0.05}], workers=1)
    assert set(report.figures["labels"]) == {"angry", "neutral"}
    assert not verify(small_copy).findings
