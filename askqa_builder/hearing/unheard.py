"""Rows that cannot be heard as wanted, counted before any work begins."""

from __future__ import annotations

from collections import Counter

from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.hearing.cutting import CannotCutError
from askqa_builder.hearing.labelling import UnlabelledError
from askqa_builder.hearing.listening import TooLongError, UntimedStoryError, hear
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.row_times import Row

_REMEDIES = {
    TooLongError: "give --segments {window:g} to cut the audio at the ends of sentences, or --context text or evidence",
    CannotCutError: "",  # its message tells
    UntimedStoryError: "build the dataset with align: pocketsphinx in its profile set, or take another --context",
    UnlabelledError: "",  # its message tells
}


class HearingCheck:
    """Listens to rows on times alone."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._rows = 0
        self._unheard: Counter[type[AskqaError]] = Counter()
        self._examples: dict[type[AskqaError], str] = {}

    def listen(self, row: Row) -> None:
        """Take note of a row."""
        self._rows += 1
        try:
            hear(row, self._hearing)
        except tuple(_REMEDIES) as error:
            self._unheard[type(error)] += 1
            self._examples.setdefault(type(error), str(error))

    def check(self) -> None:
        """Raise UsageError, with their number, where rows cannot be heard as wanted."""
        for kind, count in self._unheard.most_common(1):
            remedy = _REMEDIES[kind].format(window=self._hearing.window or 0)
            raise UsageError(
                f"{count} of {self._rows} rows cannot be heard as wanted, as {self._examples[kind]}"
                + (f"; {remedy}" if remedy else "")
            )
