"""Kinds that ask when something is said, and what is said before what."""

from __future__ import annotations

from askqa_builder.seeds import Stream
from askqa_builder.tasks.drawing import draw_phrase
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, plain
from askqa_builder.tasks.listening.kind import Say, differs, read_times, spoken_times
from askqa_builder.tasks.task import facts_of

_HALF_A_HUNDREDTH = 0.005001


class When:
    """Start and end of some words."""

    name = "when"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Choose words that are heard once and whole in one clip; nothing where words have no times."""
        phrase = draw_phrase(stream, row, row.turns, timed=True)
        moment = row.heard.moment(phrase.span) if phrase is not None and phrase.span is not None else None
        if phrase is None or moment is None:
            return None
        answer, facts = spoken_times(moment, row), {"phrase": phrase.text}
        return Draft(self.name, say(stream, phrase=phrase.text), answer, turn=phrase.turn, facts=facts)

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Find the words that are heard at the answer's times, and compare them with the prompt's."""
        phrase, told = facts_of(example)["phrase"], read_times(example.answer, row)
        if told is None:
            return "the answer names no times of a clip"
        heard = [
            (moment, word)
            for words in row.words.values()
            for word in words
            if (moment := row.heard.moment((word.start, word.end))) is not None
            and moment.clip == told.clip
            and told.start - _HALF_A_HUNDREDTH <= moment.start
            and moment.end <= told.end + _HALF_A_HUNDREDTH
        ]
        if not heard:
            return "nothing is heard then"
        edges = min(moment.start for moment, _ in heard), max(moment.end for moment, _ in heard)
        if max(abs(edges[0] - told.start), abs(edges[1] - told.end)) > _HALF_A_HUNDREDTH:
            return f"what is heard then lasts from {edges[0]:.3f} s to {edges[1]:.3f} s"
        first, last = min(w.char_start for _, w in heard), max(w.char_end for _, w in heard)
        said = row.row["turns"][heard[0][1].turn]["text"][first:last]
        return None if plain(said) == plain(phrase) else f"{said!r} is heard then"


class Order:
    """Which of two things is said first; one role says both, as a story comes before any question."""

    name = "order"

    def draft(self, row: HeardRow, stream: Stream, say: Say) -> Draft | None:
        """Choose two that do not overlap, and draw which of them is called A."""
        one = draw_phrase(stream, row, row.turns)
        other = None if one is None else draw_phrase(stream, row, row.turns_of(row.role(one.turn)))
        if one is None or other is None:
            return None
        first, second = sorted((one, other), key=lambda phrase: (phrase.turn, phrase.char_start))
        if first.turn == second.turn and second.char_start < first.char_end:
            return None
        a_first = stream.uniform() < 0.5
        a, b = (first.text, second.text) if a_first else (second.text, first.text)
        label = "A" if a_first else "B"
        return Draft(self.name, say(stream, a=a, b=b), label, label=label, facts={"a": a, "b": b})

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Find both in what is heard."""
        facts = facts_of(example)
        places = {letter: row.plain_text.find(f" {plain(facts[letter])} ") for letter in ("a", "b")}
        if -1 in places.values():
            return "one of the two is not heard"
        return differs(example, "A" if places["a"] < places["b"] else "B")
