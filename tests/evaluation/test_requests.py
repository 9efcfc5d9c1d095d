"""What a model is given to hear as a dialogue goes on."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from askqa_builder.dataset.source import Source
from askqa_builder.evaluation.dialogue import Moment, Recording
from askqa_builder.evaluation.items import read_items
from askqa_builder.evaluation.models.model import Said
from askqa_builder.evaluation.requests import Requests
from askqa_builder.hearing.options import Hearing


def test_the_same_paragraph_is_heard_whatever_is_asked_back(demo_dataset: Path) -> None:
    """A question in words of another paragraph adds to what is heard, and takes nothing away."""
    (item,) = (one for one in read_items(Source(demo_dataset)) if one.conversation_id == "demo-lighthouse|4|2")
    files = sorted(demo_dataset.glob("data/initial/*.parquet"))
    (row,) = (one for file in files for one in pq.read_table(file).to_pylist() if one["id"] == item.row_id)
    middle = row["story"].index(". ", len(row["story"]) // 2)
    row["story"] = row["story"][:middle] + "\n\n" + row["story"][middle + 2 :]  # as long as it was
    row["turns"][0]["text"] = row["story"]
    paragraphs = row["story"].split("\n\n")
    requests = Requests(Hearing("evidence"), sound=True, clips=False)

    first = requests.make(Recording(lambda: row), Moment(item, row, None)).turns[0].text
    assert first in paragraphs
    (other,) = set(paragraphs) - {first}
    said = (Said("assistant", f"{other} {other}?"), Said("user", other))
    new = [{**row["turns"][-1], "role": one.role, "act": "clarification", "text": one.text} for one in said]
    longer = {**row, "turns": [*row["turns"], *new]}
    later = requests.make(Recording(lambda: longer), Moment(item, row, item.intents[0], said)).turns
    assert [one.text for one in later] == [first, *(turn["text"] for turn in longer["turns"][1:])]
