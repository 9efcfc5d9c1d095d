"""Styles in profile sets: what may be said, what is drawn, and that a manifest reads back as the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.corpus.conversation import ACTS_OF, Act, Role, Turn
from askqa_builder.errors import UsageError
from askqa_builder.voices.emotion import SPEAKABLE, Affect
from askqa_builder.voices.limits import PAUSES, PITCH_RANGE, STYLE_LOUDNESS, WIDEST_PITCH, WIDEST_RATE
from askqa_builder.voices.plain_yaml import parse_yaml
from askqa_builder.voices.profile_files import parse_profile_set, read_profile_set, shipped_profile_sets
from askqa_builder.voices.profiles import ProfileSet
from askqa_builder.voices.resolution import resolve
from askqa_builder.voices.style import NEUTRAL, DrawnStyle, Style, StyleDraw
from askqa_builder.voices.style_files import shipped_styles
from askqa_builder.voices.voice import Controls

from voices.voice_catalogues import NO_CONTROLS, catalogue, voice

PROSODIC = ("neutral", "lively", "subdued", "emphatic", "flat", "hurried", "drawn-out", "soft", "loud")
EMOTIONAL = ("happy", "sad", "angry", "fearful", "disgusted", "surprised")
SUITS = {"positive": ["lively"], "neutral": ["neutral"], "negative": ["subdued"]}
QUESTION = Turn(Role.USER, Act.QUESTION, "Which of them did she buy?")


def styled(user: object, styles: object = None, folder: Path | None = None, **roles: object) -> ProfileSet:
    """A set whose user has these styles."""
    told: dict[str, dict[str, Any]] = {role.value: {"voices": [role.value[0]]} for role in Role}
    if user is not None:
        told["user"]["styles"] = user
    for role, own in roles.items():
        told[role]["styles"] = own
    section = {} if styles is None else {"styles": styles}
    return parse_profile_set({"engine": "toy", "roles": told, **section}, "mine", "mine.yaml", folder)


def drawn(profiles: ProfileSet, turn: Turn = QUESTION, seed: int = 0) -> DrawnStyle:
    found = profiles.draw_style(turn, seed, "conversation", 0, 1, turn.text)
    assert found is not None
    return found


def test_the_shipped_styles_are_those_that_are_documented() -> None:
    shipped = shipped_styles()
    assert tuple(name for name, style in shipped.items() if not style.native) == PROSODIC
    assert tuple(name for name, style in shipped.items() if style.native) == EMOTIONAL
    assert all(style.source for style in shipped.values())
    assert replace(shipped[NEUTRAL], source=None) == Style(NEUTRAL)
    for name in EMOTIONAL:
        assert shipped[name].emotion is not None
        assert shipped[name].emotion.category == name
        assert None not in shipped[name].emotion.to_json().values()


def test_a_set_without_styles_says_what_it_said_before() -> None:
    for name in shipped_profile_sets():
        told = read_profile_set(name).to_json()
        assert ("styles" in told) is name.startswith("styled-")
        assert any("styles" in role for role in told["roles"].values()) is name.startswith("styled-")
    assert styled(None).draw_style(QUESTION, 1) is None


def test_a_list_is_drawn_evenly_for_all_that_a_role_does() -> None:
    profiles = styled(["neutral", "lively"])
    even = {"neutral": 1.0, "lively": 1.0}
    assert profiles.roles[Role.USER].styles == {Act.QUESTION: even, Act.CLARIFICATION: even}
    assert profiles.roles[Role.NARRATOR].styles == {}
    times = Counter(drawn(profiles, seed=seed).style.name for seed in range(2000))
    assert times["lively"] == pytest.approx(1000, abs=90)  # four standard deviations
    assert profiles.draw_style(Turn(Role.NARRATOR, Act.STORY, "Once."), 1) is None


def test_weights_are_of_each_act_and_others_draw_nothing() -> None:
    profiles = styled({"question": {"neutral": 2, "lively": 1, "flat": 1}})
    times = Counter(drawn(profiles, seed=seed).style.name for seed in range(2000))
    assert times["neutral"] == pytest.approx(1000, abs=90)
    assert times["flat"] == pytest.approx(500, abs=80)
    assert profiles.draw_style(Turn(Role.USER, Act.CLARIFICATION, "Yes."), 1) is None


def test_the_order_in_which_styles_are_written_does_not_count() -> None:
    one, other = styled({"question": {"neutral": 2, "lively": 1}}), styled({"question": {"lively": 1, "neutral": 2}})
    assert one == other
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())
    assert [drawn(one, seed=seed) for seed in range(50)] == [drawn(other, seed=seed) for seed in range(50)]


def test_what_is_drawn_depends_on_the_key_alone() -> None:
    profiles = styled(list(PROSODIC))
    again = styled(list(PROSODIC), {"draw": "independent"})
    for seed in range(30):
        assert drawn(profiles, seed=seed) == drawn(again, seed=seed)
    assert len({drawn(profiles, seed=seed).style.name for seed in range(200)}) == len(PROSODIC)


def test_independent_styles_say_nothing_of_the_words() -> None:
    """Of texts with one label as of those with another."""
    pytest.importorskip("vaderSentiment")
    profiles = styled(["lively", "subdued"], {"text_label": "vader", "suits": SUITS})
    times: Counter[tuple[str | None, str, bool | None]] = Counter()
    for place in range(1500):
        for text in (f"I love the happy dog {place}.", f"I hate the terrible war {place}."):
            found = drawn(profiles, Turn(Role.USER, Act.QUESTION, text))
            times[found.text_label, found.style.name, found.congruent] += 1
    assert set(times) == {
        ("positive", "lively", True),
        ("positive", "subdued", False),
        ("negative", "lively", False),
        ("negative", "subdued", True),
    }
    assert times["positive", "lively", True] == pytest.approx(750, abs=80)
    assert times["negative", "lively", False] == pytest.approx(750, abs=80)


@pytest.mark.parametrize("draw", ["congruent", "incongruent"])
def test_styles_suit_the_words_or_do_not(draw: str) -> None:
    pytest.importorskip("vaderSentiment")
    profiles = styled(["lively", "subdued", "neutral"], {"draw": draw, "text_label": "vader", "suits": SUITS})
    texts = {"positive": "I love it.", "negative": "I hate it.", "neutral": "He sold the boat."}
    for label, text in texts.items():
        for seed in range(40):
            found = drawn(profiles, Turn(Role.USER, Act.QUESTION, text), seed)
            assert found.draw.value == draw
            assert found.text_label == label
            assert found.congruent is (draw == "congruent")
            assert (found.style.name in SUITS[label]) is found.congruent


def test_a_label_without_suits_is_recorded_and_nothing_else() -> None:
    pytest.importorskip("vaderSentiment")
    found = drawn(styled(["flat"], {"text_label": "vader"}), Turn(Role.USER, Act.QUESTION, "I love it."))
    assert (found.text_label, found.congruent, found.draw) == ("positive", None, StyleDraw.INDEPENDENT)


def test_definitions_that_nothing_names_are_left_out() -> None:
    define = {"mine": {"pitch": 1.5}, "yours": {"rate": 1.1}}
    assert styled(["mine"], {"define": define}) == styled(["mine"], {"define": {"mine": {"pitch": 1.5}}})
    assert list(styled(["mine"], {"define": define}).to_json()["styles"]["define"]) == ["mine"]


def test_a_manifest_has_shipped_styles_as_they_were(tmp_path: Path) -> None:
    told = styled(["lively"]).to_json()
    told["styles"]["define"]["lively"]["pitch"] = 0.7
    assert parse_profile_set(told, "mine", "askqa.json").styles.known["lively"].pitch == 0.7  # type: ignore[union-attr]
    with pytest.raises(UsageError, match=r"mine\.yaml: styles\.define: lively comes with askqa; call yours otherwise"):
        styled(["lively"], told["styles"], tmp_path)


FAULTS: dict[str, tuple[object, object, str]] = {
    # name: (the user's styles, the section `styles`, what is said behind the file)
    "unknown": (
        ["livly"],
        None,
        "roles.user.styles.question: there is no style 'livly' (close: lively); there are",
    ),
    "an emotion that is none": (
        ["Happy"],
        {"define": {"Happy": {"pitch": 2}}},
        "styles.define: Happy is the name of an emotion, and what a signal processor does is none",
    ),
    "an empty list": ([], None, "roles.user.styles: [] is no list of styles"),
    "an empty mapping": ({}, None, "roles.user.styles: {} is neither a list of styles"),
    "a name alone": ("lively", None, "roles.user.styles: 'lively' is neither a list of styles, such as [neutral, live"),
    "a number": ([1], None, "roles.user.styles: 1 is not the name of a style"),
    "twice": (["flat", "flat"], None, "flat is listed twice; give weights instead, as {flat: 2}"),
    "another's act": (
        {"answer": ["flat"]},
        None,
        "roles.user.styles: answer is no act of the user; allowed: question",
    ),
    "no act": ({"questoin": ["flat"]}, None, "roles.user.styles: unknown key 'questoin' (close: question)"),
    "no weight": ({"question": {"flat": 0}}, None, "roles.user.styles.question.flat: 0 is not a weight; allowed: a"),
    "truth as weight": ({"question": {"flat": True}}, None, "True is not a weight"),
    "infinite weight": ({"question": {"flat": float("inf")}}, None, "inf is not a weight"),
    "nobody draws": (None, {"draw": "independent"}, "styles: no role draws a style; give one `styles`"),
    "unknown draw": (["flat"], {"draw": "congrent"}, "styles.draw: 'congrent' is unknown (close: congruent"),
    "unknown key": (["flat"], {"suit": {}}, "styles: unknown key 'suit' (close: suits)"),
    "no labeller": (["flat"], {"draw": "congruent", "suits": SUITS}, "styles.suits: these are labels of texts; say wi"),
    "no suits": (["flat"], {"draw": "incongruent", "text_label": "vader"}, "styles.suits: needed where draw is incong"),
    "nor a labeller": (["flat"], {"draw": "congruent"}, "styles.text_label: needed where draw is congruent"),
    "unknown labeller": (["flat"], {"text_label": "vadr"}, "styles.text_label: 'vadr' is unknown (close: vader); all"),
    "a label missing": (
        ["flat"],
        {"text_label": "vader", "suits": {"positive": ["flat"]}},
        "styles.suits: the key 'neutral' is missing; needed: positive, neutral, negative",
    ),
    "a label too many": (
        ["flat"],
        {"text_label": "vader", "suits": {**SUITS, "angry": []}},
        "styles.suits: unknown key 'angry'",
    ),
    "unknown suit": (
        ["flat"],
        {"text_label": "vader", "suits": {**SUITS, "negative": ["sadd"]}},
        "styles.suits.negative: there is no style 'sadd' (close: sad",
    ),
    "nothing left": (
        {"question": ["lively", "subdued"]},
        {"draw": "congruent", "text_label": "vader", "suits": SUITS},
        "draw is congruent, and these have no such style: roles.user.styles.question (lively, subdued) for neutral "
        "texts. Give each a style that suits them (those that suit: neutral: neutral), change styles.suits, or",
    ),
    "nothing unfit left": (
        ["lively", "flat"],
        {"draw": "incongruent", "text_label": "vader", "suits": {**SUITS, "positive": ["lively", "flat"]}},
        "draw is incongruent, and these have no such style: roles.user.styles.question (flat, lively) for positive "
        "texts; roles.user.styles.clarification (flat, lively) for positive texts. Give each a style that does not",
    ),
    "too high": (
        ["x"],
        {"define": {"x": {"pitch": 13}}},
        "styles.define.x.pitch: 13 is not a number from -12 to 12, s",
    ),
    "too wide": (["x"], {"define": {"x": {"pitch_range": 2.5}}}, "x.pitch_range: 2.5 is not a number from 0.3 to 2"),
    "no number": (["x"], {"define": {"x": {"rate": "fast"}}}, "x.rate: 'fast' is not a number from 0.5 to 2"),
    "not finite": (["x"], {"define": {"x": {"loudness": float("nan")}}}, "x.loudness: nan is not a number from -12"),
    "unknown number": (["x"], {"define": {"x": {"volume": 2}}}, "styles.define.x: unknown key 'volume'"),
    "odd name": (["x y"], {"define": {"x y": {}}}, "styles.define: 'x y' is not a style's name"),
    "no emotion": (
        ["x"],
        {"define": {"x": {"emotion": {"category": "hapy"}}}},
        "emotion.category: 'hapy' is unknown",
    ),
    "not speakable": (["x"], {"define": {"x": {"emotion": {"category": "other"}}}}, "category: 'other' is unknown"),
    "no category": (["x"], {"define": {"x": {"emotion": {"valence": 1}}}}, "x.emotion: the key 'category' is missing"),
    "beyond 1": (
        ["x"],
        {"define": {"x": {"emotion": {"category": "sad", "arousal": 1.5}}}},
        "x.emotion.arousal: 1.5 is not a number from 0 to 1",
    ),
    "instructions alone": (["x"], {"define": {"x": {"instructions": "Be kind."}}}, "x.instructions: they say how an e"),
    "blank source": (["x"], {"define": {"x": {"source": " "}}}, "x.source: ' ' is not text"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gives_one_line_with_file_and_key(name: str) -> None:
    user, styles, said = FAULTS[name]
    with pytest.raises(UsageError) as caught:
        styled(user, styles)
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine.yaml: ")
    assert "\n" not in str(caught.value)


def test_all_acts_and_labels_without_a_style_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        styled(
            {"question": ["subdued"], "clarification": ["lively", "neutral"]},
            {"draw": "congruent", "text_label": "vader", "suits": {**SUITS, "neutral": []}},
        )
    told = str(caught.value)
    assert "\n" not in told
    assert "roles.user.styles.question (subdued) for positive and neutral texts; " in told
    assert "roles.user.styles.clarification (lively, neutral) for neutral and negative texts. Give each" in told
    assert "(those that suit: positive: lively; neutral: none so far; negative: subdued)" in told


def test_people_who_were_recorded_draw_no_style(tmp_path: Path) -> None:
    roles: dict[str, Any] = {role.value: {"voices": ["a"]} for role in Role}
    roles["user"] |= {"engine": "recording", "styles": ["lively"]}
    with pytest.raises(UsageError, match=r"roles\.user\.styles: people are heard as they were recorded"):
        parse_profile_set({"engine": "toy", "roles": roles}, "mine", "mine.yaml", tmp_path)


def test_an_emotion_needs_voices_that_can_be_asked_for_it() -> None:
    able = replace(NO_CONTROLS, emotions=frozenset({"happy", "sad"}))
    voices = catalogue("n", voice("u", controls=able), "a")
    happy = styled(["neutral", "happy"])
    assert resolve(happy, {"toy": voices}).profiles.styles == happy.styles
    with pytest.raises(UsageError) as caught:
        resolve(styled({"clarification": ["angry"]}), {"toy": voices})
    assert str(caught.value).startswith(
        "mine.yaml: roles.user.styles.clarification: angry is the emotion angry, for which voice 'u' of engine toy "
        "cannot be asked (it can for happy, sad); draw prosodic styles"
    )
    with pytest.raises(UsageError, match="it can for nothing"):
        resolve(styled(["happy"]), {"toy": catalogue("n", "u", "a")})
    # what merely suits a text is not spoken
    suits = {**SUITS, "positive": ["happy"]}
    resolve(styled(["flat"], {"text_label": "vader", "suits": suits}), {"toy": catalogue("n", "u", "a")})


NUMBERS = {
    "pitch": WIDEST_PITCH,
    "pitch_range": PITCH_RANGE,
    "rate": WIDEST_RATE,
    "loudness": STYLE_LOUDNESS,
    "pauses": PAUSES,
}
_TEXTS = st.none() | st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip()))
_SHARES = st.none() | st.floats(0, 1)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    told: dict[str, Any] = {key: draw(st.floats(*limits)) for key, limits in NUMBERS.items() if draw(st.booleans())}
    told["source"] = draw(_TEXTS)
    if draw(st.booleans()):
        affect = {name: draw(_SHARES) for name in ("valence", "arousal", "dominance")}
        told["emotion"] = {"category": draw(st.sampled_from(SPEAKABLE)), **affect}
        told["instructions"] = draw(_TEXTS)
    return told


_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,39}", fullmatch=True).filter(lambda name: name not in shipped_styles())


@st.composite
def sets(draw: st.DrawFn) -> ProfileSet:
    define = draw(st.dictionaries(_NAMES, definitions(), max_size=4))
    names = st.sampled_from([*PROSODIC, *EMOTIONAL, *define])
    weights = st.dictionaries(names, st.floats(0.001, 1000) | st.integers(1, 1000), min_size=1, max_size=4)
    roles: dict[str, object] = {}
    for role in Role:
        acts = [act.value for act in ACTS_OF[role]]
        lists = st.lists(names, min_size=1, max_size=4, unique=True)
        roles[role.value] = draw(lists | st.dictionaries(st.sampled_from(acts), weights | lists, min_size=1))
    styles: dict[str, object] = {"define": define}
    if draw(st.booleans()):
        styles["text_label"] = "vader"
        if draw(st.booleans()):
            styles["suits"] = {label: draw(st.lists(names, max_size=4)) for label in SUITS}
    return styled(roles.pop("user"), styles, **roles)


@settings(max_examples=300, deadline=None)
@given(sets())
def test_the_canonical_form_is_read_back(profiles: ProfileSet) -> None:
    told = json.loads(json.dumps(profiles.to_json(), allow_nan=False))
    again = parse_profile_set(told, "mine", "askqa.json")
    assert again == profiles
    assert again.to_json() == told
    for role, own in again.roles.items():
        for act in own.styles:
            turn = Turn(role, act, "He sold the boat.")
            assert again.draw_style(turn, 3, "key") == profiles.draw_style(turn, 3, "key")


def test_controls_say_nothing_of_emotions_by_themselves() -> None:
    assert Controls(None, None, word_times=False).emotions == frozenset()


def test_a_style_tells_all_but_its_name() -> None:
    style = Style("mine", 1.0, 1.2, 0.9, -2.0, 1.3, Affect("sad", 0.1), "Speak softly.", "somebody")
    told: Mapping[str, Any] = style.to_json()
    assert "name" not in told
    assert told["emotion"] == {"category": "sad", "valence": 0.1, "arousal": None, "dominance": None}


def test_the_documented_congruent_set_is_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "styles.md").read_text("utf-8")
    example = page.split("```yaml\n")[2].split("```", 1)[0]
    rules = parse_profile_set(parse_yaml(example, "styles.md"), "example", "styles.md", Path()).styles
    assert rules is not None
    assert rules.draw is StyleDraw.CONGRUENT


def test_the_documented_set_is_read_and_canonical() -> None:
    page = (Path(__file__).parents[2] / "docs" / "styles.md").read_text("utf-8")
    example = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    profiles = parse_profile_set(parse_yaml(example, "styles.md"), "example", "styles.md", Path())
    assert profiles.roles[Role.ASSISTANT].styles[Act.ANSWER] == {"lively": 1.0, "mine": 1.0, "neutral": 2.0}
    assert profiles.styles is not None
    assert profiles.styles.known["mine"].pauses == 0.9
    assert parse_profile_set(profiles.to_json(), "example", "askqa.json") == profiles
