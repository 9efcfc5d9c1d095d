"""Thirty short conversations about ten stories, what a model says in each, and what that is worth, counted by hand."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

WHICH = ("old", "new", "big", "small")
STORIES = {
    "ida": ("boat", "red", "blue"),
    "omar": ("kite", "green", "white"),
    "lena": ("cup", "black", "yellow"),
    "nils": ("hat", "brown", "pink", "grey"),
    "vera": ("lamp", "gold", "purple"),
    "paul": ("box", "orange", "silver"),
    "rosa": ("bag", "red", "green", "white", "black"),
    "jon": ("drum", "blue", "grey"),
    "mia": ("ring", "gold", "silver"),
    "sam": ("coat", "brown", "yellow"),
}


@dataclass(frozen=True)
class Score:
    """F1 and exact match of a response."""

    f1: Fraction
    exact: int


def scored(f1: int | str, exact: int = 0) -> Score:
    return Score(Fraction(f1), exact)


RIGHT, WRONG = scored(1, 1), scored(0)


@dataclass(frozen=True)
class End:
    """How the trajectory of a reading ends: after so many responses, with such a score."""

    rounds: int
    score: Score
    ending: str = "answered"


@dataclass(frozen=True)
class Conversation:
    """One of the thirty.

    gold_asks: what the corpus says. says: the first response; then: the later ones by reading. asks: what the first
    response is. turn: the first response against the next gold turn.
    """

    name: str
    gold_asks: bool
    says: str
    asks: bool
    turn: Score
    ends: tuple[End, ...]
    then: tuple[tuple[str, ...], ...] = ()

    @property
    def story(self) -> str:
        return self.name.partition("|")[0]


def asked(name: str, gold_asks: bool, says: str, turn: Score, *readings: tuple[tuple[str, ...], End]) -> Conversation:
    then, ends = zip(*readings, strict=True)
    return Conversation(name, gold_asks, says, True, turn, ends, then)


def answered(name: str, says: str, score: Score) -> Conversation:
    """A clear request that is answered: turn and trajectory are the same."""
    return Conversation(name, False, says, False, score, (End(1, score),))


def rash(name: str, says: str, turn: Score, *scores: Score) -> Conversation:
    """An ambiguous request that is answered all the same."""
    return Conversation(name, True, says, False, turn, tuple(End(1, score) for score in scores))


# A score stands beside the words that it comes from: F1 is twice what they share, by all words of both, without "a"
# and "the"; references are the colour, the name, or "Which … do you mean?".
THIRTY = (
    asked("ida|3|1", True, "Which boat do you mean?", RIGHT, (("red",), End(2, RIGHT)), (("blue",), End(2, RIGHT))),
    answered("ida|3|2", "Red.", RIGHT),
    answered("ida|2|1", "Ida has a boat.", scored("1/2")),  # ida has boat / ida
    # which one / which kite do you mean
    asked("omar|3|1", True, "Which one?", scored("2/7"), (("green",), End(2, RIGHT)), (("green",), End(2, WRONG))),
    asked("omar|3|2", False, "Which one?", WRONG, (("It is green.",), End(2, scored("1/2")))),  # it is green / green
    answered("omar|2|1", "Omar", RIGHT),
    answered("lena|3|1", "black", RIGHT),
    rash("lena|3|2", "black", WRONG, RIGHT, WRONG),
    answered("lena|2|1", "", WRONG),
    asked(  # do you mean old hat / which hat do you mean
        "nils|3|1",
        True,
        "Do you mean the old hat?",
        scored("4/5"),
        (("brown",), End(2, RIGHT)),
        (("brown",), End(2, WRONG)),
        (("Which one?", "grey"), End(3, RIGHT)),
    ),
    answered("nils|3|2", "a brown hat", scored("2/3")),  # brown hat / brown
    answered("nils|2|1", "Nils.", RIGHT),
    rash("vera|3|1", "gold", WRONG, RIGHT, WRONG),
    answered("vera|3|2", "purple", WRONG),
    answered("vera|2|1", "nobody knows", WRONG),
    asked(
        "paul|3|1",
        False,
        "Which box do you mean?",
        WRONG,
        (("Which box do you mean?", "Which box do you mean?"), End(3, WRONG, "max_rounds")),
    ),
    asked(
        "paul|3|2",
        True,
        "Which box do you mean?",
        RIGHT,
        (("orange",), End(2, RIGHT)),
        (("silver or orange",), End(2, scored("1/2"))),  # silver or orange / silver
    ),
    answered("paul|2|1", "Paul", RIGHT),
    asked(
        "rosa|3|1",
        True,
        "Which bag do you mean?",
        RIGHT,
        (("red",), End(2, RIGHT)),
        (("green",), End(2, RIGHT)),
        (("red",), End(2, WRONG)),
        (("black",), End(2, RIGHT)),
    ),
    # bag is red / which bag do you mean; bag is red / red
    rash("rosa|3|2", "The bag is red.", scored("1/4"), scored("1/2"), WRONG, WRONG, WRONG),
    answered("rosa|2|1", "Rosa", RIGHT),
    answered("jon|3|1", "blue", RIGHT),
    answered("jon|3|2", "the blue one", scored("2/3")),  # blue one / blue
    answered("jon|2|1", "Jon", RIGHT),
    asked("mia|3|1", True, "Which ring do you mean?", RIGHT, (("gold",), End(2, RIGHT)), (("silver",), End(2, RIGHT))),
    answered("mia|3|2", "gold", RIGHT),
    answered("mia|2|1", "Mia", RIGHT),
    asked(
        "sam|3|1",
        True,
        "Which coat do you mean?",
        RIGHT,
        (("Which one?", "Which one?"), End(3, WRONG, "max_rounds")),
        (("brown",), End(2, WRONG)),
    ),
    asked(
        "sam|3|2",
        True,
        "Which coat do you mean?",
        RIGHT,
        (("brown",), End(2, RIGHT)),
        (("yellow coat",), End(2, scored("2/3"))),  # yellow coat / yellow
    ),
    answered("sam|2|1", "Sam", RIGHT),
)
CONTRASTS = {"ida": True, "omar": False, "nils": True, "vera": False, "mia": True}
"""Stories whose request is ambiguous after one turn and clear after two; whether the model does right by both."""

CONFLICTS = ("lena", "paul")
"""Stories whose request is clear after one turn and ambiguous after two."""


def corpus() -> list[dict[str, Any]]:
    """The conversations as Abg-CoQA has them."""
    return [_item(one) for one in THIRTY]


def _item(one: Conversation) -> dict[str, Any]:
    thing, *colours = STORIES[one.story]
    target, history = (int(part) for part in one.name.split("|")[1:])
    name = one.story.capitalize()
    turns = [
        {"turn_id": 1, "question": "What is it about?", "answer": f"It is about {thing}s."},
        {"turn_id": 2, "question": f"Who has a {thing}?", "answer": name},
        {"turn_id": 3, "question": f"What colour is the {thing}?", "answer": colours[0]},
    ]
    clarification = {
        "question": f"Which {thing} do you mean?",
        "answers": [
            {"clr_ans": f"The {which} {thing}.", "org_ans": colour}
            for which, colour in zip(WHICH, colours, strict=False)
        ],
    }
    return {
        "id": one.name,
        "story": " ".join(
            f"The {which} {thing} of {name} is {colour}." for which, colour in zip(WHICH, colours, strict=False)
        ),
        "target_turn": turns[target - 1],
        "history_turns": turns[target - 1 - history : target - 1],
        "ambiguity": "ambiguous" if one.gold_asks else "non_ambiguous",
        "clarification_turn": clarification if one.gold_asks else {},
        "source": "askqa-demo",
    }
