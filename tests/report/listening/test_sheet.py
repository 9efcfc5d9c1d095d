"""The file of a listening sheet: what is in it, and what is not."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from harness import manifest, rows

from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.report.listening.clips import Heard, draw_clips
from askqa_builder.report.listening.sheet import listening_sheet


def content(page: Path) -> dict[str, Any]:
    block = re.search(r'<script type="application/json" id="sheet">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
    assert block is not None
    found: dict[str, Any] = json.loads(block[1])
    return found


def test_the_page_holds_the_samples(voiced: Path, tmp_path: Path) -> None:
    written = listening_sheet(voiced, tmp_path / "sheet.html", 6)
    heard = Heard(voiced)
    drawn = {clip.key: clip for clip in draw_clips([heard], 6, 0)}
    found = content(written.path)
    assert found["sheet"] == written.id
    assert written.clips == len(found["clips"]) == 6
    for clip in found["clips"]:
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(clip["sound"])), dtype="int16")
        assert rate == 16000
        assert np.array_equal(samples, heard.cut(drawn[clip["key"]])[0])


def test_the_page_is_blind(voiced: Path, recast: Path, tmp_path: Path) -> None:
    listening_sheet(voiced, tmp_path / "sheet.html", 12, against=recast)
    page = (tmp_path / "sheet.html").read_text("utf-8")
    found = content(tmp_path / "sheet.html")
    assert set(found) == {"sheet", "scales", "clips"}
    assert all(set(clip) == {"key", "sound"} for clip in found["clips"])
    assert [clip["key"] for clip in found["clips"]] == sorted(clip["key"] for clip in found["clips"])
    told = re.sub(r'"sound":"[^"]*"', "", page)
    for dataset in (voiced, recast):
        assert manifest(dataset)["config_digest"] not in told
        assert dataset.parent.name not in told
        for row in rows(dataset, "initial"):
            for hidden in (row["id"], row["conversation_id"], row["story_id"], row["source"]):
                assert hidden not in told
            for speaker in row["speakers"]:
                assert not re.search(rf"\b({speaker['voice']}|{speaker['engine']})\b", told)
            assert not any(turn["text"] in told for turn in row["turns"] if len(turn["text"]) > 12)
    heads = {base64.b64decode(clip["sound"])[42:90] for clip in found["clips"]}
    assert len({head[:4] for head in heads}) == 1  # what an encoder writes of itself is the same in all


def test_the_same_arguments_give_the_same_bytes(voiced: Path, tmp_path: Path) -> None:
    first, again, other = (
        listening_sheet(voiced, tmp_path / f"{name}.html", 5, seed=seed)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.path.read_bytes() == again.path.read_bytes()
    assert first.id == again.id != other.id


def test_the_page_needs_nothing_else(voiced: Path, tmp_path: Path) -> None:
    page = listening_sheet(voiced, tmp_path / "sheet.html", 2).path.read_text("utf-8")
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r"(src|href)=|https?://|@import|url\(", page)


@pytest.mark.parametrize(("clips", "against"), [(0, False), (-1, False), (501, False), (1, True)])
def test_counts_that_make_no_sheet(voiced: Path, recast: Path, tmp_path: Path, clips: int, against: bool) -> None:
    with pytest.raises(UsageError, match="clips, not"):
        listening_sheet(voiced, tmp_path / "sheet.html", clips, against=recast if against else None)
    assert not list(tmp_path.iterdir())


def test_where_there_is_no_dataset_or_folder(voiced: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no finished dataset"):
        listening_sheet(tmp_path / "nowhere", tmp_path / "sheet.html", 2)
    with pytest.raises(UsageError, match="no such folder"):
        listening_sheet(voiced, tmp_path / "missing" / "sheet.html", 2)


def test_recordings_that_cannot_be_decoded(voiced: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(voiced, tmp_path / "copy"))
    for entry in manifest(copy)["shards"]:
        table = pq.read_table(copy / entry["file"])
        place = table.schema.get_field_index("audio")
        column = [{"bytes": b"fLaC no more", "path": "x.flac"}] * len(table)
        pq.write_table(table.set_column(place, table.schema.field("audio"), [column]), copy / entry["file"])
    with pytest.raises(AskqaError, match="cannot be read"):
        listening_sheet(copy, tmp_path / "sheet.html", 2)
    assert not (tmp_path / "sheet.html").exists()
