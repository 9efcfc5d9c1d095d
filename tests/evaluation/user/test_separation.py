from __future__ import annotations

from dataclasses import replace

import pytest
from meant_items import item_of, kettles

from askqa_builder.evaluation.user.separation import separation


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Do you mean the first kettle?", "separates"),
        ("Do you mean the second one?", "separates"),
        ("Is it the second kettle that you mean?", "separates"),
        ("Do you mean the first or the second kettle?", "separates"),
        ("The first kettle or the other one?", "separates"),
        ("Which kettle do you mean?", "open"),
        ("What do you mean?", "open"),
        ("Which one?", "open"),
        ("Could you clarify what you mean?", "open"),
        ("Which opponent did the boxer fight?", "none"),
        ("Do you mean the kettle?", "none"),
        ("Do you mean the miller's wife?", "none"),
        ("Do you mean the ferry or the bridge?", "none"),
        ("Do you mean the first chapter of the last novel?", "none"),
    ],
)
def test_a_question_separates_what_it_names(question: str, kind: str) -> None:
    assert separation(kettles(), question) == kind


def test_any_annotators_question_is_known() -> None:
    item = replace(kettles(), clarifying_questions=("Do you mean the first kettle?", "Do you mean on the left?"))
    assert separation(item, "so, do you mean on the left") == "separates"
    assert separation(item, "Do you mean on the right?") == "none"


def test_nothing_separates_one_reading() -> None:
    item = item_of("Where did the boats lie?", None)
    assert separation(item, "Which boats?") == separation(item, "Do you mean the boats?") == "none"
