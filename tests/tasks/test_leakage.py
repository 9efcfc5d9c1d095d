"""What the text alone gives away: about chance on ours, far above it where something leaks."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from harness import askqa_here, manifest
from task_sets import examples_of

from askqa_builder.proportions import wilson
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.leakage import Leakage, LeakageSample, leaks
from askqa_builder.tasks.reasoning.task import Reasoning
from askqa_builder.tasks.wordings import load_wordings


def leakage(examples: list[Example]) -> Leakage | None:
    sample = LeakageSample([Reasoning(load_wordings())])
    for example in examples:
        sample.offer(example)
    return sample.measure()


def example(number: int, story: int, prompt: str, label: str, kind: str = "statement") -> Example:
    return Example(
        id=f"{number}", task="reasoning", kind=kind, row_id="r", conversation_id="c", story_id=f"s{story}", turn=None,
        seed=0, audio=[], story=None, prompt=prompt, answer=label, references=[label], action=None, label=label,
        statement=prompt, facts="{}", contrast_id=None, language="en", license="CC0-1.0",
    )  # fmt: skip


WORDS = (
    "river",
    "stone",
    "apple",
    "window",
    "candle",
    "mountain",
    "pencil",
    "harbour",
    "feather",
    "violin",
    "sea",
    "fog",
)
LABELS = ("supported", "contradicted", "not told")


def drawn(count: int, tell: float) -> list[Example]:
    """Statements of random words; a word that tells the label is in a share of them."""
    draws = random.Random(1)
    found = []
    for number in range(count):
        label = draws.choice(LABELS)
        words = draws.choices(WORDS, k=8) + ([f"word{LABELS.index(label)}"] if draws.random() < tell else [])
        found.append(example(number, number // 5, " ".join(words), label))
    return found


def test_ours_are_guessed_about_as_well_as_by_chance(storybook: Path, examples_made: Path) -> None:
    measured = leakage([Example(**one) for one in examples_of(examples_made)])
    assert measured is not None
    assert measured.examples > 200
    assert measured.low <= measured.chance + 0.05
    assert measured.high >= measured.chance - 0.05
    assert manifest(examples_made)["leakage"] == measured.to_json()
    assert leaks(measured) == []
    made = askqa_here("tasks", storybook, examples_made)
    told = made.stdout
    assert "warning" not in made.stderr
    for kind, found in measured.kinds.items():
        assert f"{kind} {found.accuracy:.0%} ({found.chance:.0%})" in told
    assert f"a bag of words guesses {measured.accuracy:.1%} ({measured.low:.1%} to {measured.high:.1%})" in told


def test_noise_is_guessed_by_chance() -> None:
    measured = leakage(drawn(1500, 0.0))
    assert measured is not None
    assert measured.low < 1 / 3 < measured.high
    assert measured.chance == pytest.approx(1 / 3)
    assert measured.examples == 1500


@pytest.mark.parametrize("tell", [0.3, 1.0])
def test_a_word_that_tells_the_label_is_found_out(tell: float) -> None:
    measured = leakage(drawn(1500, tell))
    assert measured is not None
    assert measured.low > 1 / 3 + 0.5 * tell * 2 / 3
    assert measured.accuracy > 0.95 or tell < 1
    (warning,) = leaks(measured)
    assert f"labels away of statement (at least {measured.low:.1%} are guessed, chance 33.3%), all reasoning" in warning
    assert "leave them out (--without statement)" in warning


def test_each_kind_that_gives_labels_away_is_named() -> None:
    """A large kind that gives nothing away hides none that does."""
    told = [
        example(10_000 + n, n, f"{WORDS[n % 12]} word{n % 2}", "no" if n % 2 else "yes", "ambiguous")
        for n in range(100)
    ]
    of_four = [example(20_000 + n, n, f"{WORDS[n % 12]} word{n % 4}", "ABCD"[n % 4], "continuation") for n in range(60)]
    measured = leakage([*drawn(3000, 0.0), *told, *of_four])
    assert measured is not None
    assert not measured.leaks
    (warning,) = leaks(measured)
    assert "ambiguous (at least 92.4% are guessed, chance 50.0%), continuation (at least 86.9%" in warning
    assert "--without ambiguous,continuation" in warning
    assert "statement" not in warning
    assert "together" not in warning


def test_a_kind_of_few_stories_is_told() -> None:
    measured = leakage([*drawn(100, 0.0), *(example(900 + n, n % 4, "a b", "yes", "ambiguous") for n in range(40))])
    assert measured is not None
    assert (list(measured.kinds), measured.too_few, measured.examples) == (["statement"], {"ambiguous": 4}, 100)


def test_negations_that_tell_are_found_out(examples_made: Path) -> None:
    """Were wrong answers always affirmed and right ones denied, the text would say it all."""
    leaky = []
    for one in examples_of(examples_made, kind="statement"):
        if one["label"] != "not told":
            label = "contradicted" if " not " in one["statement"] else "supported"
            leaky.append(Example(**{**one, "label": label, "answer": label}))
    measured = leakage(leaky)
    assert measured is not None
    assert measured.low > 0.75


def test_what_only_a_story_tells_is_no_leak() -> None:
    """Words that occur in one story alone help nobody who is asked about another."""
    draws = random.Random(2)
    examples = []
    for number in range(720):
        story, label = number // 6, draws.choice(LABELS)
        examples.append(example(number, story, f"{WORDS[number % 12]} hint{story}x{LABELS.index(label)}", label))
    measured = leakage(examples)
    assert measured is not None
    # as a split by example, not by story, it would be guessed
    assert measured.low < 0.4


def test_one_label_alone_is_always_guessed() -> None:
    measured = leakage([example(n, n, f"{WORDS[n % 12]} {n}", "supported") for n in range(60)])
    assert measured is not None
    assert (measured.accuracy, measured.most_frequent) == (1.0, 1.0)
    assert measured.chance == pytest.approx(1 / 3)


def test_chance_is_that_of_the_kinds() -> None:
    of_two = [example(n, n, WORDS[n % 12], "yes" if n % 2 else "no", "ambiguous") for n in range(40)]
    of_four = [example(100 + n, n, WORDS[n % 12], "ABCD"[n % 4], "continuation") for n in range(80)]
    measured = leakage([*of_two, *of_four])
    assert measured is not None
    assert measured.chance == pytest.approx((40 / 2 + 80 / 4) / 120)
    assert measured.most_frequent == pytest.approx((20 + 20) / 120)
    assert list(measured.kinds) == ["ambiguous", "continuation"]
    assert (measured.kinds["ambiguous"].chance, measured.kinds["continuation"].chance) == (0.5, 0.25)
    assert sum(kind.examples * kind.accuracy for kind in measured.kinds.values()) == pytest.approx(
        measured.examples * measured.accuracy
    )


def alike_in_stories(seed: int, stories: int = 20) -> list[Example]:
    """Eight examples of each story with the same words and the same label, the label drawn whatever the words are."""
    draws = random.Random(seed)
    found = []
    for story in range(stories):
        words, label = draws.choices(WORDS, k=4), draws.choice(("yes", "no"))
        for number in range(8):
            prompt = " ".join([*words, draws.choice(WORDS)])
            found.append(example(50_000 + story * 8 + number, story, prompt, label, "ambiguous"))
    return found


def holds_chance(measured: Leakage | None) -> bool:
    assert measured is not None
    return measured.low <= measured.chance <= measured.high


def width(measured: Leakage | None) -> float:
    assert measured is not None
    return measured.high - measured.low


def as_if_independent(measured: Leakage | None) -> tuple[float, float]:
    assert measured is not None
    return wilson(measured.accuracy * measured.examples, measured.examples)


def test_examples_of_a_story_that_are_alike_are_no_leak() -> None:
    """Eight of one story are guessed right or wrong together: as independent ones some would be called a leak."""
    measured = [leakage(alike_in_stories(seed)) for seed in range(40)]
    alone = [as_if_independent(one) for one in measured]
    assert sum(low > 0.5 + 0.05 for low, _ in alone) >= 5
    assert sum(low <= 0.5 <= high for low, high in alone) < 30
    assert sum(map(holds_chance, measured)) >= 36
    assert [leaks(one) for one in measured].count([]) >= 39


def test_chance_is_in_intervals_of_examples_that_are_not_alike_too() -> None:
    """What is learnt of one fold is asked of another, and the other way round: all are right or wrong together."""
    measured = []
    for seed in range(40):
        draws = random.Random(seed)
        texts = [" ".join(draws.choices(WORDS, k=6)) for _ in range(300)]
        labels = draws.choices(("yes", "no"), k=300)
        measured.append(leakage([example(n, n // 3, texts[n], labels[n], "ambiguous") for n in range(300)]))
    assert sum(map(holds_chance, measured)) >= 36
    alone = [high - low for low, high in map(as_if_independent, measured)]
    wider = [width(one) / other for one, other in zip(measured, alone, strict=True)]
    assert min(wider) > 1.05
    assert max(wider) < 1.5


@pytest.mark.parametrize("stories", [5, 6, 40])
def test_few_stories_make_nothing_certain(stories: int) -> None:
    """Of five stories, all may be guessed by chance, however many examples they have."""
    places = [n // stories % 2 for n in range(20 * stories)]
    told = [example(n, n % stories, f"{n} word{i}", ("yes", "no")[i], "ambiguous") for n, i in enumerate(places)]
    measured = leakage(told)
    assert measured is not None
    assert (measured.accuracy, measured.high) == (1.0, pytest.approx(1.0))
    assert as_if_independent(measured)[0] > 0.95
    assert (measured.low > 0.8) is (stories == 40)
    assert holds_chance(measured) is (stories < 40)
    assert bool(leaks(measured)) is (stories == 40)


def test_the_order_of_examples_does_not_matter() -> None:
    examples = alike_in_stories(3) + drawn(300, 0.2)
    measured = leakage(examples)
    assert leakage(list(reversed(examples))) == measured
    assert leakage(random.Random(4).sample(examples, len(examples))) == measured


def test_a_set_too_large_to_read_at_once_is_thinned_out_of_each_kind_alone() -> None:
    many = [example(n, n % 50, f"{WORDS[n % 12]} {n}", LABELS[n % 3]) for n in range(3000)]
    few = [example(9000 + n, n, f"word{n % 2}", "no" if n % 2 else "yes", "ambiguous") for n in range(60)]
    measured = leakage([*many, *few])
    assert measured is not None
    assert (measured.kinds["statement"].examples, measured.kinds["ambiguous"].examples) == (2500, 60)


def test_too_little_is_not_measured() -> None:
    assert leakage([]) is None
    assert leakage(drawn(19, 1.0)) is None
    assert leakage([example(n, n % 4, "a b", "supported") for n in range(100)]) is None
    others = [Example(**{**vars(one), "task": "listening"}) for one in drawn(100, 1.0)]
    assert leakage(others) is None
