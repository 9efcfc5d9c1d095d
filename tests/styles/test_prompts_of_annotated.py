"""What recognisers found, as text beside the sound: of an annotated dataset, as a model reads it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from askqa_builder import annotate, tasks
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.hearing.metadata import parse
from askqa_builder.tasks.checking import check_tasks


@pytest.mark.usefixtures("installed")
def test_windows_that_are_kept_are_told_in_prompts(small_copy: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="askqa styles annotate"):
        tasks(small_copy, tmp_path / "set", tasks=["response"], metadata=True)
    annotate(small_copy, ["loud", "bright"], workers=1)
    tasks(small_copy, tmp_path / "set", tasks=["response"], metadata=True)
    assert not [fault for checked in check_tasks(small_copy, tmp_path / "set") for fault in checked.faults]
    rows = {row["id"]: row for row, _ in Source(small_copy).all_texts()}
    files = sorted((tmp_path / "set").glob("data/*/*.parquet"))
    examples = [one for file in files for one in pq.read_table(file).to_pylist()]
    assert examples
    for one in examples:
        kept = [window for window in rows[one["row_id"]]["affect"] if window["kept"]]
        labels = [label for label in parse(one["metadata"]).labels if label.source == "recognised"]
        assert labels
        heard = sum(label.end - label.start for label in labels)
        assert heard == pytest.approx(sum(one["end"] - one["start"] for one in kept), abs=0.02 * len(kept))
        assert {label.affect.category for label in labels} == {window["category"] for window in kept}
