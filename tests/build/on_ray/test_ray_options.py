"""What is wrong with a build on Ray is said before anything is spoken."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from askqa_builder.build.on_ray.cluster import connected
from askqa_builder.build.on_ray.node import check_gpus, check_node, versions
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.recipe import Recipe, make_recipe
from askqa_builder.errors import UsageError
from askqa_builder.voices.reference import read_reference


@pytest.fixture(scope="module")
def recipe(quick_profile: Path) -> Recipe:
    return make_recipe(BuildOptions(profiles=str(quick_profile)))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"executor": "slurm"}, "allowed: local, ray"),
        ({"ray_address": "auto"}, "needs the executor ray"),
        ({"executor": "ray", "ray_address": "ray://head:10001"}, "ray job submit"),
        ({"executor": "ray", "device": "cuda:0,1"}, "write cuda"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        BuildOptions(**options)  # type: ignore[arg-type]


def test_ray_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r'pip install "askqa-builder\[ray\]"'):
        BuildOptions(executor="ray")
    BuildOptions()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no such host"])
def test_a_cluster_that_is_not_there(address: str) -> None:
    with pytest.raises(UsageError, match=f"no cluster answers at {address}"), connected(address, 1):
        raise AssertionError("connected")


def test_a_machine_with_other_libraries(recipe: Recipe) -> None:
    here = versions(recipe)
    check_node(recipe, here)
    with pytest.raises(UsageError, match=f"it has numpy {here['numpy']} instead of 0.1; install the same"):
        check_node(recipe, {**here, "numpy": "0.1"})


def test_a_machine_without_the_clips_of_a_profile_set(quick_profile: Path, tmp_path: Path) -> None:
    recording = tmp_path / "noise.wav"
    soundfile.write(recording, np.random.default_rng(1).normal(0, 0.1, 32000), 16000)
    channel = tmp_path / "street.yaml"
    channel.write_text("noise: {sources: [{file: noise.wav, licence: CC0-1.0}], snr: 10}\n")
    recipe = make_recipe(BuildOptions(profiles=str(quick_profile), channel=str(channel)))
    check_node(recipe, versions(recipe))
    recording.write_bytes(recording.read_bytes() + b"\0")
    with pytest.raises(UsageError, match="is another one there"):
        check_node(recipe, versions(recipe))
    recording.unlink()
    with pytest.raises(UsageError, match=r"noise\.wav cannot be read there"):
        check_node(recipe, versions(recipe))


def test_a_machine_without_the_clip_of_an_emotion(recipe: Recipe, tmp_path: Path) -> None:
    clips = {}
    for name in ("anna", "glad"):
        (tmp_path / f"{name}.wav").write_bytes(name.encode())
        clips[name] = read_reference(tmp_path / f"{name}.wav", "here", "anna", None, None)
    anna = replace(clips["anna"], emotions={"happy": clips["glad"]})
    profiles = recipe.profiles.profiles
    roles = {role: replace(profile, references=(anna,)) for role, profile in profiles.roles.items()}
    cloning = replace(recipe, profiles=replace(recipe.profiles, profiles=replace(profiles, roles=roles)))
    check_node(cloning, versions(cloning))
    clips["glad"].path.write_bytes(b"another")
    with pytest.raises(UsageError, match=r"glad\.wav is another one there"):
        check_node(cloning, versions(cloning))


def test_gpus_that_nobody_would_use(recipe: Recipe) -> None:
    check_gpus(recipe, 0)
    check_gpus(recipe, 8)  # flite knows of none
    info = next(iter(recipe.engines.values()))
    on_gpu = replace(info, name="coqui", numeric_mode="cuda-bfloat16", pace=replace(info.pace, apart=True))
    on_cpu = replace(on_gpu, numeric_mode="cpu-float32", pace=info.pace)
    check_gpus(replace(recipe, engines={"coqui": on_gpu}), 8)
    with pytest.raises(UsageError, match="the cluster has no GPU"):
        check_gpus(replace(recipe, engines={"coqui": on_gpu}), 0)
    with pytest.raises(UsageError, match="coqui finds none here"):
        check_gpus(replace(recipe, engines={"coqui": on_cpu}), 8)
    check_gpus(replace(recipe, engines={"coqui": on_cpu}, devices=("cpu",)), 8)
