"""The way to Ray: a cluster that runs already, or one on this machine for as long as a build lasts."""

from __future__ import annotations

import importlib.util
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.machine import usable_cores

_ADDRESS_VARIABLE = "RAY_ADDRESS"
_CLIENT = "ray://"
_CONNECTION_SECONDS = 10.0


@dataclass(frozen=True)
class Cluster:
    """What a cluster has. own: it was started for this build, on this machine alone."""

    cpus: int
    gpus: int
    own: bool


def require_ray() -> None:
    """Raise UsageError where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise UsageError('executor: Ray is not installed; pip install "askqa-builder[ray]"')


def check_address(address: str | None) -> None:
    """Raise UsageError for the address of a Ray Client: its driver is another process, far from the dataset."""
    if (address or os.environ.get(_ADDRESS_VARIABLE, "")).startswith(_CLIENT):
        raise UsageError(
            f"ray address: a build is no Ray Client ({_CLIENT}…); start it on a machine of the cluster, with ray job "
            "submit or --ray-address auto"
        )


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[Cluster]:
    """Connect to Ray for the `with` block.

    address: of a cluster, as host:port or "auto" for that of this machine; None for the one that the variable
    RAY_ADDRESS names, as in a job, else one that is started here and ends with the block. A program that is connected
    already stays so. workers: how many CPUs a cluster that is started here has; None for the cores of this machine.
    Raises UsageError where there is no such cluster, AskqaError where none starts.
    """
    require_ray()
    check_address(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():
        yield _cluster(own=False)
        return
    wanted = address or os.environ.get(_ADDRESS_VARIABLE) or "local"
    own = wanted == "local"
    _check_listens(wanted)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with _no_news():
        try:
            if own:
                ray.init("local", num_cpus=workers or usable_cores(), include_dashboard=False, **quiet)
            else:
                ray.init(wanted, **quiet)
        except Exception as error:  # Ray and what it stands on raise all kinds
            what = f"{type(error).__name__}: {error}"
            if own:
                raise AskqaError(f"Ray does not start on this machine: {what}") from error
            raise UsageError(f"ray address: no cluster answers at {wanted}: {what}") from error
        try:
            yield _cluster(own=own)
        finally:
            ray.shutdown()


def _check_listens(address: str) -> None:
    """Raise UsageError where nobody listens at host:port: Ray would try again for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return  # "auto" and the like, of which Ray knows more
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECTION_SECONDS):
            return
    except (OSError, OverflowError) as error:
        raise UsageError(f"ray address: no cluster answers at {address}: {error}") from error


def _cluster(*, own: bool) -> Cluster:
    import ray

    resources = ray.cluster_resources()
    return Cluster(int(resources.get("CPU", 0)), int(resources.get("GPU", 0)), own)


@contextmanager
def _no_news() -> Iterator[None]:
    """Keep off standard output what Ray tells of workers that end: the build sees to them.

    Ray has no setting for it; `log_to_driver` does not reach these messages.
    """
    from ray._private import worker

    name = "print_to_stdstream"
    printing = getattr(worker, name)
    setattr(worker, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(worker, name, printing)
