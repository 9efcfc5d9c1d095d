"""Whether some words are said at all: half of them come from other stories of the same split."""

from __future__ import annotations

from collections import defaultdict

from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import Stream, derive_seed
from askqa_builder.tasks.drawing import FEWEST_WORDS, MOST_WORDS, draw_phrase, pick
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, plain
from askqa_builder.tasks.listening.kind import Say, differs
from askqa_builder.tasks.marks import is_closed, is_whole
from askqa_builder.tasks.sample import Sample
from askqa_builder.tasks.spoken_part import unspoken_words, without
from askqa_builder.tasks.task import facts_of

_KEPT = 2048
_TRIES = 8


class Said:
    """Yes or no, evenly drawn."""

    name = "said"

    def __init__(self) -> None:
        self._elsewhere: dict[str, Sample[tuple[str, str]]] = defaultdict(lambda: Sample(_KEPT))

    def survey(self, row: Row, split: str) -> None:
        """Keep some words of a row for others of its split."""
        key = derive_seed("said", row["id"])
        turn = key % len(row["turns"])
        spoken = without(row["turns"][turn]["text"], unspoken_words(row, turn)).split()
        length = min(FEWEST_WORDS + key // 7 % (MOST_WORDS - FEWEST_WORDS + 1), len(spoken))
        first = key // 77 % (len(spoken) - length + 1)
        words = " ".join(spoken[first : first + length])
        fits = is_closed(words, 0, len(words)) and is_whole(words)
        if len(plain(words).split()) >= FEWEST_WORDS and fits:  # as words that are heard
            self._elsewhere[split].offer(key, (row["story_id"], words))

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Draw yes or no, then words that make it so."""
        yes = stream.uniform() < 0.5
        phrase = self._heard(row, stream) if yes else self._not_heard(row, stream)
        if phrase is None:
            return None
        answer = "yes" if yes else "no"
        return Draft(self.name, say(stream, phrase=phrase), answer, label=answer, facts={"phrase": phrase})

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Look for the words."""
        phrase = facts_of(example)["phrase"]
        return differs(example, "yes" if row.occurrences(phrase) else "no")

    def _heard(self, row: HeardRow, stream: Stream) -> str | None:
        # any turn, as where words of other stories come from
        found = draw_phrase(stream, row, row.turns)
        return None if found is None else found.text

    def _not_heard(self, row: HeardRow, stream: Stream) -> str | None:
        others = [words for story, words in self._elsewhere[row.split].items() if story != row.row["story_id"]]
        for _ in range(_TRIES if others else 0):
            words = pick(stream, others)
            if not row.occurrences(words):
                return words
        return None
