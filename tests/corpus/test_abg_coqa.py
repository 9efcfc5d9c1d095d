"""What Abg-CoQA's files become."""

from __future__ import annotations

from pathlib import Path

import pytest

from askqa_builder.corpus.abg_coqa import read_abg_coqa
from askqa_builder.corpus.conversation import Act, Action, Conversation, Evidence, Role, story_id
from askqa_builder.corpus.sources import find_sources

from corpus.reader import BOTH_STAGES, Item, Reader, read


def test_demo_conversations(demo_file: Path) -> None:
    conversations = [c for c in read(demo_file) if isinstance(c, Conversation)]
    assert len(conversations) == 13
    assert sum(bool(c.ambiguous) for c in conversations) == 6
    assert sum(len(list(c.points(BOTH_STAGES))) for c in conversations) == 26
    assert len({c.story_id for c in conversations}) == 12
    assert {c.licence for c in conversations} == {"Apache-2.0"}


def test_turns_are_heard_in_the_order_of_the_dialogue(reader: Reader, clear: Item) -> None:
    conversation = reader.conversation(clear)
    assert [(turn.role, turn.act) for turn in conversation.turns] == [
        (Role.NARRATOR, Act.STORY),
        (Role.USER, Act.QUESTION),
        (Role.ASSISTANT, Act.ANSWER),
        (Role.USER, Act.QUESTION),
        (Role.ASSISTANT, Act.ANSWER),
        (Role.USER, Act.QUESTION),
    ]
    assert conversation.story == clear["story"]
    assert [turn.text for turn in conversation.turns[3:]] == [
        "Is it popular?",
        "yes",
        "How much does it cost?",
    ]
    assert conversation.target_turn_id == 4


def test_clear_item_is_answered(reader: Reader, clear: Item) -> None:
    conversation = reader.conversation(clear)
    assert conversation.ambiguous is False
    assert conversation.response.action is Action.ANSWER
    assert conversation.response.references == ("$2.50",)
    assert conversation.response.answerable is True
    assert conversation.clarifications == ()
    evidence = conversation.evidence
    assert evidence is not None
    assert clear["story"][evidence.char_start : evidence.char_end] == evidence.text == "a slice of it costs $2.50"


def test_ambiguous_item_is_asked_about(reader: Reader, ambiguous: Item) -> None:
    conversation = reader.conversation(ambiguous)
    assert conversation.ambiguous is True
    assert conversation.evidence is None
    assert conversation.response.action is Action.CLARIFY
    assert conversation.response.text == ambiguous["clarification_turn"]["question"]
    assert conversation.response.references[1:] == (ambiguous["clarification_turn_2"]["question"],)
    assert conversation.response.answerable is None
    assert [branch.answers for branch in conversation.clarifications[0].branches] == [
        ("$40", "forty dollars", "40 dollars"),
        ("$65", "sixty-five dollars", "65 dollars"),
        ("$105", "105 dollars", "a hundred and five dollars"),
    ]
    assert len(conversation.clarifications[1].branches) == 2


def test_label_depends_on_the_history_not_on_the_question(demo_file: Path) -> None:
    cafe = [c for c in read(demo_file) if isinstance(c, Conversation) and c.id.startswith("demo-cafe")]
    assert [c.ambiguous for c in cafe] == [False, True]
    assert cafe[0].turns[-1] == cafe[1].turns[-1]
    assert cafe[0].story_id == cafe[1].story_id


def test_unknown_is_an_answer_without_evidence(reader: Reader, demo_items: list[Item]) -> None:
    conversation = reader.conversation(next(i for i in demo_items if i["id"].startswith("demo-pumpkins")))
    assert conversation.response.text == "unknown"
    assert conversation.response.answerable is False
    assert conversation.evidence is None


def test_unknown_is_no_quotation_even_if_the_story_has_the_word(reader: Reader, clear: Item) -> None:
    clear["story"] += " Its first owner is unknown."
    clear["target_turn"] |= {"rationale": "unknown", "span_start": -1, "span_end": -1}
    assert reader.conversation(clear).evidence is None


@pytest.mark.parametrize("spans", [(-1, -1), (0, 10), (None, None), (10**9, 10**9 + 25), (-30, -5)])
def test_wrong_span_is_mended_where_the_rationale_stands_once(
    reader: Reader, clear: Item, spans: tuple[int, int]
) -> None:
    right = reader.conversation(clear).evidence
    clear["target_turn"] |= {"span_start": spans[0], "span_end": spans[1]}
    assert reader.conversation(clear).evidence == right
    clear["story"] += " Yes, a slice of it costs $2.50!"
    assert reader.conversation(clear).evidence is None


def test_spans_count_from_the_untouched_story(reader: Reader, clear: Item) -> None:
    clear["story"] = "  \n\t" + clear["story"] + "  "
    clear["target_turn"]["span_start"] += 4
    clear["target_turn"]["span_end"] += 4
    evidence = reader.conversation(clear).evidence
    start = clear["target_turn"]["span_start"]
    assert evidence == Evidence("a slice of it costs $2.50", start, start + 25)


def test_story_id_groups_what_differs_in_form_only() -> None:
    assert story_id("Ｔhe  Cat\nsat.") == story_id("the cat sat. ")
    assert story_id("The cat sat.") != story_id("The cat sat!")


def test_history_may_have_any_length(reader: Reader, clear: Item) -> None:
    clear["history_turns"] *= 3
    assert len(reader.conversation(clear).turns) == 1 + 2 * 6 + 1
    clear["history_turns"] = []
    assert len(reader.conversation(clear).turns) == 2


def test_unknown_keys_and_unread_fields_do_not_matter(reader: Reader, clear: Item, ambiguous: Item) -> None:
    clear |= {"note": "\ud800", "clarification_turn": 5}
    clear["history_turns"][0]["rationale"] = None
    ambiguous["target_turn"] = {"turn_id": 5, "question": "How much?"}
    assert reader.conversation(clear).clarifications == ()
    assert reader.conversation(ambiguous).response.action is Action.CLARIFY


def test_blank_alternatives_are_absent(reader: Reader, ambiguous: Item) -> None:
    ambiguous["clarification_turn"]["answers"][0] |= {"org_ans_2": " ", "org_ans_3": None}
    ambiguous["clarification_turn_2"]["answers"][0]["org_ans"] = ""
    conversation = reader.conversation(ambiguous)
    assert conversation.clarifications[0].branches[0].answers == ("$40",)
    assert [branch.index for branch in conversation.clarifications[1].branches] == [1]
    ambiguous["clarification_turn_2"]["question"] = ""
    conversation = reader.conversation(ambiguous)
    assert len(conversation.clarifications) == len(conversation.response.references) == 1


def test_people_who_answer_alike_are_two_people(reader: Reader, ambiguous: Item) -> None:
    ambiguous["clarification_turn"]["answers"][0] |= {"org_ans": "$40", "org_ans_2": "forty", "org_ans_3": "$40"}
    conversation = reader.conversation(ambiguous)
    assert conversation.clarifications[0].branches[0].answers == ("$40", "forty", "$40")
    clarified = next(point for point in conversation.points(BOTH_STAGES) if point.branch == 0)
    assert clarified.response.references == ("$40", "forty")


def test_real_test_split(abg_coqa_folder: Path) -> None:
    [file] = find_sources(abg_coqa_folder, "test")
    outcome = list(read_abg_coqa(file, set()))
    conversations = [c for c in outcome if isinstance(c, Conversation)]
    assert len(outcome) == len(conversations) == 1055
    assert sum(bool(c.ambiguous) for c in conversations) == 123
    assert sum(len(list(c.points(BOTH_STAGES))) for c in conversations) == 1315
    assert len({c.story_id for c in conversations}) == 497
    assert sum(c.evidence is None for c in conversations if not c.ambiguous) == 3
    assert sum(c.response.answerable is False for c in conversations) == 3
    for conversation in conversations:
        if conversation.evidence:
            start, end = conversation.evidence.char_start, conversation.evidence.char_end
            assert conversation.story[start:end] == conversation.evidence.text
