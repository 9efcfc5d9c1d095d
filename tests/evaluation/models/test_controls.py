"""Controls that stand in for a model."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from model_requests import AMBIGUOUS, CLEAR, HeardElsewhere, asked, asked_again

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.actions.rule import action_of
from askqa_builder.evaluation.item import Intent
from askqa_builder.evaluation.models.controls import CONTROLS, Human
from askqa_builder.evaluation.models.registry import Choice, open_subject

ONLY, (FIRST, SECOND) = CLEAR.intents[0], AMBIGUOUS.intents


def said(control: str, request: object, intent: Intent | None = None, seed: int = 0) -> tuple[str, int | None]:
    subject = open_subject(Choice(control=control, seed=seed))
    response = subject.respond(subject.prepared(request, intent, HeardElsewhere()))  # type: ignore[arg-type]
    return response.text, response.left_out


def test_always_answer_never_asks_and_always_clarify_never_stops() -> None:
    for item in (CLEAR, AMBIGUOUS):
        assert action_of(said("always-answer", asked(item))[0]) is Action.ANSWER
        assert action_of(said("always-clarify", asked(item))[0]) is Action.CLARIFY
    for rounds in (2, 3, 9):
        again = asked_again(AMBIGUOUS, rounds)
        assert action_of(said("always-answer", again, SECOND)[0]) is Action.ANSWER
        assert action_of(said("always-clarify", again, SECOND)[0]) is Action.CLARIFY


def test_the_oracle_asks_once_where_it_should_and_answers_as_the_user_means_it() -> None:
    assert said("oracle", asked(CLEAR)) == ("green", None)
    assert said("oracle", asked(CLEAR), ONLY) == ("green", None)
    assert said("oracle", asked(AMBIGUOUS)) == ("Do you mean the upper drawer?", None)
    assert said("oracle", asked_again(), FIRST) == ("red", None)
    assert said("oracle", asked_again(), SECOND) == ("green", None)
    assert said("oracle", asked(replace(CLEAR, gold=None))) == ("green", None)


@pytest.mark.parametrize("control", CONTROLS)
def test_the_first_response_tells_nothing_of_the_intent(control: str) -> None:
    assert len({said(control, asked(AMBIGUOUS), intent, 5) for intent in (None, FIRST, SECOND)}) == 1


def test_a_human_says_each_annotators_words_equally_often_and_tells_whose() -> None:
    counts: Counter[tuple[str, int | None]] = Counter(said("human", asked(CLEAR), ONLY, seed) for seed in range(900))
    assert counts.keys() == {("green", 0), ("green", 1), ("it was green", 2)}
    assert min(counts.values()) > 240
    asked_back = {said("human", asked(AMBIGUOUS), None, seed) for seed in range(50)}
    assert asked_back == {(text, place) for place, text in enumerate(AMBIGUOUS.clarifying_questions)}
    answered = {said("human", asked_again(), SECOND, seed) for seed in range(50)}
    assert answered == {("green", 0), ("green", 1)}


def test_a_human_says_the_same_each_time_it_is_asked() -> None:
    for seed in range(20):
        assert said("human", asked_again(), FIRST, seed) == said("human", asked_again(), FIRST, seed)


def test_a_human_without_a_second_one_skips_all_intents_of_an_item() -> None:
    lonely = replace(AMBIGUOUS, intents=(FIRST, replace(SECOND, references=("green",))))
    for name in CONTROLS:
        control = open_subject(Choice(control=name))
        assert control.skips(AMBIGUOUS) is None
        assert control.skips(lonely) == ("no_second_reference" if name == "human" else None)


def test_who_says_an_annotators_words_knows_what_they_do() -> None:
    for name in ("oracle", "human"):
        subject = open_subject(Choice(control=name))
        asks, answers = (
            subject.respond(subject.prepared(one, FIRST, HeardElsewhere())) for one in (asked(AMBIGUOUS), asked_again())
        )
        assert (asks.action, answers.action) == (Action.CLARIFY, Action.ANSWER)
    assert open_subject(Choice(control="always-clarify")).respond(asked()).action is None


def test_controls_hear_nothing() -> None:
    assert not any(open_subject(Choice(control=name)).takes_clips for name in CONTROLS)


def test_controls_say_what_they_are() -> None:
    identities = [str(open_subject(Choice(control=name)).identity) for name in CONTROLS]
    assert len(set(identities)) == len(CONTROLS)
    assert Human(1).identity != Human(2).identity
