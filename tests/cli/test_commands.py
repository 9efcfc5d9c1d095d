"""The commands as a user types them: what they print, what they write, how they refuse."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import soundfile
from harness import ASKQA, assert_one_line, digests, manifest, rows, run_askqa, samples, write_corpus

from askqa_builder import build
from askqa_builder.cli.app import run

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def askqa(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; returns its exit code and what it printed."""

    def run_here(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_here


@pytest.fixture(scope="session")
def folder(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of three files, named as Abg-CoQA's, of three domains."""
    items = json.loads(demo_file.read_text("utf-8"))["data"]
    corpus = tmp_path_factory.mktemp("corpora") / "abg"
    domains = ("mctest", "wikipedia", "cnn")
    for split, part, source in zip(("train", "val", "test"), (items[:4], items[4:7], items[7:9]), domains, strict=True):
        write_corpus(corpus / f"coqa_abg_{split}.json", [{**item, "source": source} for item in part])
    return corpus


def test_help(askqa: Run) -> None:
    code, general, _ = askqa("--help")
    assert code == 0
    for command in ("build", "show", "score", "filter", "push", "voices", "profiles"):
        code, text, _ = askqa(command, "--help")
        assert code == 0
        assert text.startswith(f"Usage: askqa {command}")
        assert command in general
    assert askqa("--version")[1].startswith("askqa-builder ")


def test_no_command_is_wrong_usage(askqa: Run) -> None:
    code, out, _ = askqa()
    assert code == 2
    assert "Commands:" in out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--colour"], "--colour"),
        (["--seed", "-1"], "seed"),
        (["--seed", "one"], "seed"),
        (["--seed", str(2**53)], "seed"),
        (["--limit", "0"], "limit"),
        (["--limit", "many"], "limit"),
        (["--renditions", "0"], "renditions"),
        (["--workers", "0"], "workers"),
        (["--split", "dev2"], "split"),
        (["--stages", "initial,final"], "final"),
        (["--stages", ","], "stages"),
        (["--sample-rate", "7999"], "sample rate"),
        (["--sample-rate", "fast"], "sample rate"),
        (["--sample-rate", "-16000"], "sample rate"),
        (["--audio-format", "aiff"], "aiff"),
        (["--audio-format", "mp3", "--sample-rate", "44000"], "44000"),
        (["--shard-size", "0MB"], "shard size"),
        (["--shard-size", "big"], "shard size"),
        (["--shard-size", "-5MB"], "shard size"),
        (["--profiles", "nobody"], "nobody"),
        (["--domains", "novels"], "novels"),
        (["--domains", ""], "none given"),
        (["superfluous"], "superfluous"),
    ],
)
def test_wrong_usage_of_build_is_one_line(
    askqa: Run, demo_file: Path, tmp_path: Path, arguments: list[str], named: str
) -> None:
    code, out, err = askqa("build", demo_file, tmp_path / "out", *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("askqa: ")
    assert named in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["build"], "'source'"),
        (["build", "nowhere.json"], "'out'"),
        (["build", "nowhere.json", "out"], "nowhere.json"),
        (["bild"], "bild"),
        (["voices"], "'engine'"),
        (["voices", "hal"], "hal"),
        (["voices", "flite", "--voice", "x*"], "x*"),
        (["profiles", "nobody"], "nobody"),
        (["show"], "'dataset'"),
        (["show", "."], "no finished dataset"),
        (["show", "nowhere"], "nowhere"),
    ],
)
def test_other_wrong_usage_is_one_line(
    askqa: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = askqa(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert named in err
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_is_not_installed_is_named_with_those_that_are(
    askqa: Run, demo_file: Path, quick_profile: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "hal.yaml"
    profile.write_text(quick_profile.read_text("utf-8").replace("engine: flite", "engine: hal"))
    code, _, err = askqa("build", demo_file, tmp_path / "out", "--profiles", profile)
    assert code == 2
    assert "hal" in err
    assert "flite" in err


def test_wrong_usage_in_a_process_of_its_own(demo_file: Path, tmp_path: Path) -> None:
    result = run_askqa("build", demo_file, tmp_path / "out", "--workers", "0")
    assert_one_line(result, 2)
    assert len(result.stderr.splitlines()) == 1


def test_dry_run_writes_nothing(askqa: Run, demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, printed, _ = askqa("build", demo_file, out, "--profiles", quick_profile, "--dry-run")
    assert code == 0
    assert "13 initial, 13 clarified" in printed
    assert "kal16" in printed
    assert list(tmp_path.iterdir()) == []


def test_dry_run_tells_the_styles(askqa: Run, demo_file: Path, tmp_path: Path) -> None:
    options = ("--profiles", "styled-flite", "--limit", "1", "--workers", "1", "--dry-run")
    code, printed, _ = askqa("build", demo_file, tmp_path / "out", *options)
    assert code == 0
    assert "9 styles (drawn independently of the words)" in printed


def test_dry_run_of_a_stage_that_few_conversations_have(
    askqa: Run, demo_file: Path, demo_items: list[dict[str, Any]], quick_profile: Path, tmp_path: Path
) -> None:
    clear = [item for item in demo_items if item["ambiguity"] == "non_ambiguous"]
    none = write_corpus(tmp_path / "clear_test.json", clear)
    ambiguous = sum(item["ambiguity"] == "ambiguous" for item in demo_items)
    options = (tmp_path / "out", "--profiles", quick_profile, "--stages", "clarified", "--dry-run")
    code, printed, _ = askqa("build", demo_file, *options)
    assert code == 0
    assert "13 clarified" in printed
    assert printed.splitlines()[0].split() == ["conversations", str(ambiguous)]
    code, _, err = askqa("build", none, *options)
    assert code == 2
    assert "no conversation of the sources has clarifications" in err


def test_a_mistyped_domain_is_told_beside_a_right_one(askqa: Run, demo_file: Path, tmp_path: Path) -> None:
    source = json.loads(demo_file.read_text("utf-8"))["data"][0]["source"]
    code, _, err = askqa("build", demo_file, tmp_path / "out", "--domains", f"{source},gutenburg")
    assert code == 2
    assert "gutenburg" in err
    # in the table of licences, though not in this file: a folder may hold it in another split
    code, _, err = askqa("build", demo_file, tmp_path / "out", "--domains", f"{source},gutenberg", "--dry-run")
    assert (code, err) == (0, "")


def test_limit_counts_per_split_of_a_folder(quick_profile: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run_askqa("build", folder, out, "--profiles", quick_profile, "--limit", "1", "--workers", "1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("done: ")
    assert "kal16 (demo voices)" in result.stdout
    found = {(shard["config"], shard["split"]): shard["rows"] for shard in manifest(out)["shards"]}
    assert {split: found["initial", split] for split in ("train", "validation", "test")} == {
        "train": 1,
        "validation": 1,
        "test": 1,
    }
    one_split = tmp_path / "validation"
    options: dict[str, Any] = {"profiles": str(quick_profile), "workers": 1}
    build(folder, one_split, **options, split="validation", limit=1)
    assert {shard["split"] for shard in manifest(one_split)["shards"]} == {"validation"}
    alone = rows(one_split, "initial")[0]
    assert alone["pcm_sha256"] == samples(out)[alone["id"]]


def test_stages_renditions_rate_and_format(quick_profile: Path, demo_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = "--stages clarified --renditions 2 --sample-rate 8000 --audio-format wav --split train --limit 1"
    result = run_askqa("build", demo_file, out, "--profiles", quick_profile, "--workers", "1", *options.split())
    assert result.returncode == 0, result.stderr
    assert [file for file in digests(out) if file.startswith("data/")] == [
        "data/clarified/train-00000-of-00001.parquet"
    ]
    found = rows(out, "clarified")
    first = found[0]["conversation_id"]
    wanted = [f"{first}#clarified-{branch}{rendition}" for rendition in ("", "~1") for branch in (0, 1)]
    assert [row["id"] for row in found] == wanted
    assert [row["rendition"] for row in found] == [0, 0, 1, 1]
    casts = [{s["role"]: (s["voice"], s["requested"]["rate"]) for s in row["speakers"]} for row in found]
    assert casts[0] == casts[1]
    assert casts[2] == casts[3]
    assert all(casts[0][role] != casts[2][role] for role in casts[0])
    check_audio(out, "wav", 8000)


@pytest.mark.parametrize(("name", "rate"), [("mp3", "native"), ("ogg", "24000"), ("flac", "11025")])
def test_each_format(quick_profile: Path, folder: Path, tmp_path: Path, name: str, rate: str) -> None:
    out = tmp_path / "out"
    domain = {"mp3": "wikipedia", "ogg": "mctest", "flac": "cnn"}[name]
    options = {"profiles": str(quick_profile), "workers": 1, "limit": 1, "stages": ("initial",)}
    build(folder, out, **options, audio_format=name, sample_rate=rate, domains=(domain,))
    found = rows(out, "initial")
    assert {row["source"] for row in found} == {domain}
    check_audio(out, name, 16000 if rate == "native" else int(rate))


def check_audio(out: Path, name: str, rate: int) -> None:
    """The recordings are of this format and rate, and as long as the rows say."""
    containers = {"mp3": "MP3", "ogg": "OGG", "flac": "FLAC", "wav": "WAV"}
    listed = manifest(out)
    assert (listed["audio_format"], listed["sampling_rate"]) == (name, rate)
    for shard in listed["shards"]:
        for row in pq.read_table(out / shard["file"]).to_pylist():
            assert row["audio"]["path"].endswith(f".{name}")
            with soundfile.SoundFile(io.BytesIO(row["audio"]["bytes"])) as file:
                assert (file.format, file.samplerate, file.channels) == (containers[name], rate, 1)
                assert file.frames == row["num_samples"] or name == "mp3"
            assert row["sampling_rate"] == rate


def test_redistributable_keeps_licensed_text_only(
    askqa: Run, quick_profile: Path, folder: Path, tmp_path: Path
) -> None:
    arguments = ("build", folder, tmp_path / "out", "--profiles", quick_profile, "--dry-run")
    every, kept = (askqa(*arguments, *more)[1].splitlines()[0] for more in ((), ("--redistributable",)))
    assert every.split() == ["conversations", "9"]
    assert kept.split() == ["conversations", "3"]
    code, _, err = askqa(*arguments, "--redistributable", "--domains", "cnn")
    assert code == 2
    assert "no conversation" in err


def test_show(askqa: Run, demo_dataset: Path, tmp_path: Path) -> None:
    first = rows(demo_dataset, "initial")[0]
    code, out, _ = askqa("show", demo_dataset)
    assert code == 0
    assert out.startswith(f"{first['id']} (initial, ")
    assert first["turns"][-1]["text"] in out
    assert f"{first['turns'][0]['start']:.3f}" in out
    last = rows(demo_dataset, "clarified")[-1]
    for suffix in ("wav", "mp3", "flac", "ogg"):
        file = tmp_path / f"row.{suffix}"
        code, out, _ = askqa("show", demo_dataset, last["id"], "--save", file)
        assert code == 0
        assert "kal16" in out
        info = soundfile.info(file)
        assert info.format == suffix.upper()
        assert info.duration == pytest.approx(last["duration"], abs=0.1)
    code, _, err = askqa("show", demo_dataset, "nobody#initial")
    assert code == 2
    assert "nobody#initial" in err
    code, _, err = askqa("show", demo_dataset, "--save", tmp_path / "row.aiff")
    assert code == 2
    assert ".wav" in err


def test_text_of_a_dataset_does_nothing_to_the_terminal(
    askqa: Run, demo_items: list[dict[str, Any]], quick_profile: Path, tmp_path: Path
) -> None:
    item = demo_items[0]
    item["id"] = "red\x1b[31m"
    item["target_turn"]["question"] = "Who\x1b]0;owned\x07 came?"
    corpus = write_corpus(tmp_path / "odd_test.json", [item])
    build(corpus, tmp_path / "out", profiles=str(quick_profile), workers=1)
    code, out, _ = askqa("show", tmp_path / "out")
    assert code == 0
    assert all(c.isprintable() or c == "\n" for c in out)
    assert "came?" in out


def test_voices(askqa: Run, tmp_path: Path) -> None:
    code, out, _ = askqa("voices", "flite")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["voice", "awb", "kal16", "rms", "slt"]
    code, out, _ = askqa("voices", "flite", "--voice", "k*", "--audition", tmp_path / "auditions")
    assert code == 0
    (path,) = map(Path, out.splitlines())
    assert soundfile.info(path).duration > 2
    code, out, _ = askqa("voices", "flite", "--voice", "k*", "--audition", tmp_path / "auditions", "--style", "lively")
    assert (code, Path(out.strip()).name) == (0, "flite-kal16-lively.wav")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--style", "lively"], "give --audition DIR too"),
        (["--audition", "DIR", "--style", "livelier"], "no style 'livelier' (close: lively"),
        (["--audition", "DIR", "--style", "happy"], "cannot speak 'happy'; it can speak no emotion"),
    ],
)
def test_styles_that_cannot_be_heard(askqa: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    folder = str(tmp_path / "auditions")
    code, _, err = askqa("voices", "flite", *(folder if one == "DIR" else one for one in arguments))
    assert (code, told in err) == (2, True)


def test_profiles(askqa: Run, quick_profile: Path) -> None:
    code, out, _ = askqa("profiles")
    assert code == 0
    assert "flite" in {line.split()[0] for line in out.splitlines()}
    assert re.search(r"^styled-flite +engine flite \(demo voices\), 9 styles$", out, re.MULTILINE)
    assert "styles for `styles:`: neutral, lively, subdued," in out
    assert "emotions for it, where an engine speaks them: happy, sad," in out
    code, out, _ = askqa("profiles", "flite")
    assert code == 0
    assert json.loads(out)["roles"]["user"]["voices"] == ["awb", "kal16", "rms", "slt"]
    code, out, _ = askqa("profiles", "styled-flite")
    assert json.loads(out)["styles"]["define"]["hurried"]["rate"] == 1.2
    code, out, _ = askqa("profiles", quick_profile)
    assert json.loads(out)["distinct_voices"] is False


@pytest.mark.parametrize("command", [["voices", "flite"], ["profiles", "flite"], ["--help"], ["build", "--help"]])
@pytest.mark.parametrize("reader", ["head -n 1", "true"])
def test_output_that_nobody_reads_to_the_end(command: list[str], reader: str) -> None:
    piped = f'"$@" | {reader}'
    result = subprocess.run(
        ["bash", "-c", piped, "bash", ASKQA, *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.stderr == ""


def test_an_audition_into_a_file_is_wrong_usage(askqa: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("chapter one")
    code, _, err = askqa("voices", "flite", "--audition", tmp_path / "thesis.txt")
    assert code == 2
    assert "is a file" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tasks"], "Missing argument 'dataset'. (see askqa tasks --help)"),
        (["export", "a", "b"], "Missing option '--to'. (see askqa export --help)"),
        (["filter", "a", "b", "--nope"], "No such option: --nope (see askqa filter --help)"),
        (["build", "a", "b", "--limit", "some"], "(see askqa build --help)"),
        (["--nope"], "No such option: --nope (see askqa --help)"),
        (["bild"], "No such command 'bild'. Did you mean 'build'? (see askqa --help)"),
    ],
)
def test_wrong_usage_names_the_command_whose_help_tells_more(askqa: Run, arguments: list[str], told: str) -> None:
    code, out, error = askqa(*arguments)
    assert (code, out) == (2, "")
    assert error.startswith("askqa: ")
    assert error.count("\n") == 1
    assert told in error
