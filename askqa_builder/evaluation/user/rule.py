"""A simulated user without a language model, who says what the annotators of the corpus said, and nothing else.

He knows one reading: an annotator's clarifying question and the reply to it. What he means is told in words of these
two alone, whatever the model asks. What the model asks decides only whether a "Yes" or a "No" goes before it: asked in
the annotator's words, he gives the annotator's reply; asked whether he means what he means, he says "Yes."; asked
whether he means another reading, "No, I mean …"; and otherwise, as where it is in doubt, "I mean …".
"""

from __future__ import annotations

from collections.abc import Sequence

from askqa_builder.evaluation.item import Intent, Item, Said
from askqa_builder.evaluation.user.asked import asked, is_same_question
from askqa_builder.evaluation.user.meaning import lowered
from askqa_builder.evaluation.user.readings import Readings
from askqa_builder.evaluation.user.words import words


class RuleUser:
    """Answers from an intent's own question and reply; one who has said the same before says that he has."""

    name = "rule"

    def reply(self, item: Item, intent: Intent, dialogue: Sequence[Said]) -> str:
        """See `Simulator.reply`."""
        readings = Readings(item)
        told = readings.of(intent)
        if told is None:
            return _again(f"My question is: {lowered(item.question.strip())}", dialogue)
        question = asked(dialogue[-1].text)
        if is_same_question(question.text, intent.clarifying_question or ""):
            return intent.reply or told.statement
        proposed = readings.proposed(question)
        if proposed is not None and proposed == intent.branch:
            return "Yes."
        statement = _again(told.statement, dialogue)
        if proposed is not None or readings.contradicts(intent, question):
            return f"No, {lowered(statement)}"
        return statement


def _again(statement: str, dialogue: Sequence[Said]) -> str:
    """Return a statement, or, where the user has made it before, one that says so."""
    made = " ".join(words(statement))
    said = any(turn.role == "user" and made in " ".join(words(turn.text)) for turn in dialogue)
    return f"As I said, {lowered(statement)}" if said else statement
