"""The kind that asks for the words of a stretch of time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askqa_builder.hearing.row_times import Gap, Word, gaps_between
from askqa_builder.recording.timeline import to_samples
from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import shuffled
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, one_line
from askqa_builder.tasks.listening.kind import Say, differs, read_times, spoken_times
from askqa_builder.tasks.marks import is_closed, is_whole
from askqa_builder.tasks.task import facts_of

_FEWEST_SECONDS, _MOST_SECONDS = 2.0, 8.0
_MOST_STARTS = 12
"""Of a turn, from which a stretch is looked for."""

_LAST_SPACE = re.compile(r"\s(?=\S*$)")


@dataclass(frozen=True)
class _Stretch:
    """Samples from one gap between words to another, and the characters of the turn's text between them."""

    turn: int
    start: int
    end: int
    text: str


class Stretch:
    """What is said from one time to another; both lie between words.

    A stretch cuts no quotation and no bracket, and has no word in it that is not spoken.
    """

    name = "span"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Choose some seconds of one turn; nothing where words have no times."""
        one = next(
            (one for turn in shuffled(stream, row.turns) if (one := _drawn(row, turn, stream)) is not None), None
        )
        if one is None:
            return None
        moment = row.heard.moment((one.start, one.end))
        assert moment is not None  # `_stretches` asks for it
        when = spoken_times(moment, row)
        return Draft(self.name, say(stream, when=when), one.text, turn=one.turn, facts={"when": when})

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Find the words whose middle lies between the prompt's times."""
        moment = read_times(facts_of(example)["when"], row)
        if moment is None:
            return "the prompt names no times of a clip"
        words = [
            word
            for words in row.words.values()
            for word in words
            if (heard := row.heard.moment((word.start, word.end))) is not None
            and heard.clip == moment.clip
            and moment.start <= (heard.start + heard.end) / 2 <= moment.end
        ]
        if not words or len({word.turn for word in words}) != 1:
            return "no words of one turn are heard then"
        first, last = _characters(row, words)
        if _unspoken_between(row, words[0].turn, first, last):
            return "not all that is written there is spoken"
        return differs(example, _text(row, words[0].turn, first, last))


def _drawn(row: HeardRow, turn: int, stream: Stream) -> _Stretch | None:
    """Draw a stretch of a turn that one clip has whole, as long as a drawn length allows; None where there is none."""
    rate = row.heard.sampling_rate
    text = row.row["turns"][turn]["text"]
    # "900s" is spoken as two words: only white space parts what is written
    gaps = [gap for gap in gaps_between(row.words[turn]) if _boundary(text, gap) is not None]
    longest = to_samples(_FEWEST_SECONDS + (_MOST_SECONDS - _FEWEST_SECONDS) * stream.uniform(), rate)
    fewest = to_samples(_FEWEST_SECONDS, rate)
    starts = [gap for gap in gaps if gaps[-1].sample - gap.sample >= fewest]
    for start in shuffled(stream, starts)[:_MOST_STARTS]:
        ends = [gap for gap in reversed(gaps) if fewest <= gap.sample - start.sample <= longest]
        found = next(_stretches(row, turn, start, ends), None)
        if found is not None:
            return found
    return None


def _stretches(row: HeardRow, turn: int, start: Gap, ends: Sequence[Gap]) -> Iterator[_Stretch]:
    text = row.row["turns"][turn]["text"]
    first = _boundary(text, start)
    for end in ends:
        last = _boundary(text, end)
        assert first is not None  # gaps without one have been left out
        assert last is not None
        whole = row.heard.moment((start.sample, end.sample)) is not None and is_closed(text, first, last)
        if whole and is_whole(_text(row, turn, first, last)) and not _unspoken_between(row, turn, first, last):
            yield _Stretch(turn, start.sample, end.sample, _text(row, turn, first, last))


def _boundary(text: str, gap: Gap) -> int | None:
    """Return the character before which a text is parted: behind the gap's last white space; None where it has none."""
    found = _LAST_SPACE.search(text, gap.char_start, gap.char_end)
    return None if found is None else found.end()


def _characters(row: HeardRow, words: Sequence[Word]) -> tuple[int, int]:
    """Return the characters of neighbouring words of a turn, with the marks that belong to them."""
    turn = words[0].turn
    text = row.row["turns"][turn]["text"]
    first, last = min(word.char_start for word in words), max(word.char_end for word in words)
    before = max((word.char_end for word in row.words[turn] if word.char_end <= first), default=0)
    after = min((word.char_start for word in row.words[turn] if word.char_start >= last), default=len(text))
    start, end = (_boundary(text, Gap(0, *place)) for place in ((before, first), (last, after)))
    return first if start is None else start, last if end is None else end


def _unspoken_between(row: HeardRow, turn: int, first: int, last: int) -> bool:
    return any(start < last and end > first for start, end in row.unspoken(turn))


def _text(row: HeardRow, turn: int, first: int, last: int) -> str:
    return one_line(row.row["turns"][turn]["text"][first:last])
