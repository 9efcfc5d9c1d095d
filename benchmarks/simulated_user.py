"""What does the rule-based user say to Abg-CoQA's own clarifying questions, and which questions separate the readings?

Run: ASKQA_ABG_COQA=FOLDER python benchmarks/simulated_user.py [--statements]

--statements prints what each reading's user means, and what he says to the second annotator's question.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from askqa_builder.corpus.conversation import UNANSWERABLE, Action, Branch, Conversation
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.evaluation.item import Intent, Item, Said
from askqa_builder.evaluation.metrics.answer_scores import normalise_answer
from askqa_builder.evaluation.user.asked import is_same_question
from askqa_builder.evaluation.user.meaning import meaning, polarity
from askqa_builder.evaluation.user.rule import RuleUser
from askqa_builder.evaluation.user.separation import separation
from askqa_builder.evaluation.user.words import content

from common import table

POLARITIES = {True: "yes", False: "no", None: "neither"}


@dataclass(frozen=True)
class Ambiguous:
    """An item with what the second annotator asked, and how his branches replied."""

    item: Item
    question: str | None
    branches: tuple[Branch, ...]


def main() -> None:
    """Print four tables."""
    folder = os.environ.get("ASKQA_ABG_COQA")
    if not folder:
        return print("This needs Abg-CoQA's test split: set ASKQA_ABG_COQA to its folder.")
    found = ambiguous_requests(Path(folder))
    if _arguments().statements:
        return _print_statements(found)
    readings = sum(len(one.item.intents) for one in found)
    print(f"{len(found)} ambiguous requests of Abg-CoQA's test split, {readings} readings. The rules were written with")
    print("these requests, the first annotator's questions and the replies in view.\n")
    table(["of all readings", "number", "share"], list(_replies(found, readings)))
    print(
        "To the second annotator's question, where it is another one: what the reading of the same answer was given to"
    )
    print("reply (rows), and what the rule replies. Where it is in doubt it says what is meant, without yes or no.\n")
    table(["annotator", *(f"rule: {name}" for name in POLARITIES.values())], list(_polarities(found)))
    print("Questions by whether they separate the readings. The annotator's own is known to the rule; the second one's")
    print("is not; those of other stories are all annotators' questions, each asked about each request.\n")
    table(["questions", "number", "separates", "open", "none"], list(_separations(found)))
    return None


def ambiguous_requests(folder: Path) -> list[Ambiguous]:
    """Return the ambiguous requests of Abg-CoQA's test split."""
    read = read_corpus(find_sources(folder / "coqa_abg_test.json", None))
    return [_ambiguous(one) for _, one in read.conversations if one.clarifications]


def _ambiguous(conversation: Conversation) -> Ambiguous:
    first, *others = conversation.clarifications
    weight = 1 / len(first.branches)
    intents = tuple(Intent(b.index, weight, first.question, b.reply, b.answers) for b in first.branches)
    item = Item(
        row_id=conversation.id,
        split="test",
        conversation_id=conversation.id,
        story_id=conversation.story_id,
        source=conversation.source,
        rendition=0,
        history=0,
        question=conversation.turns[-1].text,
        gold=Action.CLARIFY,
        clarifying_questions=(first.question,),
        intents=intents,
        contrast_id=None,
        conflict=False,
        speakers={},
        pcm_sha256="",
        turns=tuple(Said(turn.role.value, turn.text) for turn in conversation.turns),
    )
    return Ambiguous(item, others[0].question if others else None, others[0].branches if others else ())


def reply_to(item: Item, intent: Intent, question: str) -> str:
    """Return what the user of an intent says to a question that is asked first."""
    return RuleUser().reply(item, intent, [Said("user", item.question), Said("assistant", question)])


def _replies(found: Sequence[Ambiguous], readings: int) -> Iterator[Sequence[object]]:
    counts: Counter[str] = Counter()
    for one in found:
        said = [reply_to(one.item, intent, "What do you mean?") for intent in one.item.intents]
        for intent, statement in zip(one.item.intents, said, strict=True):
            others = content(" ".join(other for other in said if other is not statement))
            own = reply_to(one.item, intent, one.item.clarifying_questions[0])
            counts["reply to the annotator's question in his words"] += own == intent.reply
            counts["a bare yes or no is said as a statement"] += polarity(intent.reply or "")[1] == ""
            counts["what is meant stands in it only as a question"] += "this that I mean" in statement
            counts["what is meant is no other reading's"] += said.count(statement) == 1
            counts["it has a word that no other reading's has"] += bool(content(statement) - others)
    for name, count in counts.items():
        yield name, count, f"{count / readings:.1%}"


def matched(found: Sequence[Ambiguous]) -> Iterator[tuple[Ambiguous, Intent, str]]:
    """Yield readings whose answer is that of one of the second annotator's branches, and of no other."""
    for one in found:
        if one.question is None or is_same_question(one.question, one.item.clarifying_questions[0]):
            continue
        for intent in one.item.intents:
            answers = {normalise_answer(answer) for answer in intent.references} - {UNANSWERABLE}
            same = [branch for branch in one.branches if normalise_answer(branch.answers[0]) in answers]
            if len(same) == 1:
                yield one, intent, same[0].reply


def _polarities(found: Sequence[Ambiguous]) -> Iterator[Sequence[object]]:
    counts: Counter[tuple[bool | None, bool | None]] = Counter()
    for one, intent, theirs in matched(found):
        ours = reply_to(one.item, intent, one.question or "")
        counts[polarity(theirs)[0], polarity(ours)[0]] += 1
    for theirs_is, name in POLARITIES.items():
        yield name, *(counts[theirs_is, ours_is] for ours_is in POLARITIES)


def _separations(found: Sequence[Ambiguous]) -> Iterator[Sequence[object]]:
    everyone = [(one.item.story_id, q) for one in found for q in (*one.item.clarifying_questions, one.question) if q]
    asked = {
        "the first annotator's": [(one.item, one.item.clarifying_questions[0]) for one in found],
        "the second annotator's": [(one.item, one.question) for one in found if one.question],
        "of other stories": [(one.item, q) for one in found for story, q in everyone if story != one.item.story_id],
    }
    for name, pairs in asked.items():
        counts = Counter(separation(item, question) for item, question in pairs)
        yield name, len(pairs), *(f"{counts[kind] / len(pairs):.1%}" for kind in ("separates", "open", "none"))


def _print_statements(found: Sequence[Ambiguous]) -> None:
    for one in found:
        question = one.item.clarifying_questions[0]
        print(f"{question}  [{separation(one.item, question)}]")
        if one.question:
            print(f"  second: {one.question}  [{separation(one.item, one.question)}]")
        for intent in one.item.intents:
            told = meaning(intent)
            print(f"    {intent.reply!r} -> {told.statement if told else ''}")
            if one.question:
                print(f"        to the second: {reply_to(one.item, intent, one.question)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statements", action="store_true", help="print what each reading's user says")
    return parser.parse_args()


if __name__ == "__main__":
    main()
