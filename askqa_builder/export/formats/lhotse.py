"""Lhotse's manifests: a recording and a cut a row, a supervision a turn, with the times of its words.

Fields as `Recording`, `SupervisionSegment` and `MonoCut` of lhotse 1.33 write them (https://lhotse.readthedocs.io):
supervisions begin relative to their cut, word alignments too; a cut is the whole recording, so both are also relative
to that. Sources are paths relative to the export.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askqa_builder.export.format import Export, Format, RowItem, SoundRules
from askqa_builder.export.json_lines import json_line
from askqa_builder.export.spoken_turns import SpokenTurn, file_id, speaker_of, spoken_turns, voice_id

_DIGITS = 8
"""Lhotse rounds its sums of seconds to as many; what is compared with them must be rounded alike."""


class Lhotse(Format[RowItem]):
    """`recordings_<split>.jsonl`, `supervisions_<split>.jsonl` and `cuts_<split>.jsonl`."""

    name = "lhotse"
    title = "Lhotse, for icefall, NeMo and k2"
    documentation = "https://lhotse.readthedocs.io/en/latest/cuts.html"
    prompted = False
    sound = SoundRules(sampling_rate=None, contexts=("audio", "none"), layouts=("joined",), whole=True, response="turn")

    def lines(self, item: RowItem) -> Iterator[tuple[str, str]]:
        """Yield the recording, the supervisions of the turns that are heard, and the cut that has them all."""
        spoken = recording(item)
        supervisions = [supervision(item, turn) for turn in spoken_turns(item.row, item.heard, item.audio[0])]
        yield f"recordings_{item.split}.jsonl", json_line(spoken)
        for one in supervisions:
            yield f"supervisions_{item.split}.jsonl", json_line(one)
        yield f"cuts_{item.split}.jsonl", json_line(cut(item, spoken, supervisions))

    def usage(self, made: Export) -> str:
        """Tell how Lhotse loads it."""
        split = next(iter(made.splits), "train")
        return f"""\
A cut is a row, a supervision a turn; its `speaker` is the voice, its role and act are in `custom`. Ids are names of
sound files; the row's is in the cut's `custom`. Sound is found relative to this folder:

```python
from lhotse import CutSet

cuts = CutSet.from_file("cuts_{split}.jsonl").with_recording_path_prefix("path/to/this/folder")
turns = cuts.trim_to_supervisions(keep_overlapping=False)
```"""


def recording(item: RowItem) -> dict[str, Any]:
    """Return the row's recording."""
    file = item.audio[0]
    return {
        "id": file_id(file),
        "sources": [{"type": "file", "channels": [0], "source": file.path}],
        "sampling_rate": file.sampling_rate,
        "num_samples": file.samples,
        "duration": file.seconds,
        "channel_ids": [0],
    }


def supervision(item: RowItem, turn: SpokenTurn) -> dict[str, Any]:
    """Return what is said in a turn, by whom and when. Without `alignment` where the row has no word times."""
    name = file_id(item.audio[0])
    speaker = speaker_of(item.row, turn.role)
    words = [[word.text, round(word.start, _DIGITS), round(word.duration, _DIGITS), None] for word in turn.words]
    return {
        "id": f"{name}-{turn.index}",
        "recording_id": name,
        "start": round(turn.start, _DIGITS),
        "duration": round(turn.duration, _DIGITS),
        "channel": 0,
        "text": turn.text,
        "language": item.row["language"],
        "speaker": voice_id(item.row, turn.role),
        **({"gender": speaker["gender"]} if speaker.get("gender") else {}),
        "custom": {"role": turn.role, "act": turn.act, "accent": speaker.get("accent")},
        **({"alignment": {"word": words}} if words else {}),
    }


def cut(item: RowItem, spoken: dict[str, Any], supervisions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row as a cut."""
    row = item.row
    return {
        "id": spoken["id"],
        "start": 0,
        "duration": spoken["duration"],
        "channel": 0,
        "supervisions": supervisions,
        "recording": spoken,
        "custom": {
            "row_id": row["id"],
            "conversation_id": row["conversation_id"],
            "story_id": row["story_id"],
            "stage": row["stage"],
            "ambiguous": row["ambiguous"],
            "action": row["response"]["action"],
            "response": row["response"]["text"],
            "references": row["response"]["references"],
        },
        "type": "MonoCut",
    }
