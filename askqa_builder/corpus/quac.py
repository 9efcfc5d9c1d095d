"""QuAC (Choi, He, Iyyer, Yatskar, Yih, Choi, Liang, Zettlemoyer: EMNLP 2018): dialogues about a section of Wikipedia.

Files `train_v0.2.json`, `val_v0.2.json`, in SQuAD's JSON: `data[].paragraphs[]` with `context` and `qas[]` {id,
question, answers[], orig_answer {text, answer_start}, followup, yesno}; each paragraph is a dialogue.

Decisions where the format leaves a choice:

- A dialogue gives one conversation for each target turn (`Reading.targets`), by default its last alone. A
  conversation's id is the question's; its `target_turn_id` is the question's place, counted from 1.
- `ambiguous` is null: nobody has judged.
- The word CANNOTANSWER, which ends each context, is cut off the story. Where it is the answer, "unknown" stands
  instead, as in CoQA: it is what the assistant says, and not answerable.
- `orig_answer` is the answer, the other `answers` are references, but those that find the question answerable where it
  does not, or the other way round. Title, section, background, `followup` and `yesno` are not used: a dialogue act is
  nothing that anybody says.
- Evidence is the place of the answer, which is a quotation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import chain

from askqa_builder.corpus.accounting import BadBranches, Outcome, Place, account_for
from askqa_builder.corpus.conversation import UNANSWERABLE, Conversation, Turn, agreeing, answer_response, story_id
from askqa_builder.corpus.dialogue import exchange, turns_until
from askqa_builder.corpus.fields import MAX_NAME_CHARACTERS, Fields, ItemError, is_pronounceable
from askqa_builder.corpus.licences import licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.corpus.squad_json import answer_texts, has_paragraphs, paragraphs_of, question_keys, span_evidence

SOURCE = "quac"

_CANNOT_ANSWER = "CANNOTANSWER"
_KEYS = {"orig_answer", "followup", "yesno"}


def is_quac(document: object) -> bool:
    """Tell whether parsed JSON has QuAC's shape; one recognisable question is enough."""
    return has_paragraphs(document) and bool(_KEYS & question_keys(document))


def read_quac(file: SourceFile, seen: set[str], reading: Reading = AS_IT_IS) -> Iterator[Outcome]:
    """Read a file as `reading.Reader` says: every dialogue is one reject, or a conversation or reject per target."""
    for index, found in enumerate(paragraphs_of(file, "QuAC")):
        place = Place(file.name, index)
        try:
            if isinstance(found, ItemError):
                raise found
            dialogue = _Dialogue.of(Fields(found[1], found[0]))
        except ItemError as error:
            yield place.reject(None, error)
            continue
        for position in reading.targets(len(dialogue.questions)):
            yield from account_for(
                place, seen, partial(dialogue.identify, position), partial(_conversation, dialogue, position, place)
            )


@dataclass(frozen=True, eq=False)
class _Dialogue:
    """A dialogue; its texts are checked when they are first asked for, and then no more."""

    paragraph: Fields
    questions: list[tuple[str, object]]

    @classmethod
    def of(cls, paragraph: Fields) -> _Dialogue:
        questions = paragraph.elements("qas")
        if not questions:
            raise ItemError("no_question", f"{paragraph.place('qas')} is empty")
        return cls(paragraph, questions)

    def question(self, position: int) -> Fields:
        where, element = self.questions[position]
        return Fields(element, where)

    def identify(self, position: int) -> str:
        return self.question(position).text("id", MAX_NAME_CHARACTERS)

    def history(self, position: int) -> Iterator[Turn]:
        return chain.from_iterable(map(self._exchange, range(position)))

    @cached_property
    def story(self) -> str:
        story = self.paragraph.spoken_text("context").rstrip().removesuffix(_CANNOT_ANSWER).rstrip()
        if not is_pronounceable(story):
            raise ItemError("empty_text", f"{self.paragraph.place('context')} is empty")
        return story

    @cached_property
    def story_id(self) -> str:
        return story_id(self.story)

    @cached_property
    def _exchange(self) -> Callable[[int], tuple[Turn, Turn]]:
        return cache(self._checked_exchange)

    def _checked_exchange(self, position: int) -> tuple[Turn, Turn]:
        question = self.question(position)
        return exchange(question.spoken_text("question"), _answer(question.nested("orig_answer")))


def _conversation(
    dialogue: _Dialogue, position: int, place: Place, identifier: str
) -> tuple[Conversation, BadBranches]:
    target = dialogue.question(position)
    gold = target.nested("orig_answer")
    answers = [_answer(gold), *map(_spoken, answer_texts(target))]
    conversation = Conversation(
        id=identifier,
        file=place.file,
        index=place.index,
        story_id=dialogue.story_id,
        source=SOURCE,
        language="en",
        licence=licence_of(SOURCE).name,
        target_turn_id=position + 1,
        ambiguous=None,
        turns=turns_until(dialogue.story, dialogue.history(position), target.spoken_text("question")),
        response=answer_response(agreeing(answers)),
        evidence=None if answers[0] == UNANSWERABLE else span_evidence(dialogue.story, gold),
        clarifications=(),
    )
    return conversation, ()


def _answer(answer: Fields) -> str:
    return _spoken(answer.spoken_text("text"))


def _spoken(answer: str) -> str:
    return UNANSWERABLE if answer.strip() == _CANNOT_ANSWER else answer
