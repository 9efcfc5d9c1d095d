from __future__ import annotations

import pickle
from collections import Counter
from functools import cache
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.voices.casting import Cast, CastingKey, cast
from askqa_builder.voices.pool import SPLITS, divide, satisfiable
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.resolution import ResolvedProfileSet, resolve

from voices.voice_catalogues import FLITE, catalogue, numbered, profile_data, resolved, voice

EVERYONE = (["*"], ["*"], ["*"])
few_names = st.lists(st.sampled_from("abcdef"), min_size=1, unique=True)
keys = st.builds(
    CastingKey,
    seed=st.integers(0, (1 << 53) - 1),
    item=st.text(st.characters(codec="utf-8")),
    rendition=st.integers(0, 5),
    split=st.sampled_from(SPLITS),
)


def train(item: object, seed: int = 0, rendition: int = 0) -> CastingKey:
    return CastingKey(seed, str(item), rendition, "train")


def names(found: Cast) -> dict[Role, str]:
    return {role: speaker.voice.name for role, speaker in found.items()}


@cache
def flite() -> ResolvedProfileSet:
    return resolve(read_profile_set("flite"), {"flite": FLITE})


def test_the_cast_of_a_key_does_not_change() -> None:
    """These values are in published datasets: a change here gives every conversation other voices."""
    drawn = [
        (one.voice.name, one.rate, one.pitch, one.loudness)
        for one in cast(flite(), CastingKey(7, "mctest_0042", 1, "validation")).values()
    ]
    assert drawn == [
        ("slt", 1.002699391, -1.184184718, -23.0),
        ("kal16", 1.017777335, -0.286165574, -22.254811268),
        ("awb", 1.008997097, -0.49693071, -24.392120975),
    ]


def test_the_ranking_of_a_key_does_not_change() -> None:
    pool = resolved(profile_data(*EVERYONE), numbered(6)).pools[Role.USER]["train"]
    assert [one.name for one in pool.ranked(0, "c", "user", 0, "voice")] == [
        "v003",
        "v004",
        "v001",
        "v005",
        "v000",
        "v002",
    ]


def test_the_division_of_voices_does_not_change() -> None:
    """A voice that went from test to train would have been heard in training."""
    names_of: dict[str, list[str]] = {split: [] for split in SPLITS}
    nine = [("toy", f"v{i:03d}") for i in range(9)]
    for (_, name), split in sorted(divide(dict.fromkeys(Role, nine), "toy.yaml").items()):
        names_of[split].append(name)
    assert names_of == {
        "train": ["v001", "v006", "v007"],
        "validation": ["v000", "v005", "v008"],
        "test": ["v002", "v003", "v004"],
    }


@given(keys)
def test_roles_have_three_voices_within_their_limits(key: CastingKey) -> None:
    found = cast(flite(), key)
    assert list(found) == list(Role)
    assert len({speaker.identity for speaker in found.values()}) == 3
    for role, speaker in found.items():
        assert speaker.role is role
        assert speaker.engine.key == "flite"
        assert FLITE[speaker.voice.name] == speaker.voice
        assert 0.7 <= speaker.rate <= 1.4
        assert -4.0 <= speaker.pitch <= 4.0
        assert -27.0 <= speaker.loudness <= -21.0


@settings(max_examples=30)
@given(st.lists(keys, min_size=2, max_size=5))
def test_a_cast_depends_on_its_key_alone(some: list[CastingKey]) -> None:
    one, other = flite(), pickle.loads(pickle.dumps(flite()))
    forwards = [cast(one, key) for key in some]
    assert [cast(other, key) for key in reversed(some)] == forwards[::-1]


def test_each_part_of_the_key_matters() -> None:
    found = resolved(
        profile_data(*EVERYONE, loudness={role.value: ["uniform", -27, -21] for role in Role}), numbered(100)
    )
    base = cast(found, train("c"))
    for other in (train("d"), train("c", seed=1), train("c", rendition=1)):
        again = cast(found, other)
        for role in Role:
            assert again[role].voice != base[role].voice
            assert again[role].loudness != base[role].loudness
    # Where all splits share their voices, a conversation sounds the same in each.
    assert cast(found, CastingKey(0, "c", 0, "test")) == base


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(UsageError, match="allowed: train, validation, test"):
        CastingKey(0, "c", 0, "dev")


def test_the_order_of_the_list_does_not_matter_and_a_new_voice_moves_few() -> None:
    voices = numbered(40)
    ordered = sorted(voices)
    before = resolved(profile_data(ordered, ordered, ordered), voices)
    turned = resolved(profile_data(ordered[::-1], ordered[5:] + ordered[:5], ordered), voices)
    more = resolved(profile_data(*EVERYONE), numbered(41))
    moved = 0
    for item in range(300):
        cast_before = names(cast(before, train(item)))
        assert names(cast(turned, train(item))) == cast_before
        cast_more = names(cast(more, train(item)))
        if "v040" not in cast_more.values():
            assert cast_more == cast_before
        else:
            moved += 1
    assert 5 <= moved <= 45  # 3 of 41 expected: 22


@given(few_names, few_names, few_names, keys)
def test_everybody_finds_a_voice_where_an_assignment_exists(
    narrator: list[str], user: list[str], assistant: list[str], key: CastingKey
) -> None:
    assume(any(len(set(three)) == 3 for three in product(narrator, user, assistant)))
    found = resolved(profile_data(narrator, user, assistant), catalogue(*"abcdef"))
    chosen = names(cast(found, key))
    assert len(set(chosen.values())) == 3
    assert chosen[Role.NARRATOR] in narrator
    assert chosen[Role.USER] in user
    assert chosen[Role.ASSISTANT] in assistant


@given(st.lists(st.frozensets(st.sampled_from("abcd")), max_size=3), st.frozensets(st.sampled_from("abcd")))
def test_satisfiable_is_what_trying_all_finds(lists: list[frozenset[str]], taken: frozenset[str]) -> None:
    candidates = [frozenset(("toy", name) for name in one) for one in lists]
    expected = any(
        len(set(chosen)) == len(chosen) and not taken & set(chosen)
        for chosen in product(*(sorted(one) for one in lists))
    )
    assert satisfiable(candidates, {("toy", name) for name in taken}) is expected


def test_a_voice_that_a_later_role_needs_is_left_to_it() -> None:
    found = resolved(profile_data(["a", "b"], ["a"], ["a", "b", "c"]), catalogue(*"abc"))
    for item in range(50):
        assert names(cast(found, train(item))) == {Role.NARRATOR: "b", Role.USER: "a", Role.ASSISTANT: "c"}


def test_every_voice_comes_up_as_often_as_every_other() -> None:
    found = resolved(profile_data(*EVERYONE), numbered(20))
    counts: dict[Role, Counter[str]] = {role: Counter() for role in Role}
    pairs: Counter[tuple[str, str]] = Counter()
    for item in range(2000):
        chosen = names(cast(found, train(item)))
        for role, name in chosen.items():
            counts[role][name] += 1
        pairs[chosen[Role.NARRATOR], chosen[Role.USER]] += 1
    for counter in counts.values():
        # 19 degrees of freedom: above 43.8 once in a thousand.
        assert sum((counter[f"v{i:03d}"] - 100) ** 2 / 100 for i in range(20)) < 43.8
    # Roles are ranked independently: 380 pairs, 379 degrees of freedom, above 468 once in a thousand.
    expected = 2000 / 380
    assert len({one for pair in pairs for one in pair}) == 20
    assert sum((count - expected) ** 2 / expected for count in pairs.values()) + expected * (380 - len(pairs)) < 468


def test_balance_uses_groups_equally_however_many_voices_they_have() -> None:
    found = resolved(profile_data(*EVERYONE, balance=["gender"], distinct_voices=False), numbered(40, women=6))
    counts: Counter[str] = Counter()
    for item in range(2000):
        counts.update(name for role, name in names(cast(found, train(item))).items() if role is Role.USER)
    women = sum(counts[f"v{i:03d}"] for i in range(6))
    assert 900 < women < 1100
    for i in range(6):
        assert 120 < counts[f"v{i:03d}"] < 215  # 167 expected
    for i in range(6, 40):
        assert 10 < counts[f"v{i:03d}"] < 55  # 29 expected


def test_balanced_roles_choose_their_groups_independently() -> None:
    found = resolved(profile_data(*EVERYONE, balance=["gender"]), numbered(40, women=6))
    counts = Counter(
        tuple(speaker.voice.gender for speaker in cast(found, train(item)).values()) for item in range(2000)
    )
    assert len(counts) == 8
    assert all(190 < count < 310 for count in counts.values())  # 250 expected


def test_balance_nests_and_what_is_unknown_is_a_group() -> None:
    voices = catalogue(
        voice("f-en-1", "female", "English"),
        voice("f-en-2", "female", "English"),
        voice("f-en-3", "female", "English"),
        voice("f-us", "female", "American"),
        voice("m-us", "male", "American"),
        voice("nobody"),
    )
    found = resolved(profile_data(*EVERYONE, balance=["gender", "accent"], distinct_voices=False), voices)
    counts = Counter(names(cast(found, train(item)))[Role.NARRATOR] for item in range(2000))
    assert counts["nobody"] == pytest.approx(2000 / 3, abs=75)
    assert counts["m-us"] == pytest.approx(2000 / 3, abs=75)
    assert counts["f-us"] == pytest.approx(1000 / 3, abs=60)
    for i in (1, 2, 3):
        assert counts[f"f-en-{i}"] == pytest.approx(1000 / 9, abs=40)


@st.composite
def role_lists(draw: st.DrawFn) -> dict[Role, list[tuple[str, str]]]:
    """Lists of three roles, small or of more than a hundred voices, overlapping or not."""
    count = draw(st.sampled_from([9, 12, 20, 60, 150]))
    everyone = [("toy", f"v{i:03d}") for i in range(count)]
    lists = {}
    for role in Role:
        start = draw(st.integers(0, count - 9))
        lists[role] = everyone[start : draw(st.integers(start + 9, count))]
    return lists


@given(role_lists())
def test_no_voice_is_heard_in_two_splits(lists: dict[Role, list[tuple[str, str]]]) -> None:
    try:
        assigned = divide(lists, "toy.yaml")
    except UsageError as error:
        assert str(error).startswith("toy.yaml: roles.")  # noqa: PT017
        return
    assert set(assigned) == {one for voices in lists.values() for one in voices}
    for voices in lists.values():
        counts = Counter(assigned[one] for one in voices)
        assert min(counts[split] for split in SPLITS) >= 3
    first = lists[Role.NARRATOR]
    counts = Counter(assigned[one] for one in first)
    held_out = max(3, round(len(first) / 5))
    assert (counts["validation"], counts["test"]) == (held_out, held_out)
    assert divide({role: voices[::-1] for role, voices in lists.items()}, "toy.yaml") == assigned


def test_roles_with_lists_of_their_own_are_divided_six_to_two_to_two() -> None:
    lists = {role: [(role.value, f"v{i:03d}") for i in range(110)] for role in Role}
    assigned = divide(lists, "toy.yaml")
    for voices in lists.values():
        assert Counter(assigned[one] for one in voices) == {"train": 66, "validation": 22, "test": 22}
    # The same names of two engines are divided independently.
    assert {name for (engine, name), split in assigned.items() if (engine, split) == ("user", "test")} != {
        name for (engine, name), split in assigned.items() if (engine, split) == ("narrator", "test")
    }


def test_a_role_that_overlaps_an_earlier_one_still_gets_three_for_each_split() -> None:
    everyone = [("toy", f"v{i:03d}") for i in range(30)]
    ten = divide(dict.fromkeys(Role, everyone[:10]), "toy.yaml")
    validation = [one for one, split in ten.items() if split == "validation"]
    lists = {
        Role.NARRATOR: everyone[:10],
        Role.USER: validation + everyone[10:16],
        Role.ASSISTANT: everyone[:10],
    }
    assigned = divide(lists, "toy.yaml")
    assert Counter(assigned[one] for one in lists[Role.USER]) == {"train": 3, "validation": 3, "test": 3}
    assert {one: assigned[one] for one in everyone[:10]} == ten


def test_disjoint_casts_share_no_voice_between_splits() -> None:
    found = resolved(profile_data(["v0*"], ["v*"], ["v00*", "v1*"], voice_split="disjoint"), numbered(150))
    heard: dict[str, set[str]] = {split: set() for split in SPLITS}
    for split, item, seed in product(SPLITS, range(150), range(2)):
        heard[split].update(names(cast(found, CastingKey(seed, str(item), 0, split))).values())
    assert not heard["train"] & heard["validation"]
    assert not heard["train"] & heard["test"]
    assert not heard["validation"] & heard["test"]
    assert len(heard["train"] | heard["validation"] | heard["test"]) == 150


def test_kept_roles_stay_and_their_voices_are_not_free() -> None:
    found = flite()
    for item in range(100):
        story = cast(found, train("story"))
        kept = {Role.NARRATOR: story[Role.NARRATOR]}
        again = cast(found, train(item), kept)
        assert list(again) == list(Role)
        assert again[Role.NARRATOR] is story[Role.NARRATOR]
        assert len(set(names(again).values())) == 3


def test_keeping_everybody_changes_nothing() -> None:
    before = cast(flite(), train("c"))
    assert cast(flite(), train("d"), before) == before


def test_a_role_to_which_kept_voices_leave_none_shares_its_first() -> None:
    found = resolved(profile_data(["a", "b"], ["a"], ["a", "b", "c"]), catalogue(*"abc"))
    before = cast(resolved(profile_data(["a"], ["b"], ["c"]), catalogue(*"abc")), train("c"))
    again = cast(found, train("c"), {Role.NARRATOR: before[Role.NARRATOR]})
    assert names(again)[Role.NARRATOR] == "a"
    assert names(again)[Role.USER] == "a"
    assert names(again)[Role.ASSISTANT] in "bc"
