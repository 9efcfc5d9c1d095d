from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
import soundfile
from exported_mix import read_lines, write_lines, write_manifest
from finetune_qwen2_audio import main, read_arguments

README = Path(__file__).parents[2] / "recipes/README.md"


def test_the_commands_of_the_readme_are_understood() -> None:
    text = README.read_text("utf-8").replace("\\\n", " ")
    lines = re.findall(r"^python recipes/finetune_qwen2_audio.py (.*?)(?:\s+#.*)?$", text, re.MULTILINE)
    assert {line.split()[0] for line in lines} == {"compare", "train", "evaluate", "tiny-model", "speed"}
    for line in lines:
        read_arguments(shlex.split(line))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fraction", "0"], "--fraction: 0.0 is not above 0 and at most 1"),
        (["--batch-size", "0"], "--batch-size: 0 is not above 0"),
        (["--learning-rate", "nan"], "--learning-rate: nan is not above 0"),
        (["--warmup", "1"], "--warmup: 1.0 is not from 0 to below 1"),
        (["--tasks", ","], "--tasks: give at least one name"),
        (["--checkpoint-every", "0"], "--checkpoint-every: 0 is not above 0"),
        (["--model", "./mistyped"], "--model: there is no folder ./mistyped; give one that save_pretrained wrote"),
        (["--model", f"{Path(__file__).parent}/mistyped"], "--model: there is no folder"),
        (["--device", "cuda:99"], "device: cuda:99 is not there"),
        (["--device", "gpu"], "device: 'gpu' is none that torch knows; give cpu, cuda or cuda:1"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    options: list[str], message: str, mix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(mix), str(tmp_path / "run"), *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"finetune_qwen2_audio: {message}")
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ("x", '--fractions: "x" is not numbers above 0 and at most 1; part them by commas, as 0.1,1'),
        ("0.1,2", "--fractions: 2 is not above 0 and at most 1; give them as 0.1,1"),
        ("nan", "--fractions: nan is not above 0"),
        ("1,1", "--fractions: give each fraction once"),
    ],
)
def test_fractions_are_looked_at_before_the_data(
    fractions: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(tmp_path / "none"), str(tmp_path / "runs"), "--fractions", fractions]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"finetune_qwen2_audio: {message}")
    assert error.count("\n") == 1


def test_the_recipe_is_tried_with_a_tiny_model(mix: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model, run = str(tmp_path / "tiny"), str(tmp_path / "run")
    assert main(["tiny-model", model]) == 0
    assert f"--model {model}" in capfd.readouterr().out
    trained = ["train", str(mix), run, "--model", model, "--steps", "2", "--accumulate", "1", "--workers", "0"]
    quick = ["--max-new-tokens", "4"]
    assert main([*trained, "--tasks", "response", "--device", "cpu"]) == 0
    assert main(["evaluate", str(mix), run, "--device", "cpu", *quick]) == 0
    shown = capfd.readouterr()
    assert "2 steps on" in shown.out
    assert "always clarify" in shown.out
    assert "Warning" not in shown.err
    assert main(["tiny-model", model]) == 2
    assert "is there already and is no empty folder; give another folder" in capfd.readouterr().err


def test_damaged_adapters_are_one_line_and_trained_again(
    mix: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    options = ["--model", str(tiny_model), "--steps", "2", "--accumulate", "1", "--workers", "0", "--device", "cpu"]
    trained = ["train", str(mix), str(run), *options, "--checkpoint-every", "1"]
    weights = run / "adapter/adapter_model.safetensors"
    assert main(trained) == 0
    whole = weights.read_bytes()
    os.truncate(weights, 100)
    capsys.readouterr()
    assert main(["evaluate", str(mix), str(run), "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert f"{weights.parent} is damaged (" in error
    assert "run the same train command again to repair it" in error
    assert error.count("\n") == 1
    assert main(trained) == 0
    assert f"{weights.parent} is damaged (" in capsys.readouterr().err
    assert weights.read_bytes() == whole

    for name in ("adapter_model.safetensors", "training_state.pt"):
        weights.unlink()
        [checkpoint] = (run / "checkpoints").iterdir()
        kept = (checkpoint / name).read_bytes()
        os.truncate(checkpoint / name, 100)
        assert main(trained) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert f"{checkpoint} is damaged (" in error
        assert "remove it: the run then goes on from the one before, or anew" in error
        (checkpoint / name).write_bytes(kept)
        assert main(trained) == 0
    assert weights.read_bytes() == whole


def _leave_no_response_in_training(folder: Path) -> None:
    write_lines(
        folder / "train.jsonl", [one for one in read_lines(folder / "train.jsonl") if one["task"] != "response"]
    )


def _leave_no_response(folder: Path) -> None:
    write_lines(folder / "test.jsonl", [one for one in read_lines(folder / "test.jsonl") if one["task"] != "response"])


def _cut_a_clip_off(folder: Path) -> None:
    clip = _a_clip(folder)
    os.truncate(clip, 5000)


def _make_a_clip_shorter(folder: Path) -> None:
    clip = _a_clip(folder)
    samples, rate = soundfile.read(clip, dtype="int16")
    soundfile.write(clip, samples[: len(samples) // 2], rate)


def _a_clip(folder: Path) -> Path:
    [turn, *_] = read_lines(folder / "train.jsonl")[0]["conversation"]
    clip: str = turn["content"][0]["audio_url"]
    return folder / clip


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_cut_a_clip_off, "clip_cut_off); first: train.jsonl line 1: "),
        (_cut_a_clip_off, "run the same askqa export again, which makes anew what is damaged"),
        (_make_a_clip_shorter, "as were written; run the same askqa export again"),
        (shutil.rmtree, "no such folder; give the folder that askqa export TASKS OUT --to qwen2-audio wrote"),
        (lambda folder: (folder / "askqa-export.json").unlink(), "is no export, it has no askqa-export.json; give the"),
        (lambda folder: (folder / "askqa-export.json").write_text("{"), "askqa-export.json: not a manifest"),
        (lambda folder: (folder / "askqa-export.json").write_text("[]"), "askqa-export.json: not a manifest"),
        (lambda folder: write_manifest(folder, "lhotse"), 'is an export as "lhotse", not as qwen2-audio; make one'),
        (
            lambda folder: (folder / "train.jsonl").unlink(),
            "has no train.jsonl (splits: test, validation); make a task",
        ),
        (lambda folder: (folder / "test.jsonl").unlink(), "has no test.jsonl (splits: train, validation); make a task"),
        (_leave_no_response_in_training, 'no example is of the task "response"; there are listening, reasoning'),
        (_leave_no_response, "test.jsonl has no example of the task response, nothing to evaluate on; make a task set"),
        (lambda folder: shutil.rmtree(folder / "audio"), "clip_unreadable"),
    ],
)
def test_wrong_data_are_told_before_any_model_is_asked_for(
    damage: Callable[[Path], None],
    message: str,
    mix: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*_: object) -> NoReturn:
        raise AssertionError("a model is asked for")

    for module in ("training", "evaluation"):
        monkeypatch.setattr(f"qwen2_audio.{module}.load_processor", load)
    shutil.copytree(mix, tmp_path / "mix")
    damage(tmp_path / "mix")
    assert main(["compare", str(tmp_path / "mix"), str(tmp_path / "runs")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("left", "message"), [(".askqa", "is not finished"), ("askqa.json", "is a dataset or a task set")]
)
def test_what_is_another_folder_of_askqas_is_told(
    left: str, message: str, mix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / left).mkdir()
    if left == "askqa.json":
        (tmp_path / left).rmdir()
        (tmp_path / left).write_text("{}")
    for command in (["train", tmp_path, tmp_path / "run"], ["evaluate", tmp_path, tmp_path / "run"]):
        assert main(list(map(str, command))) == 2
        assert message in capsys.readouterr().err


def test_a_model_that_cannot_be_fetched_says_how_to_do_without(
    mix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for value, remedy in (("1", "HF_HUB_OFFLINE is set: unset it"), ("0", "or its folder as --model")):
        monkeypatch.setenv("HF_HUB_OFFLINE", value)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        assert main(["train", str(mix), str(tmp_path / "run"), "--model", "nobody/nowhere"]) == 2
        error = capsys.readouterr().err
        assert "nobody/nowhere cannot be loaded as a Qwen2-Audio model" in error
        assert remedy in error
        assert error.count("\n") == 1


def test_several_processes_for_one_run_are_refused(
    mix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", str(mix), str(tmp_path / "run")]) == 2
    assert "a run is one process on one device" in capsys.readouterr().err


def test_another_kind_of_model_is_refused(mix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "whisper"}', "utf-8")
    assert main(["train", str(mix), str(tmp_path / "run"), "--model", str(tmp_path)]) == 2
    assert "cannot be loaded as a Qwen2-Audio model (it is a whisper)" in capsys.readouterr().err


def test_speed_says_on_what_it_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["speed", "--size", "tiny", "--seconds", "0", "--device", "cpu"]
    assert main(tiny) == 0
    shown = capsys.readouterr()
    assert "device: cpu" in shown.out
    assert "tokens/s (1 examples of 8" in shown.out  # 750 of audio, and some of text
    assert "random weights" in shown.out
    assert re.search(r"responding: (?!0\.0 )[0-9,.]+ new tokens/s", shown.out)
    assert "FutureWarning" not in shown.err
    assert "warming up" in shown.err
    for option in ("--batch-size", "--clips"):
        assert main([*tiny, option, "0"]) == 2
        assert f"{option}: 0 is not above 0" in capsys.readouterr().err
