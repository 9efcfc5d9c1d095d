from __future__ import annotations

import math
import pickle
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from askqa_builder.errors import UsageError
from askqa_builder.seeds import Stream
from askqa_builder.voices.channel_files import parse_channel, read_channel, shipped_channels
from askqa_builder.voices.channels import ChannelProfile, Codec
from askqa_builder.voices.distributions import Uniform
from askqa_builder.voices.profile_files import parse_profile_set, read_profile_set
from askqa_builder.voices.section import Place

ALL = """
room: {length: [uniform, 3, 8], rt60: 0.4, distance: [uniform, 0.5, 9]}
noise: {sources: [white, pink], snr: [uniform, 5, 20]}
telephone: {codec: [mu-law, a-law]}
"""


def parsed(text: str, folder: Path | None = None) -> ChannelProfile:
    return parse_channel(yaml.safe_load(text), Place("test.yaml", folder, ("channel",)))


MALFORMED: dict[str, tuple[str, str]] = {
    # name: (what the file holds, what the error says behind "test.yaml: ")
    "not a mapping": ("telephone", "channel: 'telephone' is not a mapping; allowed keys: room, noise, telephone"),
    "empty": ("{}", "channel: a channel needs one of room, noise, telephone"),
    "unknown part": ("{telefone: {}}", "channel: unknown key 'telefone' (close: telephone); allowed: room, noise"),
    "unknown key of a room": ("room: {depth: 3}", "channel.room: unknown key 'depth' (close: width); allowed: length"),
    "a room too small": ("room: {height: 1}", "channel.room.height: 1 (almost) never falls inside 1.5 to 10, metres"),
    "a room too long in dying": ("room: {rt60: 3}", "channel.room.rt60: 3 (almost) never falls inside 0.1 to 1"),
    "a ratio out of reach": ("noise: {snr: 90}", "channel.noise.snr: 90 (almost) never falls inside -10 to 60, dB"),
    "no distribution": ("noise: {snr: loud}", "channel.noise.snr: 'loud' is not a number; allowed: a number"),
    "no sources": ("noise: {sources: []}", "channel.noise.sources: [] is not a list of one noise or more"),
    "an unknown noise": ("noise: {sources: [brown]}", "channel.noise.sources: 'brown' is no noise; allowed: white"),
    "a noise twice": ("noise: {sources: [pink, pink]}", "channel.noise.sources: 'pink' is listed twice"),
    "no file": ("noise: {sources: [{file: a.wav}]}", "channel.noise.sources.file: the recording"),
    "no folder": ("noise: {sources: [{folder: a}]}", "channel.noise.sources.folder: there is no folder"),
    "file and folder": ("noise: {sources: [{file: a, folder: b}]}", "channel.noise.sources: unknown key 'file'"),
    "a licence that is no text": ("noise: {sources: [{file: a, licence: 3}]}", "channel.noise.sources.licence: 3"),
    "an unknown codec": (
        "telephone: {codec: gsm}",
        "channel.telephone.codec: 'gsm' is unknown; allowed: mu-law",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_errors_name_file_key_and_what_is_allowed(name: str, tmp_path: Path) -> None:
    text, message = MALFORMED[name]
    with pytest.raises(UsageError) as caught:
        parsed(text, tmp_path)
    assert str(caught.value).startswith(f"test.yaml: {message}"), str(caught.value)
    assert "\n" not in str(caught.value)


def test_shipped_channels_can_be_read() -> None:
    kinds = {name: found.kinds for name in shipped_channels() if (found := read_channel(name))}
    assert kinds == {
        "far-field": ("room", "noise"),
        "noisy": ("noise",),
        "noisy-call": ("noise", "telephone"),
        "telephone": ("telephone",),
    }
    assert read_channel("none") is None
    with pytest.raises(UsageError, match=r"no channel 'telefone' is shipped \(close: telephone\); shipped: far-field"):
        read_channel("telefone")
    with pytest.raises(UsageError, match=r"mine\.yaml: cannot be read"):
        read_channel("mine.yaml")


def test_the_canonical_form_is_read_back() -> None:
    profile = parsed(ALL)
    assert parse_channel(profile.to_json(), Place("manifest", None)) == profile
    assert pickle.loads(pickle.dumps(profile)) == profile
    assert parsed("room:").to_json()["room"]["height"] == ["uniform", 2.4, 3.2]
    assert parsed("telephone:").codecs == (Codec.MU_LAW,)


def test_a_profile_set_may_have_a_channel() -> None:
    data: dict[str, Any] = read_profile_set("flite").to_json()
    assert "channel" not in data
    found = parse_profile_set({**data, "channel": {"telephone": None}}, "mine", "mine.yaml")
    assert found.to_json() == {**data, "channel": {"telephone": {"codec": ["mu-law"]}}}
    with pytest.raises(UsageError, match=r"^mine.yaml: channel.noise.snr: "):
        parse_profile_set({**data, "channel": {"noise": {"snr": []}}}, "mine", "mine.yaml")


def test_what_is_drawn_depends_on_its_key_alone() -> None:
    profile = parsed(ALL)
    first = profile.draw(1, "a", 0)
    assert profile.draw(1, "a", 0) == first
    others = [profile.draw(*key) for key in ((2, "a", 0), (1, "b", 0), (1, "a", 1))]
    assert len({other.room for other in [first, *others]}) == 4
    assert len({other.noise for other in [first, *others]}) == 4
    only_noise = parsed("noise: {sources: [white, pink], snr: [uniform, 5, 20]}").draw(1, "a", 0)
    assert (only_noise.room, only_noise.noise, only_noise.codec) == (None, first.noise, None)
    assert first.kinds == ("room", "noise", "telephone")
    assert only_noise.kinds == ("noise",)


def test_draws_cover_the_ranges() -> None:
    profile = parsed(ALL)
    assert profile.noise is not None
    assert profile.noise.snr == Uniform(5, 20)
    drawn = [profile.draw(5, str(i), 0) for i in range(400)]
    ratios = [one.noise.snr for one in drawn if one.noise]
    assert min(ratios) < 5.5
    assert max(ratios) > 19.5
    assert mean(ratios) == pytest.approx(12.5, abs=0.8)
    assert {one.noise.source.name for one in drawn if one.noise} == {"white", "pink"}
    assert {one.codec for one in drawn} == set(Codec)


def test_talkers_stand_in_the_room() -> None:
    profile = parsed(ALL)
    distances = []
    for i in range(300):
        room = profile.draw(6, str(i), 0).room
        assert room is not None
        assert 3 <= room.size[0] <= 8
        assert len(room.talkers) == 3
        for talker in room.talkers:
            for place, length in zip(talker[:2], room.size[:2], strict=True):
                assert 0.199 <= place <= length - 0.199
            assert talker[2] == room.microphone[2] < room.size[2]
            distances.append(math.dist(talker, room.microphone))
    assert min(distances) > 0.499
    assert max(distances) > 3  # of those drawn up to 9 m, what fits


@pytest.mark.parametrize(
    ("size", "asked", "drawn"), [((1.5, 1.5, 1.5), 1.0, 0.371), ((30, 30, 10), 0.1, 0.21), ((5, 4, 2.5), 0.4, 0.4)]
)
def test_a_room_has_the_reverberation_that_its_size_allows(
    size: tuple[float, float, float], asked: float, drawn: float
) -> None:
    length, width, height = size
    profile = parsed(f"room: {{length: {length}, width: {width}, height: {height}, rt60: {asked}, distance: 0.5}}")
    assert profile.room is not None
    assert profile.room.draw(Stream(1)).rt60 == pytest.approx(drawn, abs=0.003)


def test_recordings_of_noise(tmp_path: Path) -> None:
    inside = tmp_path / "cafes" / "one"
    inside.mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, 16000)
    soundfile.write(inside / "b.flac", noise, 8000)
    soundfile.write(tmp_path / "cafes" / "a.WAV", noise, 8000, format="WAV")
    (tmp_path / "cut.flac").write_bytes((inside / "b.flac").read_bytes()[:-3000])
    soundfile.write(tmp_path / "silent.wav", np.zeros(16000), 8000)
    soundfile.write(tmp_path / "nan.wav", np.full(16000, np.nan), 8000, subtype="FLOAT")
    soundfile.write(tmp_path / "short.wav", np.zeros(100), 8000)
    (tmp_path / "cafes" / "read.me").write_text("no recording", "utf-8")
    (tmp_path / "text.wav").write_text("no recording", "utf-8")
    profile = parsed("noise: {sources: [pink, {folder: cafes, licence: CC-BY-4.0}], snr: 3}", tmp_path)
    assert profile.noise is not None
    assert [source.name for source in profile.noise.sources] == ["pink", "cafes/a.WAV", "cafes/one/b.flac"]
    described = profile.to_json()
    first, second, third = described["noise"]["sources"]
    assert first == "pink"
    assert second["licence"] == third["licence"] == "CC-BY-4.0"
    assert len(second["sha256"]) == 64
    assert str(tmp_path) not in str(described)
    assert parse_channel(described, Place("manifest", None)) == profile
    for entry, message in {
        "{file: short.wav}": "short.wav is 0.0125 s long; 1 s is the least",
        "{file: text.wav}": "text.wav is not a recording that can be read",
        "{file: cut.flac}": "cut.flac is not a recording that can be read",
        "{file: silent.wav}": "silent.wav is silent, or no sound",
        "{file: nan.wav}": "nan.wav is silent, or no sound",
        f"{{file: cafes/a.WAV, sha256: {'f' * 64}}}": "a.WAV is another recording",
        "{folder: cafes/one/b.flac}": "there is no folder",
        f"{{folder: cafes, sha256: {'f' * 64}}}": "unknown key 'sha256'; allowed: folder, licence",
        "{file: cafes}": "cafes is no file",
        '{file: "a\\0b"}': "is not the name of a file",
    }.items():
        with pytest.raises(UsageError, match=message):
            parsed(f"noise: {{sources: [{entry}]}}", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no recording"):
        parsed("noise: {sources: [{folder: empty}]}", tmp_path)
