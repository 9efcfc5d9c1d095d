"""The rule-based user and the separation, on Abg-CoQA's own questions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from simulated_user import ambiguous_requests, matched, reply_to

from askqa_builder.evaluation.user.meaning import polarity
from askqa_builder.evaluation.user.separation import separation


def test_readings_are_told_apart_by_what_their_users_say(abg_coqa_folder: Path) -> None:
    found = ambiguous_requests(abg_coqa_folder)
    assert len(found) == 123
    for one in found:
        asked = one.item.clarifying_questions[0]
        assert [reply_to(one.item, intent, asked) for intent in one.item.intents] == [i.reply for i in one.item.intents]
        said = [reply_to(one.item, intent, "What do you mean?") for intent in one.item.intents]
        assert len(set(said)) == len(said)
        assert separation(one.item, asked) in ("separates", "open")


def test_yes_and_no_are_the_second_annotators(abg_coqa_folder: Path) -> None:
    said = Counter(
        (polarity(theirs)[0], polarity(reply_to(one.item, intent, one.question or ""))[0])
        for one, intent, theirs in matched(ambiguous_requests(abg_coqa_folder))
    )
    agreed = said[True, True] + said[False, False]
    assert agreed >= 25
    assert sum(count for (theirs, ours), count in said.items() if ours is not None and theirs is not ours) <= 1


def test_questions_about_other_stories_separate_nothing(abg_coqa_folder: Path) -> None:
    found = ambiguous_requests(abg_coqa_folder)
    shifted = found[40:] + found[:40]
    kinds = Counter(
        separation(one.item, other.item.clarifying_questions[0])
        for one, other in zip(found, shifted, strict=True)
        if one.item.story_id != other.item.story_id
    )
    assert kinds["none"] >= 0.85 * kinds.total()
    assert kinds["separates"] <= 0.02 * kinds.total()
