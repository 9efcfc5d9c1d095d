"""A cluster that the tests share, on which engines are installed that fail."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import install_engine
from ray_setup import ENGINES, RunningCluster

collect_ignore_glob = [] if importlib.util.find_spec("ray") else ["test_*"]  # Ray has no wheel for some Pythons


@pytest.fixture(scope="session")
def ray_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables under which the engines `marked` and `apart` are installed."""
    site = tmp_path_factory.mktemp("ray-site")
    install_engine(site, ENGINES / "marked_engine.py", "MarkedEngine")
    install_engine(site, ENGINES / "speaking_apart" / "apart_engine.py", "ApartEngine")
    path = [str(site), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "APART_FOLDER": str(tmp_path_factory.mktemp("apart-log")),
        "RAY_USAGE_STATS_ENABLED": "0",
    }


@pytest.fixture(scope="session")
def cluster(ray_environment: dict[str, str]) -> Iterator[RunningCluster]:
    """A cluster with one machine of two CPUs."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ray_environment.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        running = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
        try:
            yield RunningCluster(running, running.address, ray_environment)
        finally:
            running.shutdown()


@pytest.fixture(scope="session")
def marked_profile(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profiles") / "marked.yaml"
    path.write_text(quick_profile.read_text("utf-8").replace("engine: flite", "engine: marked"))
    return path


@pytest.fixture(scope="session")
def apart_profile(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profiles") / "apart.yaml"
    path.write_text(quick_profile.read_text("utf-8").replace("engine: flite", "engine: apart"))
    return path
