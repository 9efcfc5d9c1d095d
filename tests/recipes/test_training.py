from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from askqa_builder.errors import StorageError, UsageError
from askqa_builder.locking import lock_folder, release

from qwen2_audio.encoding import Encoder
from qwen2_audio.examples import read_examples
from qwen2_audio.model import add_adapters, load_model, load_processor
from qwen2_audio.settings import Machine, TrainingSettings
from qwen2_audio.training import answer_loss, read_losses, train

QUICK = Machine(device="cpu", workers=0, checkpoint_every=100)
RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def short(tiny_model: Path) -> TrainingSettings:
    """Settings of a few steps, with dropout, so that random numbers count."""
    return TrainingSettings(
        model=str(tiny_model), steps=4, batch_size=2, accumulate=2, learning_rate=0.01, lora_dropout=0.2, seed=3
    )


@pytest.fixture(scope="module")
def undisturbed(mix: Path, short: TrainingSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "undisturbed"
    train(mix, run, short, QUICK)
    return run


def adapters(run: Path) -> bytes:
    return (run / "adapter/adapter_model.safetensors").read_bytes()


def test_the_loss_on_the_mix_falls_by_half(mix: Path, tiny_model: Path, tmp_path: Path) -> None:
    settings = TrainingSettings(
        model=str(tiny_model), fraction=0.1, steps=20, batch_size=2, accumulate=1, learning_rate=0.02
    )
    done = train(mix, tmp_path / "run", settings, QUICK)
    assert sum(done.losses[-5:]) / 5 < 0.5 * done.losses[0]


def test_a_run_that_is_killed_twice_comes_to_the_same(
    mix: Path, short: TrainingSettings, undisturbed: Path, tmp_path: Path
) -> None:
    run = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("dying.py"), mix, run, json.dumps(short.to_json())],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(RECIPES), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "killed\nkilled\n", done.stderr
    assert sorted(path.name for path in (run / "checkpoints").iterdir() if path.name[0] != ".") == [
        "step-00000001",
        "step-00000002",
    ]
    assert any(path.name.startswith(".step-00000003") for path in (run / "checkpoints").iterdir())

    resumed = train(mix, run, short, replace(QUICK, checkpoint_every=1))
    assert resumed.resumed_at == 2
    assert read_losses(run) == read_losses(undisturbed)
    assert adapters(run) == adapters(undisturbed)
    assert not list(run.rglob(".*")), "leftovers"


def test_a_checkpoint_of_another_kind_of_device_is_told(
    mix: Path, short: TrainingSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    run, machine = tmp_path / "run", replace(QUICK, checkpoint_every=1)
    train(mix, run, replace(short, steps=2), machine)
    shutil.rmtree(run / "adapter")
    train(mix, run, replace(short, steps=2), machine)
    assert "other dropout" not in capsys.readouterr().err
    shutil.rmtree(run / "adapter")
    (state,) = run.glob("checkpoints/*/training_state.pt")
    saved = torch.load(state, weights_only=True)
    saved["random"]["gpu"] = torch.zeros(16, dtype=torch.uint8)
    torch.save(saved, state)
    train(mix, run, replace(short, steps=2), machine)
    assert "written on a GPU: on cpu the run goes on with other dropout" in capsys.readouterr().err


@pytest.mark.parametrize("limit", [50_000, 200_000])
def test_a_full_disk_is_one_line_and_the_run_goes_on(
    mix: Path, short: TrainingSettings, undisturbed: Path, tmp_path: Path, limit: int
) -> None:
    assert 50_000 < len(adapters(undisturbed)) < 200_000, "the first limit meets the adapters, the second the state"
    machine = replace(QUICK, checkpoint_every=1)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot write step-00000001: .*free some space and run again"):
            train(mix, tmp_path / "run", short, machine)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert not list((tmp_path / "run/checkpoints").iterdir())
    train(mix, tmp_path / "run", short, machine)
    assert read_losses(tmp_path / "run") == read_losses(undisturbed)


def test_another_seed_makes_another_run(mix: Path, short: TrainingSettings, undisturbed: Path, tmp_path: Path) -> None:
    train(mix, tmp_path / "run", replace(short, seed=4, steps=1), QUICK)
    assert read_losses(tmp_path / "run")[0] != read_losses(undisturbed)[0]


def test_memory_is_saved_without_changing_what_is_learnt(
    mix: Path, short: TrainingSettings, undisturbed: Path, tmp_path: Path
) -> None:
    machine = replace(QUICK, gradient_checkpointing=True)
    done = train(mix, tmp_path / "run", replace(short, steps=2, warmup=0.0), machine)
    alike = train(mix, tmp_path / "other", replace(short, steps=2, warmup=0.0), QUICK)
    assert done.losses == pytest.approx(alike.losses, rel=1e-5)
    assert done.losses[0] == pytest.approx(read_losses(undisturbed)[0], rel=1e-5)


def test_in_bfloat16_the_adapters_stay_exact(mix: Path, short: TrainingSettings, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    done = train(mix, tmp_path / "run", replace(short, steps=1, precision="bfloat16"), QUICK)
    saved = load_file(tmp_path / "run/adapter/adapter_model.safetensors")
    assert {str(one.dtype) for one in saved.values()} == {"torch.float32"}
    assert done.losses[0] == pytest.approx(
        train(mix, tmp_path / "exact", replace(short, steps=1), QUICK).losses[0], rel=0.02
    )


def test_only_the_language_model_is_adapted(tiny_model: Path) -> None:
    import torch

    settings = TrainingSettings(model=str(tiny_model), lora_rank=4, lora_targets=("q_proj", "up_proj"))
    model = add_adapters(load_model(settings, torch.device("cpu")), settings)
    learnt = {name: one for name, one in model.named_parameters() if one.requires_grad}
    assert learnt
    assert all("language_model" in name and "lora_" in name for name in learnt)
    assert {name.split(".lora_")[0].rsplit(".", 1)[-1] for name in learnt} == {"q_proj", "up_proj"}
    assert {min(one.shape) for one in learnt.values()} == {4}
    with pytest.raises(UsageError, match="no layer 'w_proj'"):
        add_adapters(model, replace(settings, lora_targets=("w_proj",)))


def test_the_loss_is_that_of_transformers_and_the_same_in_any_batch(mix: Path, tiny_model: Path) -> None:
    import torch

    settings = TrainingSettings(model=str(tiny_model))
    model = load_model(settings, torch.device("cpu")).eval()
    encoder = Encoder(load_processor(settings.model, None))
    examples = read_examples(mix, "train")[:4]
    alone = [encoder.training_batch([example]) for example in examples]
    with torch.no_grad():
        losses = [float(answer_loss(model, batch)) for batch in alone]
        theirs = [float(model(**batch).loss * (batch["labels"] != -100).sum()) for batch in alone]
        together = float(answer_loss(model, encoder.training_batch(examples)))
    assert losses == pytest.approx(theirs, rel=1e-4)
    assert together == pytest.approx(sum(losses), rel=1e-4)


def test_a_finished_run_is_left_as_it_is(mix: Path, short: TrainingSettings, undisturbed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*") if path.is_file()}
    done = train(mix, undisturbed, short, QUICK)
    assert done.resumed_at == done.steps == 4
    assert {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*") if path.is_file()} == before


def test_a_run_goes_on_under_the_same_settings_only(mix: Path, short: TrainingSettings, tmp_path: Path) -> None:
    one = replace(short, steps=1)
    train(mix, tmp_path / "run", one, QUICK)
    with pytest.raises(UsageError, match=r"another learning_rate \(0.01, now 0.5\)"):
        train(mix, tmp_path / "run", replace(one, learning_rate=0.5), QUICK)
    before = adapters(tmp_path / "run")
    train(mix, tmp_path / "run", replace(one, learning_rate=0.5), QUICK, overwrite=True)
    assert adapters(tmp_path / "run") != before


def test_what_is_no_run_is_left_alone(mix: Path, short: TrainingSettings, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="something that is no run"):
        train(mix, tmp_path, short, QUICK, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_processes_do_not_train_one_run(mix: Path, short: TrainingSettings, tmp_path: Path) -> None:
    lock = lock_folder(tmp_path, "")
    with pytest.raises(UsageError, match="trained by another process"):
        train(mix, tmp_path, short, QUICK)
    release(lock)


def test_a_model_that_is_not_there_is_one_line(mix: Path, short: TrainingSettings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be loaded as a Qwen2-Audio model"):
        train(mix, tmp_path / "run", replace(short, model=str(tmp_path)), QUICK)
