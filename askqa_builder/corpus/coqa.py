"""CoQA (Reddy, Chen, Manning: TACL 2019): dialogues about a story, without labels of ambiguity.

Files `coqa-train-v1.0.json`, `coqa-dev-v1.0.json`: `data[]` of dialogues with `id`, `source`, `story`, `questions[]`
{input_text, turn_id}, `answers[]` {input_text, span_start, span_end, span_text, turn_id}; in dev also
`additional_answers` {"0": answers of a second person, "1": …}.

Decisions where the format leaves a choice:

- A dialogue gives one conversation for each target turn (`Reading.targets`): by default its last turn alone, so that
  a story is narrated once. A conversation's id is `<dialogue>|<turn_id>`; all turns before the target are heard.
- `ambiguous` is null: nobody has judged. The assistant should answer.
- The additional answers to the target are references, but those that find the question answerable where the first does
  not, or the other way round.
- Questions and answers belong together by their place, and their `turn_id` must agree; additional answers by `turn_id`.
- Evidence is `span_text`, looked for in the story where its span is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import chain

from askqa_builder.corpus.accounting import BadBranches, Outcome, Place, account_for
from askqa_builder.corpus.conversation import Conversation, Turn, agreeing, answer_response, story_id
from askqa_builder.corpus.dialogue import exchange, turns_until
from askqa_builder.corpus.evidence import find_evidence
from askqa_builder.corpus.fields import MAX_NAME_CHARACTERS, Fields, ItemError
from askqa_builder.corpus.json_file import parse_json, shown_path
from askqa_builder.corpus.licences import licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.errors import UsageError

_KEYS = frozenset({"questions", "answers"})


def is_coqa(document: object) -> bool:
    """Tell whether parsed JSON has CoQA's shape; one recognisable item is enough."""
    items = document.get("data") if isinstance(document, dict) else None
    return isinstance(items, list) and any(isinstance(item, dict) and item.keys() >= _KEYS for item in items)


def read_coqa(file: SourceFile, seen: set[str], reading: Reading = AS_IT_IS) -> Iterator[Outcome]:
    """Read a file as `reading.Reader` says: every dialogue is one reject, or a conversation or reject per target."""
    for index, item in enumerate(coqa_items(file)):
        place = Place(file.name, index)
        identifier = None
        try:
            fields = Fields(item)
            identifier = dialogue_id(fields)
            dialogue = CoqaDialogue.of(fields)
        except ItemError as error:
            yield place.reject(identifier, error)
            continue
        for position in reading.targets(len(dialogue.questions)):
            yield from account_for(
                place,
                seen,
                partial(_identify, identifier, dialogue, position),
                partial(_conversation, dialogue, position, place),
            )


def coqa_items(file: SourceFile) -> list[object]:
    """Return the dialogues of a file as parsed. UsageError where it is not CoQA's, or has none."""
    document = parse_json(file.read(), file.path)
    if not is_coqa(document):
        raise UsageError(f"{shown_path(file.path)} is not CoQA: no item has questions and answers; give another file")
    items: list[object] = document["data"]  # type: ignore[index]  # which is_coqa has found
    return items


def dialogue_id(item: Fields) -> str:
    """Return the id of a dialogue. Raises ItemError where it has none."""
    return item.text("id", MAX_NAME_CHARACTERS)


@dataclass(frozen=True, eq=False)
class CoqaDialogue:
    """A dialogue; its texts are checked when they are first asked for, and then no more."""

    item: Fields
    questions: list[tuple[str, object]]
    answers: list[tuple[str, object]]

    @classmethod
    def of(cls, item: Fields) -> CoqaDialogue:
        """Raise ItemError where there are no questions, or not one answer for each."""
        questions, answers = item.elements("questions"), item.elements("answers")
        if not questions:
            raise ItemError("no_question", "questions is empty")
        if len(questions) != len(answers):
            raise ItemError("uneven_turns", f"there are {len(questions)} questions and {len(answers)} answers")
        return cls(item, questions, answers)

    @cached_property
    def story(self) -> str:
        """The story as it is narrated."""
        return self.item.spoken_text("story")

    @cached_property
    def story_id(self) -> str:
        """The story's hash, for grouping."""
        return story_id(self.story)

    def history(self, position: int) -> tuple[Turn, ...]:
        """Return the turns before a question."""
        return tuple(chain.from_iterable(map(self._exchange, range(position))))

    def turn_id(self, position: int) -> int:
        """Return the number of a turn, which question and answer must have in common."""
        number, answered = self.question(position).count("turn_id"), self.answer(position).count("turn_id")
        if number != answered:
            place = self.questions[position][0]
            raise ItemError("uneven_turns", f"{place}.turn_id is {number}, that of its answer {answered}")
        return number

    def question(self, position: int) -> Fields:
        """Return the fields of a question."""
        place, element = self.questions[position]
        return Fields(element, place)

    def answer(self, position: int) -> Fields:
        """Return the fields of the answer to a question."""
        place, element = self.answers[position]
        return Fields(element, place)

    @cached_property
    def _exchange(self) -> Callable[[int], tuple[Turn, Turn]]:
        return cache(self._checked_exchange)

    def _checked_exchange(self, position: int) -> tuple[Turn, Turn]:
        self.turn_id(position)
        return exchange(
            self.question(position).spoken_text("input_text"), self.answer(position).spoken_text("input_text")
        )

    def other_answers(self, turn_id: int) -> Iterator[str]:
        """Yield what other people answered in a turn."""
        others = self.item.optional_nested("additional_answers")
        for person in others or ():
            for place, element in others.elements(person) if others else ():
                answer = Fields(element, place)
                text = answer.optional_text("input_text")
                if text is not None and answer.optional_integer("turn_id") == turn_id:
                    yield text


def _identify(dialogue: str, content: CoqaDialogue, position: int) -> str:
    return f"{dialogue}|{content.turn_id(position)}"


def _conversation(
    dialogue: CoqaDialogue, position: int, place: Place, identifier: str
) -> tuple[Conversation, BadBranches]:
    source = dialogue.item.text("source", MAX_NAME_CHARACTERS)
    question, answer = dialogue.question(position), dialogue.answer(position)
    turn_id = question.count("turn_id")
    answers = [answer.text("input_text"), *dialogue.other_answers(turn_id)]
    conversation = Conversation(
        id=identifier,
        file=place.file,
        index=place.index,
        story_id=dialogue.story_id,
        source=source,
        language="en",
        licence=licence_of(source).name,
        target_turn_id=turn_id,
        ambiguous=None,
        turns=turns_until(dialogue.story, dialogue.history(position), question.spoken_text("input_text")),
        response=answer_response(agreeing(answers)),
        evidence=find_evidence(
            dialogue.story,
            answer.optional_text("span_text"),
            answer.optional_integer("span_start"),
            answer.optional_integer("span_end"),
        ),
        clarifications=(),
    )
    return conversation, ()
