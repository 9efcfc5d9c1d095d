"""When each word is spoken, as NIST's CTM: recording, channel, begin, duration, word.

The format is in the documentation of sclite (SCTK, `doc/infmts.htm`): sorted by recording, channel and begin. Words
are as they were spoken, so "1986" is three; white space within one is "_".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from askqa_builder.export.format import Export, Format, RowItem, SoundRules
from askqa_builder.export.formats.rttm import recording
from askqa_builder.export.json_lines import json_line
from askqa_builder.export.sorting import sorted_lines
from askqa_builder.export.spaced_fields import field, seconds
from askqa_builder.export.spoken_turns import file_id, has_words, spoken_turns, spoken_words
from askqa_builder.hearing.row_times import Row


class Ctm(Format[RowItem]):
    """`<split>.ctm`, and `<split>.recordings.jsonl` (the rows that the recordings are of)."""

    name = "ctm"
    title = "CTM, for word times: sclite, Lhotse, Kaldi"
    documentation = "https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm"
    prompted = False
    sound = SoundRules(sampling_rate=None, contexts=("audio", "none"), layouts=("joined",), whole=True, response="turn")

    def lack(self, row: Row) -> str | None:
        """Return what the row lacks."""
        return None if all(has_words(row, turn) for turn in range(len(row["turns"]))) else "word times"

    def lines(self, item: RowItem) -> Iterator[tuple[str, str]]:
        """Yield the lines of a row's words and of its recording."""
        file = item.audio[0]
        name = file_id(file)
        for turn in spoken_turns(item.row, item.heard, file):
            for word in spoken_words(item.row, turn.index, item.heard, file):
                yield f"{item.split}.ctm", f"{name} 1 {seconds(word.start, word.end)} {field(word.text)}"
        yield f"{item.split}.recordings.jsonl", json_line(recording(item))

    def arrange(self, file: str, lines: Iterable[str], scratch: Path) -> Iterable[str]:
        """Sort the words as sclite wants them."""
        return sorted_lines(lines, _begin, scratch) if file.endswith(".ctm") else lines

    def usage(self, made: Export) -> str:
        """Tell what a line holds."""
        return """\
Each line of `<split>.ctm` is `recording channel begin duration word`, sorted by recording and begin. A recording's
name is that of its sound file without the suffix; `<split>.recordings.jsonl` tells which row it is of. Words stand
there as they were spoken ("1986" is three words), white space within one as `_`."""


def _begin(line: str) -> tuple[str, float]:
    name, _, begin, *_ = line.split(" ")
    return name, float(begin)
