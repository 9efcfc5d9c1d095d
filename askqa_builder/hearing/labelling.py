"""What is known of how a row is said, as labels of what is heard of it.

Of each turn, the first of these that there is: the emotion that the voice was asked to speak; the style that a signal
processor gave the turn; else what was measured. Beside it stand the windows that recognisers agree in and `askqa styles
annotate` has kept. `neutral` is a label like any other: the delivery was left as it is, or recognised as neutral. Null
is none: nobody chose a style for this turn, and recognisers did not agree. Labels of the text are never told: they are
none of the speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.hearing.heard import Heard, Moment
from askqa_builder.hearing.label import (
    INTENDED,
    MEASURED,
    MEASURED_DECIMALS,
    NO_MEASURES,
    RECOGNISED,
    SECONDS_DECIMALS,
    STYLE,
    Label,
    Measures,
    rounded,
)
from askqa_builder.hearing.metadata import Metadata
from askqa_builder.hearing.row_times import Row, turn_samples
from askqa_builder.recording.timeline import to_samples
from askqa_builder.voices.emotion import Affect

COLUMNS = ("turns", "affect")
"""Of a row, that labels are made of."""


class UnlabelledError(UsageError):
    """Nobody knows how a row is said."""


def metadata_of(row: Row, heard: Heard) -> Metadata:
    """Return the labels of what is heard of a row, timed in its clips; none of what is not heard.

    A label that is heard for less than a hundredth of a second is left out. What was measured is of the whole turn,
    however much of it is heard. Raises UnlabelledError where the row has no label: see `require_labels`.
    """
    require_labels(row)
    return Metadata(tuple(label for turn in range(len(row["turns"])) for label in _of_turn(row, turn, heard)))


def require_labels(row: Row) -> None:
    """Raise UnlabelledError where no turn has a style or an intended emotion, and recognisers have not heard the row.

    So are rows that were built before format 1.2. What was measured alone is no label.
    """
    if not row.get("affect") and all(_asked(turn) is None for turn in row["turns"]):
        raise UnlabelledError(
            f"{row['id']}: nobody knows how it is said: it has no labels to put into prompts; label its dataset with "
            "askqa styles annotate, build it with a profile set that has styles (docs/styles.md), or leave --metadata "
            "out"
        )


def _of_turn(row: Row, number: int, heard: Heard) -> Iterator[Label]:
    turn = row["turns"][number]
    windows = [window for window in row.get("affect") or () if window["turn"] == number]
    recognised = [window for window in windows if window["kept"] and not Affect.from_json(window).is_empty]
    measures = measures_of(turn)
    told = _asked(turn) or (None if measures.is_empty else {"source": MEASURED})
    if told is not None:
        for moment in _audible(heard.moments(turn_samples(row, number))):
            yield _label(moment, turn, **told, measures=measures)
    for window in recognised:
        span = to_samples(window["start"], row["sampling_rate"]), to_samples(window["end"], row["sampling_rate"])
        for moment in _audible(heard.moments(span)):
            yield _label(moment, turn, RECOGNISED, affect=Affect.from_json(window))


def _asked(turn: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the emotion that was asked of an engine, or the style; None where there is neither."""
    style = (turn.get("style") or {}).get("name")
    intended = Affect.from_json((turn.get("emotion") or {}).get("intended"))
    if not intended.is_empty:
        return {"source": INTENDED, "affect": intended, "style": None if style == intended.category else style}
    return None if style is None else {"source": STYLE, "style": style}


def measures_of(turn: Mapping[str, Any]) -> Measures:
    """Return what a row says was measured of a turn."""
    measured = turn.get("measured")
    return NO_MEASURES if measured is None else Measures(**{name: measured[name] for name in MEASURED_DECIMALS})


def _label(moment: Moment, turn: Mapping[str, Any], source: str, **told: Any) -> Label:
    return Label(moment.clip, moment.start, moment.end, turn["role"], source, **told)


def _audible(moments: list[Moment]) -> Iterator[Moment]:
    for moment in moments:
        start, end = (rounded("time", time, SECONDS_DECIMALS) for time in (moment.start, moment.end))
        if start < end:
            yield moment
