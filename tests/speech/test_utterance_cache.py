"""What was spoken before comes back as it was, or not at all."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from askqa_builder.disk_cache import CacheSettings
from askqa_builder.errors import UsageError
from askqa_builder.speech.engine import Speech, WordTime
from askqa_builder.speech.utterance_cache import UtteranceCache

KEY = "ab" * 32


@pytest.fixture
def cache(tmp_path: Path) -> UtteranceCache:
    return UtteranceCache(CacheSettings(tmp_path, 10**9))


def speech_of(length: int, value: float = 0.25) -> Speech:
    return Speech(np.full(length, value, np.float32), 16000, (WordTime(0, length, 0, 4),))


def is_same(one: Speech | None, other: Speech) -> bool:
    return (
        one is not None
        and one.samples.dtype == np.float32
        and np.array_equal(one.samples, other.samples)
        and (one.sample_rate, one.words) == (other.sample_rate, other.words)
    )


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@settings(max_examples=60, deadline=None)
@given(
    samples=st.one_of(
        arrays(np.float32, st.integers(1, 300), elements=st.floats(-1, 1, width=32)),
        arrays(np.int16, st.integers(1, 300)).map(lambda pcm: pcm.astype(np.float32) * np.float32(1 / 32768)),
    ),
    words=st.lists(st.tuples(*[st.integers(0, 10**6)] * 4), max_size=5),
    rate=st.integers(8000, 48000),
)
def test_speech_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, samples: np.ndarray, words: list[tuple[int, ...]], rate: int
) -> None:
    cache = UtteranceCache(CacheSettings(tmp_path_factory.mktemp("cache"), 10**9))
    speech = Speech(samples, rate, tuple(WordTime(*word) for word in words))
    assert cache.get(KEY) is None
    cache.put(KEY, speech)
    assert is_same(cache.get(KEY), speech)
    assert (cache.entries.hits, cache.entries.misses, cache.entries.corrupt) == (1, 1, 0)


def test_sixteen_bits_are_kept_as_sixteen_bits(cache: UtteranceCache, tmp_path: Path) -> None:
    pcm = np.arange(-2000, 2000, dtype=np.int16)
    cache.put(KEY, Speech(pcm.astype(np.float32) * np.float32(1 / 32768), 16000))
    assert entries(tmp_path)[0].stat().st_size < 2 * len(pcm) + 300


@settings(max_examples=80, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed_wherever_it_is(
    tmp_path_factory: pytest.TempPathFactory, place: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = UtteranceCache(CacheSettings(folder, 10**9))
    cache.put(KEY, speech_of(50))
    (entry,) = entries(folder)
    data = bytearray(entry.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    entry.write_bytes(data)
    assert cache.get(KEY) is None
    assert cache.entries.corrupt == 1
    assert entries(folder) == []  # so that it is spoken again, and kept
    cache.put(KEY, speech_of(50))
    assert is_same(cache.get(KEY), speech_of(50))


@pytest.mark.parametrize("length", [0, 1, 40, 200])
def test_a_torn_entry_is_noticed(cache: UtteranceCache, tmp_path: Path, length: int) -> None:
    cache.put(KEY, speech_of(500))
    (entry,) = entries(tmp_path)
    entry.write_bytes(entry.read_bytes()[:length])
    assert cache.get(KEY) is None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    size = 2 * 1000 + 200  # bytes of an entry, about
    cache = UtteranceCache(CacheSettings(tmp_path, 10 * size))
    keys = [f"{number:02x}" * 32 for number in range(16)]
    for number, key in enumerate(keys):
        cache.put(key, speech_of(1000, number / 32))
        if number < 10:
            for path in entries(tmp_path):
                if path.stem == key:
                    os.utime(path, (number, number))  # spoken long ago, one after the other
        cache.get(keys[0])  # used all the time
    cache.trim()
    assert sum(path.stat().st_size for path in entries(tmp_path)) <= 10 * size
    left = {path.stem for path in entries(tmp_path)}
    assert keys[0] in left
    assert keys[1] not in left
    assert set(keys[12:]) <= left


def test_a_cache_never_grows_far_beyond_its_size(tmp_path: Path) -> None:
    cache = UtteranceCache(CacheSettings(tmp_path, 100_000))
    for number in range(200):
        cache.put(f"{number:02x}" * 32, speech_of(1000))
        assert sum(path.stat().st_size for path in entries(tmp_path)) <= 110_000


def test_trimming_removes_what_killed_writers_left(cache: UtteranceCache, tmp_path: Path) -> None:
    cache.put(KEY, speech_of(10))
    ours = f".{KEY}.utterance.tmp-"
    for name, age in ((f"{ours}1-ab", 7200), (f"{ours}2-cd", 0), ("report.tmp-final", 7200)):
        left = tmp_path / KEY[:2] / name
        left.write_bytes(b"x")
        os.utime(left, (time.time() - age,) * 2)
    cache.trim()
    left_over = {path.name for path in entries(tmp_path) if path.suffix != ".utterance"}
    assert left_over == {f"{ours}2-cd", "report.tmp-final"}  # somebody writes it, and somebody else's
    assert is_same(cache.get(KEY), speech_of(10))


def test_a_folder_that_takes_no_more_is_left_alone(
    cache: UtteranceCache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / KEY[:2]).write_bytes(b"a file where a folder is wanted")
    cache.put(KEY, speech_of(10))
    cache.put(KEY, speech_of(10))
    assert len(caplog.records) == 1
    assert str(tmp_path) in caplog.text
    assert cache.get(KEY) is None


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="file/cache cannot be written to"):
        CacheSettings(tmp_path / "file" / "cache", 10).prepare()


def _write(folder: Path, numbers: range) -> None:
    for number in numbers:
        _run(folder, random.Random(number))


def _write_on(folder: Path, number: int, writing: Event) -> None:
    writing.set()
    _write(folder, range(number, number + 200))


def _run(folder: Path, chance: random.Random) -> None:
    cache = UtteranceCache(CacheSettings(folder, 10**9))
    for _ in range(3):
        length = chance.randrange(1, 30_000)  # each writer's entry is another: a mixture of two would be torn
        cache.put(KEY, speech_of(length, chance.randrange(-100, 100) / 128))
        found = cache.get(KEY)
        if cache.entries.corrupt or (
            found is not None and not is_same(found, speech_of(len(found.samples), found.samples[0]))
        ):
            os._exit(1)


def test_writers_at_the_same_time_tear_nothing(tmp_path: Path) -> None:
    """Two hundred runs of writers on the same key, four at a time, and others beside them that are killed."""
    context = multiprocessing.get_context("forkserver")  # a fork of this process would inherit its threads' locks
    context.set_forkserver_preload([__name__, "askqa_builder.speech.utterance_cache"])
    runs = [context.Process(target=_write, args=(tmp_path, range(n, 200, 4))) for n in range(4)]
    for run in runs:
        run.start()
    for number in range(8):
        writing = context.Event()
        victim = context.Process(target=_write_on, args=(tmp_path, 1000 + number, writing))
        victim.start()
        assert writing.wait(60)
        time.sleep(random.random() / 50)
        victim.kill()
        victim.join(timeout=60)
    for run in runs:
        run.join(timeout=120)
        run.kill()
    assert [run.exitcode for run in runs] == [0, 0, 0, 0]
    cache = UtteranceCache(CacheSettings(tmp_path, 10**9))
    found = cache.get(KEY)
    assert found is not None
    assert is_same(found, speech_of(len(found.samples), found.samples[0]))
    assert cache.entries.corrupt == 0
