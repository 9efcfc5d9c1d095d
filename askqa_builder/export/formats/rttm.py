"""Who speaks when, as RTTM: one SPEAKER line a turn, with a UEM and what pyannote.database needs to find all of it.

RTTM is in appendix A of NIST's RT-09 evaluation plan, ten fields a line; UEM says what of each recording is to be
scored, here all. Both name a recording by its file without the suffix. A speaker is a role: RTTM's names hold within
one recording, and the three roles of a conversation are three speakers, though two may have been given one voice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from askqa_builder.export.format import Export, Format, RowItem, SoundRules
from askqa_builder.export.json_lines import json_line
from askqa_builder.export.spaced_fields import field, seconds
from askqa_builder.export.spoken_turns import file_id, spoken_turns, voice_id

_SUBSETS = {"train": "train", "validation": "development", "test": "test"}
"""What pyannote.database calls the splits."""


class Rttm(Format[RowItem]):
    """`<split>.rttm`, `.uem`, `.lst` (names of recordings) and `.recordings.jsonl` (the rows they are of)."""

    name = "rttm"
    title = "RTTM, for speaker diarisation: pyannote, dscore, NeMo"
    documentation = "https://github.com/nryant/dscore#rttm"
    prompted = False
    sound = SoundRules(sampling_rate=None, contexts=("audio", "none"), layouts=("joined",), whole=True, response="turn")

    def lines(self, item: RowItem) -> Iterator[tuple[str, str]]:
        """Yield the lines of a row's turns and of its recording."""
        file = item.audio[0]
        name = file_id(file)
        for turn in spoken_turns(item.row, item.heard, file):
            times = seconds(turn.start, turn.end)
            yield f"{item.split}.rttm", f"SPEAKER {name} 1 {times} <NA> <NA> {field(turn.role)} <NA> <NA>"
        yield f"{item.split}.uem", f"{name} 1 {seconds(0.0, file.seconds)}"
        yield f"{item.split}.lst", name
        yield f"{item.split}.recordings.jsonl", json_line(recording(item))

    def finish(self, made: Export) -> Mapping[str, str]:
        """Return the protocol by which pyannote.database loads the export."""
        subsets = "".join(
            f"        {_SUBSETS.get(split, split)}:\n"
            f"          uri: {split}.lst\n          annotation: {split}.rttm\n          annotated: {split}.uem\n"
            for split in made.splits
        )
        protocol = f"Protocols:\n  askqa:\n    SpeakerDiarization:\n      export:\n        scope: file\n{subsets}"
        return {"database.yml": f"Databases:\n  askqa: audio/*/*/{{uri}}.*\n\n{protocol}"}

    def usage(self, made: Export) -> str:
        """Tell how pyannote.database loads it."""
        return """\
`<split>.rttm` has a SPEAKER line for each turn, its speaker is the role; `<split>.uem` takes in each recording whole.
A recording's name is that of its sound file without the suffix; `<split>.recordings.jsonl` tells which row it is of,
and the voice of each role.

```python
from pyannote.database import FileFinder, registry

registry.load_database("database.yml")
protocol = registry.get_protocol("askqa.SpeakerDiarization.export", preprocessors={"audio": FileFinder()})
for file in protocol.test():
    print(file["audio"], file["annotation"], file["annotated"])
```"""


def recording(item: RowItem) -> dict[str, object]:
    """Return which row a recording is of, with the voices heard in it."""
    file = item.audio[0]
    return {
        "recording": file_id(file),
        "audio": file.path,
        "duration": file.seconds,
        "row_id": item.row["id"],
        "conversation_id": item.row["conversation_id"],
        "story_id": item.row["story_id"],
        "voices": {speaker["role"]: voice_id(item.row, speaker["role"]) for speaker in item.row["speakers"]},
    }
