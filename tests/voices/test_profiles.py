from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml

from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.seeds import Stream
from askqa_builder.voices.distributions import Constant, Lognormal, Normal, Uniform
from askqa_builder.voices.limits import pitch_limits, rate_limits
from askqa_builder.voices.plain_yaml import MAXIMUM_BYTES
from askqa_builder.voices.pool import SPLITS
from askqa_builder.voices.profile_files import parse_profile_set, read_profile_set, shipped_profile_sets
from askqa_builder.voices.profiles import Pause, VoiceSplit
from askqa_builder.voices.resolution import resolve
from askqa_builder.voices.voice import Controls

from voices.voice_catalogues import FLITE, catalogue, numbered, parsed, profile_data, resolved, voice

ROLES = "roles: {narrator: {voices: [a]}, user: {voices: [b]}, assistant: {voices: [c]}}"
GOOD = f"engine: toy\n{ROLES}\n"


def user(text: str) -> str:
    """A set whose user is this."""
    return f"engine: toy\nroles: {{narrator: {{voices: [a]}}, assistant: {{voices: [c]}}, user: {text}}}\n"


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def merge_bomb(levels: int) -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


MALFORMED: dict[str, tuple[str | bytes, str]] = {
    # name: (what the file holds, what the error says beside the file)
    "empty": ("", "not a mapping"),
    "only a comment": ("# nothing\n", "not a mapping"),
    "a list": ("[a, b]", "not a mapping"),
    "a string": ("flite", "not a mapping"),
    "unclosed bracket": ("engine: [flite\nroles: {}", "line 2: not valid YAML"),
    "a tab": ("engine: flite\n\troles: {}", "line 2: not valid YAML"),
    "control character": ("engine: \x00", "not valid YAML"),
    "two documents": (GOOD + "---\n" + GOOD, "not valid YAML"),
    "unquoted star": ("engine: toy\nroles: {user: {voices: [*]}}", "line 2: not valid YAML"),
    "unknown alias": ("engine: *flite", "line 1: not valid YAML"),
    "python tag": ("engine: !!python/object/apply:os.system [exit]", "line 1: "),
    "own tag": ("engine: !include other.yaml", "line 1: "),
    "false tag": ("demo: !!bool perhaps", "line 1: not a bool"),
    "false number": ("demo: !!int perhaps", "line 1: not a int"),
    "digits without end": (f"demo: {'9' * 5000}", "line 1: not a int"),
    "a date": (GOOD + "options: {model: 2020-99-99}", "'timestamp' is not allowed"),
    "a set": (GOOD + "options: !!set {a, b}", "'set' is not allowed"),
    "twice the same key": ("engine: flite\nengine: espeak\n", "line 2: the key 'engine' is there twice"),
    "a number as key": ("1: flite", "line 1: a key must be text"),
    "a list as key": ("[a]: flite", "line 1: a key must be text"),
    "merge key": ("x: &x {a: 1}\ny: {<<: *x}", "line 2: merge keys"),
    "alias bomb": (bomb(12), "more than 100000 items"),
    "merge bomb": (merge_bomb(12), "line 2: merge keys"),
    "alias to itself": ("engine: &a [*a]", "contains itself"),
    "deep nesting": ("- " * 2_000, "nested too deeply"),
    "too large": (GOOD + "#" * MAXIMUM_BYTES, "larger than"),
    "latin-1": ("engine: fl\xeete".encode("latin-1"), "not UTF-8"),
    "utf-16": (GOOD.encode("utf-16"), "not UTF-8"),
    "no roles": ("engine: toy", "the key 'roles' is missing"),
    "no engine": (ROLES, "roles.narrator.engine: no engine is named"),
    "options without engine": (ROLES + "\noptions: {a: 1}", "options: there is no engine"),
    "engine is a list": (f"engine: [toy]\n{ROLES}", "engine: ['toy'] is not an engine's name"),
    "engine with spaces": (f"engine: my toy\n{ROLES}", "engine: 'my toy' is not an engine's name"),
    "engine is null": (f"engine:\n{ROLES}", "engine: None is not an engine's name"),
    "options is a list": (GOOD + "options: [a]", "options: ['a'] is not a mapping"),
    "options with infinity": (GOOD + "options: {a: .inf}", "options: numbers must be finite"),
    "unknown key": (GOOD + "distinct_voice: true", "unknown key 'distinct_voice' (close: distinct_voices"),
    "key with a line break": (GOOD + '"a\\nb": true', "unknown key 'a\\nb'; allowed: engine"),
    "missing role": (
        "engine: toy\nroles: {narrator: {voices: [a]}, user: {voices: [b]}}",
        "roles: the key 'assistant' is missing",
    ),
    "unknown role": (
        f"engine: toy\n{ROLES[:-1]}, narator: {{voices: [a]}}}}",
        "roles: unknown key 'narator' (close: narrator)",
    ),
    "roles is a list": ("engine: toy\nroles: [narrator]", "roles: ['narrator'] is not a mapping"),
    "role is a list": (user("[a]"), "roles.user: ['a'] is not a mapping"),
    "role without voices": (user("{rate: 1.0}"), "roles.user: the key 'voices' is missing"),
    "unknown key of a role": (user("{voices: [b], speed: 1}"), "roles.user: unknown key 'speed'"),
    "no voices": (user("{voices: []}"), "roles.user.voices: [] is not a list of one voice"),
    "voices is a string": (user("{voices: slt}"), "roles.user.voices: 'slt' is not a list"),
    "a voice is a number": (user("{voices: [225]}"), "roles.user.voices: 225 is not text; quote it"),
    "a voice is a bool": (user("{voices: [no]}"), "roles.user.voices: False is not text; quote it"),
    "a voice is empty": (user("{voices: ['']}"), "roles.user.voices: '' is not text"),
    "a voice is an unknown mapping": (user("{voices: [{name: b}]}"), "roles.user.voices: unknown key 'name'"),
    "a voice twice": (user("{voices: [b, c, b]}"), "roles.user.voices: 'b' is listed twice"),
    "rate is a string": (user("{voices: [b], rate: fast}"), "roles.user.rate: 'fast' is not a number"),
    "rate is null": (user("{voices: [b], rate: }"), "roles.user.rate: None is not a number"),
    "rate too high": (
        user("{voices: [b], rate: 2.5}"),
        "roles.user.rate: 2.5 (almost) never falls inside 0.5 to 2, factors of the normal rate",
    ),
    "pitch too low": (
        user("{voices: [b], pitch: [uniform, -20, -13]}"),
        "roles.user.pitch: [uniform, -20, -13] (almost) never falls inside -12 to 12, semitones",
    ),
    "misspelt distribution": (
        user("{voices: [b], pitch: [gaussian, 0, 1]}"),
        "roles.user.pitch: unknown distribution 'gaussian'; allowed: a number, [uniform",
    ),
    "options of a role": (user("{voices: [b], options: 3}"), "roles.user.options: 3 is not a mapping"),
    "demo is a word": (GOOD + "demo: maybe", "demo: 'maybe' is neither true nor false"),
    "distinct is a number": (GOOD + "distinct_voices: 1", "distinct_voices: 1 is neither true nor false"),
    "unknown voice split": (
        GOOD + "voice_split: disjunct",
        "voice_split: 'disjunct' is unknown (close: disjoint); allowed: shared, disjoint",
    ),
    "balance is a string": (GOOD + "balance: gender", "balance: 'gender' is not a list"),
    "unknown balance": (GOOD + "balance: [age]", "balance: 'age' is unknown; allowed: gender, accent"),
    "balance twice": (GOOD + "balance: [gender, gender]", "balance: gender is listed twice"),
    "unknown pause": (GOOD + "pauses: {leadin: 1}", "pauses: unknown key 'leadin' (close: lead_in)"),
    "pause too long": (GOOD + "pauses: {after_story: 3}", "pauses.after_story: 3 (almost) never falls"),
    "tail too long": (GOOD + "pauses: {tail: 30}", "pauses.tail: 30 (almost) never falls inside 0 to 5"),
    "loudness of nobody": (GOOD + "loudness: {reader: -23}", "loudness: unknown key 'reader'"),
    "positive loudness": (
        GOOD + "loudness: {user: 23}",
        "loudness.user: 23 (almost) never falls inside -40 to -10, LUFS",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_gives_one_line_with_file_and_key(name: str, tmp_path: Path) -> None:
    content, expected = MALFORMED[name]
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        read_profile_set(str(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert expected in message
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 400 + len(str(path))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("flit", "no profile set 'flit' is shipped (close: flite); shipped: "),
        ("", "no profile set '' is shipped"),
        ("missing.yaml", "missing.yaml: cannot be read: No such file"),
        ("./flite", "./flite: cannot be read: No such file"),
        ("/", "/: cannot be read: Is a directory"),
        ("two\nlines.yaml", "two lines.yaml: cannot be read"),
    ],
)
def test_a_set_that_is_not_there(name: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        read_profile_set(name)
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)


def test_the_shipped_flite_set_is_the_contracts() -> None:
    assert "flite" in shipped_profile_sets()
    found = read_profile_set("flite")
    assert (found.name, found.demo, found.distinct_voices) == ("flite", True, True)
    assert (found.voice_split, found.balance) == (VoiceSplit.SHARED, ())
    assert list(found.engines) == ["flite"]
    for role in Role:
        assert found.roles[role].voices == ("slt", "rms", "awb", "kal16")
        assert found.roles[role].rate == Lognormal(1.0, 0.08)
        assert found.roles[role].pitch == Normal(0.0, 1.0)
    assert found.roles[Role.NARRATOR].loudness == Constant(-23.0)
    assert found.roles[Role.USER].loudness == Uniform(-27.0, -21.0)
    assert found.pauses[Pause.BEFORE_USER] == Lognormal(0.3, 0.4)
    resolve(found, {"flite": FLITE})


def test_every_shipped_set_is_valid_and_canonical() -> None:
    for name in shipped_profile_sets():
        form = read_profile_set(name).to_json()
        assert parse_profile_set(form, name, "askqa.json").to_json() == form


def test_the_way_to_a_server_is_no_part_of_what_a_set_says() -> None:
    way = {
        "base_url": "http://10.1.2.3/v1",
        "api_key_variable": "MY_KEY",
        "concurrency": 2,
        "patience": 1,
        "timeout": 9,
    }
    found = parsed(profile_data(["a"], ["b"], ["c"], options={"model": "big", **way}))
    (choice,) = found.engines.values()
    assert choice.options == {"model": "big", **way}
    assert {str(role["options"]) for role in found.to_json()["roles"].values()} == {"{'model': 'big'}"}


def test_defaults_are_those_of_the_shipped_set(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(GOOD, encoding="utf-8-sig")
    plain, flite = read_profile_set(str(path)), read_profile_set("flite")
    assert plain.name == "plain"
    assert plain.pauses == flite.pauses
    assert [one.loudness for one in plain.roles.values()] == [one.loudness for one in flite.roles.values()]
    assert (plain.demo, plain.distinct_voices, plain.voice_split) == (False, True, VoiceSplit.SHARED)
    assert plain.roles[Role.USER].rate == Constant(1.0)
    assert plain.roles[Role.USER].pitch == Constant(0.0)


def test_aliases_may_share_a_role(tmp_path: Path) -> None:
    path = tmp_path / "alias.yaml"
    path.write_text("engine: toy\nroles: {narrator: &n {voices: [a, b, c]}, user: *n, assistant: *n}\n")
    assert read_profile_set(str(path)).roles[Role.USER].voices == ("a", "b", "c")


def test_the_canonical_form_is_json_names_no_path_and_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        user("{engine: other, voices: ['en-*'], rate: [choice, 0.9, 1], pitch: [uniform, -1, 1]}")
        + "options: {model: big, layers: [1, 2]}\nbalance: [gender]\nvoice_split: disjoint\npauses: {tail: 1}\n"
    )
    found = read_profile_set(str(path))
    form = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert str(tmp_path) not in json.dumps(form)
    assert parse_profile_set(form, "again", "askqa.json") == found
    written = tmp_path / "again.yaml"
    written.write_text(yaml.safe_dump(form))
    assert read_profile_set(str(written)).to_json() == form


def test_engines_are_told_apart_by_name_and_options() -> None:
    data = profile_data(["a"], ["b"], ["c"], options={"y": 1, "x": 2})
    data["roles"]["user"]["options"] = {"x": 2, "y": 1}
    data["roles"]["assistant"]["engine"] = "toy"
    found = parsed(data)
    assert found.roles[Role.NARRATOR].engine == found.roles[Role.USER].engine
    assert found.engines['toy {"x": 2, "y": 1}'].options == {"x": 2, "y": 1}
    # Options belong to the engine beside them: a role that names an engine takes none from the set.
    assert found.engines["toy"].options == {}
    assert len(found.engines) == 2


def test_patterns_are_replaced_by_sorted_names() -> None:
    voices = catalogue("en-b", "en-a", "de-a", "x[1]", "x1", "En-c")
    found = resolved(profile_data(["en-*"], ["x[1]", "de-?"], ["*"]), voices)
    assert found.profiles.roles[Role.NARRATOR].voices == ("en-a", "en-b")
    assert found.profiles.roles[Role.USER].voices == ("de-a", "x[1]")
    assert found.profiles.roles[Role.ASSISTANT].voices == ("En-c", "de-a", "en-a", "en-b", "x1", "x[1]")
    again = resolve(
        parse_profile_set(found.to_json(), "again", "askqa.json"), dict.fromkeys(found.profiles.engines, voices)
    )
    assert again.to_json() == found.to_json()


def test_a_resolved_set_can_go_to_a_worker() -> None:
    found = resolved(profile_data(["*"], ["*"], ["*"], voice_split="disjoint"), numbered(20))
    assert pickle.loads(pickle.dumps(found)).to_json() == found.to_json()


def refused(data: dict[str, Any], voices: dict[str, Any]) -> str:
    with pytest.raises(UsageError) as caught:
        resolved(data, voices)
    message = str(caught.value)
    assert message.startswith("toy.yaml: ")
    assert "\n" not in message
    return message


def test_a_voice_that_the_engine_lacks_is_named_with_close_ones() -> None:
    message = refused(profile_data(["slt"], ["slr"], ["rms"]), FLITE)
    assert message == (
        "toy.yaml: roles.user.voices: engine toy has no voice 'slr' (close: slt); list them with: askqa voices toy"
    )
    assert "no voice 'en-*'" in refused(profile_data(["slt"], ["en-*"], ["rms"]), FLITE)


@pytest.mark.parametrize(
    "lists", [(["a"], ["a"], ["b"]), (["a"], ["b"], ["a", "b"]), (["a", "b"], ["a", "b"], ["a", "b"])]
)
def test_roles_that_cannot_all_differ_are_refused(lists: tuple[list[str], list[str], list[str]]) -> None:
    message = refused(profile_data(*lists), catalogue("a", "b"))
    assert "roles: no three different voices" in message
    assert "distinct_voices: false" in message
    resolved(profile_data(*lists, distinct_voices=False), catalogue("a", "b"))


def test_two_engines_voices_of_one_name_are_different_voices() -> None:
    data = profile_data(["a"], ["a"], ["b"])
    data["roles"]["user"]["engine"] = "other"
    resolved(data, catalogue("a", "b"))
    # The options of an engine, such as its device, do not make a voice another.
    data["roles"]["user"].update(engine="toy", options={"device": "cpu"})
    assert "no three different voices" in refused(data, catalogue("a", "b"))


def test_limits_are_the_engines_own_or_those_of_post_synthesis() -> None:
    own = voice("own", controls=Controls(rate=(0.25, 1.8), pitch=(-24.0, 6.0), word_times=False))
    none = voice("none")
    assert (rate_limits(own), pitch_limits(own)) == ((0.5, 1.8), (-12.0, 6.0))
    assert (rate_limits(none), pitch_limits(none)) == ((0.7, 1.4), (-4.0, 4.0))
    narrow = voice("narrow", controls=Controls(rate=(0.9, 1.6), pitch=(-9.0, 2.0), word_times=True))
    assert (rate_limits(narrow), pitch_limits(narrow)) == ((0.7, 1.6), (-9.0, 4.0))
    voices = catalogue(own, none, "other")
    data = profile_data(["none"], ["own"], ["other"])
    data["roles"]["user"].update(rate=1.7, pitch=-10)
    resolved(data, voices)
    data["roles"]["narrator"]["rate"] = ["uniform", 1.5, 1.7]
    message = refused(data, voices)
    assert "roles.narrator.rate: [uniform, 1.5, 1.7] (almost) never falls inside 0.7 to 1.4" in message
    assert "voice 'none'" in message
    data["roles"]["narrator"].update(rate=1, pitch=5)
    assert "roles.narrator.pitch: 5 (almost) never falls inside -4 to 4" in refused(data, voices)


def test_balance_needs_voices_of_which_the_attribute_is_known() -> None:
    data = profile_data(["*"], ["*"], ["*"], balance=["accent"])
    assert "balance: the accent of none of the voices is known" in refused(data, FLITE)


def test_disjoint_splits_need_nine_voices() -> None:
    data = profile_data(["*"], ["*"], ["*"], voice_split="disjoint")
    message = refused(data, numbered(8))
    assert "roles.narrator.voices: voice_split disjoint needs 3 voices or more in each split" in message
    found = resolved(data, numbered(9))
    assert [len(found.pools[Role.USER][split].voices) for split in SPLITS] == [3, 3, 3]
    found = resolved(data, numbered(100))
    assert [len(found.pools[Role.USER][split].voices) for split in SPLITS] == [60, 20, 20]


def test_pauses_between_turns_are_clipped_and_those_at_the_ends_may_be_shorter() -> None:
    found = parsed(
        profile_data(
            ["a"],
            ["b"],
            ["c"],
            pauses={"lead_in": 0.05, "before_user": ["normal", 0.2, 1.0], "tail": ["uniform", 1, 9]},
        )
    )
    stream = Stream("pauses")
    gaps = [found.draw_pause(Pause.BEFORE_USER, stream) for _ in range(500)]
    assert (min(gaps), max(gaps)) == (0.15, 1.5)
    assert found.draw_pause(Pause.LEAD_IN, stream) == 0.05
    tails = [found.draw_pause(Pause.TAIL, stream) for _ in range(500)]
    assert max(tails) == 5.0
