from __future__ import annotations

import json
import pickle
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import UsageError
from askqa_builder.voices.casting import CastingKey, cast
from askqa_builder.voices.profile_files import parse_profile_set, read_profile_set
from askqa_builder.voices.profiles import ProfileSet
from askqa_builder.voices.resolution import ResolvedProfileSet, resolve
from askqa_builder.voices.voice import Voice
from askqa_builder.voices.voice_table import (
    VoiceEntry,
    VoiceTable,
    check_replaceable,
    format_voice_table,
    read_voice_table,
)

from voices.voice_catalogues import catalogue, profile_data, voice


@dataclass(frozen=True)
class Model:
    name: str = "toy"
    model: str | None = "toy/large"
    revision: str | None = "r1"


NAMES = [f"p{i}" for i in range(10)]
TABLE = VoiceTable(
    "toy",
    "toy/large",
    "r1",
    "0.1.0",
    {
        name: VoiceEntry("female" if i < 3 else "male", None, "f0", 200.0 - 9 * i, 4.5, 180.0)
        for i, name in enumerate(NAMES)
    },
)
GOOD = "engine: toy\nmodel: toy/large\nrevision: r1\nvoices:\n  p0: {gender: female, source: f0}\n"


def entry(text: str) -> str:
    return f"engine: toy\nvoices: {{p0: {text}}}\n"


MALFORMED: dict[str, tuple[str | bytes, str]] = {
    # name: (what the file holds, what the error says beside the file)
    "empty": ("", "None is not a mapping; allowed keys: engine, model"),
    "a list": ("[p0]", "['p0'] is not a mapping"),
    "not YAML": ("engine: [toy\nvoices: {}", "line 2: not valid YAML"),
    "not UTF-8": (b"engine: t\xf6y", "not UTF-8"),
    "no engine": ("voices: {}", "the key 'engine' is missing"),
    "engine is null": ("engine:\nvoices: {}", "engine: None is not an engine's name"),
    "engine is a list": ("engine: [toy]\nvoices: {}", "engine: ['toy'] is not text"),
    "no voices": ("engine: toy", "the key 'voices' is missing"),
    "voices is a list": ("engine: toy\nvoices: [p0]", "voices: ['p0'] is not a mapping of voices"),
    "unknown key": (GOOD + "modell: x", "unknown key 'modell' (close: model)"),
    "model is a number": (GOOD.replace("toy/large", "1.0"), "model: 1.0 is not text; quote it"),
    "a voice twice": (GOOD + "  p0: {source: f0}\n", "line 6: the key 'p0' is there twice"),
    "a voice is a number": ("engine: toy\nvoices: {225: {source: f0}}", "line 2: a key must be text; quote it"),
    "a voice is a word": (entry("female"), "voices.p0: 'female' is not a mapping"),
    "a name with a line break": ('engine: toy\nvoices: {"a\\nb": 1}', "voices.a\\nb: 1 is not a mapping"),
    "no source": (entry("{gender: male}"), "voices.p0: the key 'source' is missing"),
    "unknown source": (entry("{source: F0}"), "voices.p0.source: 'F0' is unknown; allowed: f0, embedding, catalogue"),
    "unknown gender": (
        entry("{gender: femal, source: f0}"),
        "voices.p0.gender: 'femal' is unknown (close: female, male); allowed: female, male",
    ),
    "gender is a bool": (entry("{gender: no, source: f0}"), "voices.p0.gender: False is unknown"),
    "empty accent": (entry("{accent: '', source: f0}"), "voices.p0.accent: '' is not text"),
    "F0 is text": (entry("{source: f0, f0_hz: high}"), "voices.p0.f0_hz: 'high' is not a measurement"),
    "F0 is a bool": (entry("{source: f0, f0_hz: yes}"), "voices.p0.f0_hz: True is not a measurement"),
    "F0 below zero": (entry("{source: f0, f0_hz: -1}"), "voices.p0.f0_hz: -1 is not a measurement"),
    "F0 without end": (entry("{source: f0, f0_hz: .inf}"), "voices.p0.f0_hz: inf is not a measurement"),
    "no number": (entry("{source: f0, words_per_minute: .nan}"), "voices.p0.words_per_minute: nan is not"),
    "unknown measurement": (entry("{source: f0, f0: 100}"), "voices.p0: unknown key 'f0'; allowed: gender, accent"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_table_gives_one_line_with_both_files_and_the_key(name: str, tmp_path: Path) -> None:
    content, expected = MALFORMED[name]
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "toy.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    path = write_set(tmp_path, "tables/toy.yaml")
    with pytest.raises(UsageError) as caught:
        read_profile_set(str(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: voice_table: tables/toy.yaml: ")
    assert expected in message
    assert message.isprintable()
    assert len(message) < 400 + len(str(path))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", "voice_table: 3 is not the name of a file"),
        ("[a.yaml]", "voice_table: ['a.yaml'] is not the name of a file"),
        ("''", "voice_table: '' is not the name of a file"),
        ("", "voice_table: None is not the name of a file"),
        ("nowhere.yaml", "voice_table: nowhere.yaml: cannot be read: No such file"),
        ("{voices: {}}", "voice_table: the key 'engine' is missing"),
    ],
)
def test_what_names_no_table(value: str, expected: str, tmp_path: Path) -> None:
    path = write_set(tmp_path, value)
    with pytest.raises(UsageError) as caught:
        read_profile_set(str(path))
    assert str(caught.value).startswith(f"{path}: {expected}")


def write_set(folder: Path, table: str) -> Path:
    path = folder / "mine.yaml"
    text = yaml.safe_dump(profile_data(NAMES, NAMES, NAMES, balance=["gender"], distinct_voices=False))
    path.write_text(f"{text}voice_table: {table}\n")
    return path


def with_table(table: VoiceTable | None, names: list[str] = NAMES, **keys: Any) -> ProfileSet:
    data = profile_data(names, names, names, balance=["gender"], distinct_voices=False, **keys)
    form = {} if table is None else {"voice_table": table.to_json()}
    return parse_profile_set({**data, **form}, "toy", "toy.yaml")


def settled(
    profile_set: ProfileSet, voices: dict[str, Voice] | None = None, model: Model | None = None
) -> ResolvedProfileSet:
    found = catalogue(*NAMES) if voices is None else voices
    return resolve(profile_set, dict.fromkeys(profile_set.engines, found), {"toy": model or Model()})


def refused(table: VoiceTable, model: Model | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        settled(with_table(table), model=model)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_table_is_found_beside_the_set_wherever_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "toy table.yaml").write_text(format_voice_table(TABLE), encoding="utf-8")
    assert read_profile_set(str(write_set(tmp_path, "toy table.yaml"))).voice_table == TABLE


def test_a_shipped_set_finds_its_table_in_the_folder_of_shipped_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_set(tmp_path, "tables/toy.yaml")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "toy.yaml").write_text(format_voice_table(TABLE), encoding="utf-8")
    monkeypatch.setattr("askqa_builder.voices.profile_files.shipped_folder", lambda: tmp_path)
    assert read_profile_set("mine").voice_table == TABLE


def test_a_written_table_is_read_back_and_has_one_sorted_line_a_voice(tmp_path: Path) -> None:
    odd = ["225", "no", "ʘ, x: y", "'\"", "# b", "two\nlines", "ED\n", "null", "e" * 150, "a"]
    voices = dict(zip(odd, TABLE.voices.values(), strict=True))
    table = replace(TABLE, voices={**voices, "whisper": VoiceEntry(None, None, "f0", words_per_minute=150.0)})
    text = format_voice_table(table)
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_voice_table(path, "odd.yaml") == table
    assert format_voice_table(read_voice_table(path, "odd.yaml")) == text
    plain = format_voice_table(replace(TABLE, voices=dict(reversed(TABLE.voices.items()))))
    assert plain == format_voice_table(TABLE)
    lines = [line for line in plain.splitlines() if line.startswith("  ")]
    assert [line.split(":")[0].strip() for line in lines] == NAMES
    assert lines[0] == (
        "  p0: {gender: female, accent: null, source: f0, f0_hz: 200.0, f0_spread_semitones: 4.5, "
        "words_per_minute: 180.0}"
    )


def test_gender_is_balanced_by_the_table() -> None:
    with pytest.raises(UsageError, match="balance: the gender of none of the voices is known"):
        settled(with_table(None))
    found = settled(with_table(TABLE))
    users = [cast(found, CastingKey(1, str(i), 0, "train"))[Role.USER] for i in range(600)]
    assert {speaker.voice.metadata_source for speaker in users} == {"f0"}
    genders = Counter(speaker.voice.gender for speaker in users)
    assert 250 < genders["female"] < 350  # three of ten voices
    assert genders["female"] + genders["male"] == 600
    assert all((speaker.voice.gender == "female") == (speaker.voice.name in NAMES[:3]) for speaker in users)


def test_the_same_casts_as_if_the_engine_had_said_so() -> None:
    table = {name: found.gender for name, found in TABLE.voices.items()}
    vouched = settled(with_table(None), {name: voice(name, gender) for name, gender in table.items()})
    measured = settled(with_table(TABLE))
    for i in range(50):
        key = CastingKey(7, str(i), 0, "test")
        assert [s.identity for s in cast(vouched, key).values()] == [s.identity for s in cast(measured, key).values()]


def test_an_engine_that_vouches_is_believed() -> None:
    voices = catalogue(voice("p0", "male", "Scottish"), *NAMES[1:])
    found = settled(with_table(TABLE), voices)
    first, second = found.pools[Role.USER]["train"].voices[:2]
    assert (first.gender, first.accent, first.metadata_source) == ("male", "Scottish", "catalogue")
    assert (second.gender, second.metadata_source) == ("female", "f0")
    assert "p0" not in found.to_json()["voice_table"]["voices"]


def test_a_voice_of_which_the_table_knows_neither_gender_nor_accent_stays_unknown() -> None:
    table = replace(TABLE, voices={**TABLE.voices, "p9": VoiceEntry(None, None, "f0", 160.0)})
    last = settled(with_table(table)).pools[Role.USER]["train"].voices[-1]
    assert (last.gender, last.metadata_source) == (None, "unknown")
    table = replace(TABLE, voices={**TABLE.voices, "p9": VoiceEntry(None, "Irish", "embedding")})
    last = settled(with_table(table)).pools[Role.USER]["train"].voices[-1]
    assert (last.gender, last.accent, last.metadata_source) == (None, "Irish", "embedding")


def test_the_resolved_set_keeps_what_matters_and_is_read_back() -> None:
    profile_set = with_table(TABLE, ["p[0-4]"])
    found = settled(profile_set)
    form = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert form["voice_table"] == {
        "engine": "toy",
        "model": "toy/large",
        "revision": "r1",
        "measured_with": None,
        "voices": {name: {"gender": TABLE.voices[name].gender, "accent": None, "source": "f0"} for name in NAMES[:5]},
    }
    again = settled(parse_profile_set(form, "again", "askqa.json"))
    assert again.to_json() == found.to_json()
    assert again.pools[Role.USER]["train"].voices == found.pools[Role.USER]["train"].voices
    assert pickle.loads(pickle.dumps(found)).to_json() == form
    # neither a new measurement nor a voice that no role has makes another dataset
    voices = {name: replace(one, f0_hz=None) for name, one in TABLE.voices.items() if name != "p9"}
    other = replace(TABLE, measured_with="0.2.0", voices=voices)
    assert settled(with_table(other, ["p[0-4]"])).to_json() == form


def test_a_table_that_tells_nothing_new_leaves_no_trace() -> None:
    vouched = {name: voice(name, "male") for name in NAMES}
    assert settled(with_table(TABLE), vouched).to_json() == settled(with_table(None), vouched).to_json()


def test_a_table_of_another_model_is_refused() -> None:
    assert refused(TABLE, Model(name="toy", revision="r2")) == (
        "toy.yaml: voice_table: the table is of engine toy model toy/large revision r1, this set speaks with "
        "engine toy model toy/large revision r2; measure it with: askqa voices ENGINE --measure FILE"
    )
    assert "engine toy model toy/small revision r1;" in refused(TABLE, Model(model="toy/small"))
    assert "speaks with engine toy;" in refused(TABLE, Model(model=None, revision=None))
    assert "is of engine other model" in refused(replace(TABLE, engine="other"))


def test_a_voice_that_the_model_lacks_is_named_with_close_ones() -> None:
    table = replace(TABLE, voices={**TABLE.voices, "p22": VoiceEntry("male", None, "f0")})
    message = refused(table)
    assert message.startswith("toy.yaml: voice_table: engine toy has no voice 'p22' (close: ")
    assert message.endswith("; list them with: askqa voices toy")


def test_of_several_engines_a_table_concerns_its_own() -> None:
    data = profile_data(NAMES, NAMES, NAMES, balance=["gender"], voice_table=TABLE.to_json())
    data["roles"]["user"]["engine"] = "other"
    profile_set = parse_profile_set(data, "toy", "toy.yaml")
    voices = catalogue(*NAMES)
    models = {"toy": Model(), "other": Model(name="other")}
    found = resolve(profile_set, dict.fromkeys(profile_set.engines, voices), models)
    sources = {role: {v.metadata_source for v in found.pools[role]["train"].voices} for role in Role}
    assert sources == {Role.NARRATOR: {"f0"}, Role.USER: {"unknown"}, Role.ASSISTANT: {"f0"}}


def test_a_table_is_written_over_a_table_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    check_replaceable(path)
    path.write_text(format_voice_table(TABLE), encoding="utf-8")
    check_replaceable(path)
    for content in ("chapter one", yaml.safe_dump(profile_data(["a"], ["b"], ["c"]))):
        path.write_text(content)
        with pytest.raises(UsageError, match="it is no voice table and stays as it is"):
            check_replaceable(path)
    with pytest.raises(UsageError, match="there is no folder"):
        check_replaceable(tmp_path / "nowhere" / "toy.yaml")
