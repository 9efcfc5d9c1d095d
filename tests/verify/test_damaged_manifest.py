"""A manifest that is not of its form is told in one line; nothing is made of it."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mutations import edit_manifest

from askqa_builder.dataset.card import render_card
from askqa_builder.dataset.statistics import Part, Statistics
from askqa_builder.errors import UsageError
from askqa_builder.verify.files import check_manifest
from askqa_builder.verify.manifest import checked_manifest
from askqa_builder.verify.run import verify
from askqa_builder.verify.shapes import NULL, TEXT, Each, Either, ListOf, misfit, number, one_of

FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"audio_format": None}, "audio_format is null, not a text"),
    ({"audio_format": []}, "audio_format is a list, not a text"),
    ({"sampling_rate": 0}, "sampling_rate is the number 0, not a whole number from 1"),
    ({"sampling_rate": True}, "sampling_rate is true"),
    ({"renditions": "x"}, 'renditions is the text "x", not a whole number from 1'),
    ({"renditions": 10**15}, "renditions"),
    ({"rejected": []}, "rejected is a list, not an object"),
    ({"rejected": {"odd": "b"}}, 'rejected.odd is the text "b"'),
    ({"engines": []}, "engines has 0 entries, not 1 at least"),
    ({"engines": [1]}, r"engines\[0\] is the number 1, not an object"),
    ({"engines": [{"name": "flite"}]}, r"engines\[0\]\.library is missing"),
    ({"profiles": None}, "profiles is null, not an object"),
    ({"profiles": {}}, "profiles.name is missing"),
    ({"libraries": None}, "libraries is null"),
    ({"selection": None}, "selection is null"),
    ({"selection": {"limit": "a", "domains": None, "redistributable": False}}, 'selection.limit is the text "a"'),
    ({"selection": {"limit": None, "domains": [1], "redistributable": False}}, r"selection.domains\[0\]"),
    (
        {"selection": {"limit": None, "domains": None, "redistributable": False, "group_split": {"shares": [1]}}},
        "selection.group_split.seed is missing",
    ),
    ({"stories_in_two_splits": -1}, "stories_in_two_splits is the number -1"),
    ({"sources": None}, "sources is null"),
    ({"sources": [{"name": "a", "sha256": 1, "split": "test"}]}, r"sources\[0\]\.sha256 is the number 1"),
    ({"stages": ["x"]}, r'stages\[0\] is the text "x", not initial or clarified'),
    ({"seed": float("inf")}, "seed"),
    ({"format_version": 7}, "format_version is the number 7"),
    ({"scoring": None}, "scoring is null"),
    ({"filters": [{}]}, r"filters\[0\]\.max_wer is missing"),
]


@pytest.fixture
def copied(small_dataset: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_dataset, tmp_path / "copy")


@pytest.mark.parametrize(("change", "said"), FAULTS, ids=[str(change) for change, _ in FAULTS])
def test_what_is_wrong_and_where(change: dict[str, Any], said: str, copied: Path) -> None:
    edit_manifest(copied, lambda manifest: manifest.update(change))
    with pytest.raises(UsageError, match=rf"askqa\.json: {said}.*; build"):
        verify(copied, workers=1)


@pytest.mark.parametrize("name", ["libraries", "sources", "numeric_mode"])
def test_a_missing_key(name: str, copied: Path) -> None:
    edit_manifest(copied, lambda manifest: manifest.pop(name))
    with pytest.raises(UsageError, match=f"{name} is missing"):
        verify(copied, workers=1)


def test_rows_are_not_held_against_an_unknown_format(copied: Path) -> None:
    edit_manifest(copied, lambda manifest: manifest.update(audio_format="opus"))
    report = verify(copied, workers=1)
    assert set(report.counts) == {"manifest"}
    assert report.rows == 0
    assert "audio_format opus" in {finding.measured for finding in report.findings}


def test_a_number_that_json_lacks_is_a_change(copied: Path) -> None:
    edit_manifest(copied, lambda manifest: manifest.update(remark=float("nan")))
    assert set(verify(copied, workers=1).counts) == {"manifest"}


def test_any_value_anywhere_is_told_or_does_no_harm(copied: Path) -> None:
    """Whatever passes the check, the manifest's readers can work with."""
    manifest = checked_manifest(copied)
    manifest["profiles"]["channel"] = {
        "room": {"rt60": 0.3, "distance": ["uniform", 0.5, 2.0]},
        "noise": {"sources": ["pink", {"file": "a.wav", "sha256": "0", "licence": None}], "snr": 5.0},
        "telephone": {"codec": ["mu-law"]},
    }
    manifest["profiles"]["voice_table"] = {"voices": {"a": {"source": "f0", "gender": "female"}}}
    manifest["scoring"] = {
        "asr": {"name": "a", "version": "1", "model": None, "licence": "MIT"},
        "voices": [{"baseline": 0.1}],
    }
    manifest["selection"]["group_split"] = {"shares": [0.8, 0.1, 0.1], "seed": 0, "only": "test"}
    manifest["filters"] = [{"max_wer": 0.1, "max_wer_over_baseline": None, "min_mos": None, "where": "branch = 0"}]
    manifest["profiles"]["gate"], manifest["gate"] = {"wer": 0.3}, manifest["scoring"]["asr"]
    figures = Statistics(parts={("initial", "test"): Part(rows=3)})
    values = [None, True, 0, -1, 10**400, 1e308, float("inf"), "", "x", [], [1], {}, {"a": 1}, [["x"]]]
    drawn = random.Random(1)
    refused = 0
    for path in places(manifest):
        for value in drawn.sample(values, 5):
            spoilt = copy.deepcopy(manifest)
            put(spoilt, path, value)
            (copied / "askqa.json").write_text(json.dumps(spoilt), "ascii")
            try:
                read = checked_manifest(copied)
            except UsageError:
                refused += 1
                continue
            list(check_manifest(copied, read))
            render_card(read, figures)
    assert refused > 200


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to each value in an object."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(item, (dict, list)):
            yield from places(item, (*path, key))


def put(value: Any, path: tuple[str | int, ...], item: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = item


class TestShapes:
    def test_what_fits(self) -> None:
        shape = {"a": ListOf(Either(TEXT, NULL)), "b?": Each(number(0, most=1)), "c": one_of("x", "y")}
        assert misfit({"a": ["x", None], "c": "y", "other": object()}, shape) is None
        assert misfit({"a": [], "b": {"k": 0.5}, "c": "x"}, shape) is None

    def test_the_place_is_named(self) -> None:
        assert misfit({"a": {"b": [1, "x"]}}, {"a": {"b": ListOf(number())}}) == (
            'a.b[1] is the text "x", not a number'
        )
        assert misfit({"a": {}}, {"a": {"b": TEXT}}) == "a.b is missing"
        assert misfit({"a\n": 1}, Each(TEXT)) == "a\\n is the number 1, not a text"

    def test_of_two_shapes_the_one_meant_is_named(self) -> None:
        either = Either(TEXT, {"file": TEXT})
        assert misfit({"file": 1}, either, "voice") == "voice.file is the number 1, not a text"
        assert misfit(3, either, "voice") == "voice is the number 3, not a text"

    @pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), 10**400, -1, 1.5])
    def test_counts(self, value: object) -> None:
        assert misfit(value, number(0, whole=True), "n") is not None
