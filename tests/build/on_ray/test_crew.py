"""Actors that end, hang, or never begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from odd_actor import Odd
from ray_setup import RunningCluster

from askqa_builder.errors import AskqaError, UsageError

START_SECONDS = 3.0


@pytest.fixture(scope="module")
def new_crew(cluster: RunningCluster) -> Iterator[Any]:
    """Make a crew of one on the cluster, which this process joins."""
    import ray

    from askqa_builder.build.on_ray.crew import Crew

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(cluster.address, log_to_driver=False)
    crews: list[Crew[str]] = []

    def make(way: str) -> Crew[str]:
        crew: Crew[str] = Crew(1, ray.remote(num_cpus=1)(Odd).remote, (way,), START_SECONDS)
        crews.append(crew)
        return crew

    yield make
    for crew in crews:
        crew.stop()
    ray.shutdown()


def events(crew: Any, calls: list[tuple[Any, ...]], seconds: float = 60.0) -> list[Any]:
    """Make calls (a tag, a method, its arguments) as soon as the member can take them; what becomes of them."""
    from askqa_builder.build.on_ray.crew import wait_for

    left, found, wanted = list(calls), [], len(calls)
    while len(found) < wanted:
        while left and (free := crew.free()):
            tag, method, *arguments = left.pop(0)
            crew.ask(free[0], tag, method, *arguments, seconds=seconds)
        wait_for(crew)
        found += crew.settle()
    return found


def test_an_actor_that_ends_is_replaced_and_the_call_after_it_is_no_suspect(new_crew: Any, tmp_path: Path) -> None:
    crew = new_crew("well")
    mark = str(tmp_path / "ended")
    found = events(crew, [("ends", "end_once", mark), ("waits", "answer", 5)])
    assert [(event.tag, event.happened, event.suspect) for event in found] == [
        ("ends", "the worker ended", True),
        ("waits", "the worker ended", False),
    ]
    found = events(crew, [("ends", "end_once", mark), ("waits", "answer", 5)])
    assert [(event.tag, event.value) for event in found] == [("ends", "well"), ("waits", 5)]
    crew.stop()


def test_an_actor_that_hangs_is_replaced(new_crew: Any) -> None:
    crew = new_crew("well")
    (event,) = events(crew, [("hangs", "hang")], seconds=0.0)
    assert (event.happened, event.suspect) == ("the worker gave no answer in time", True)
    (event,) = events(crew, [("goes on", "answer", 7)])
    assert event.value == 7
    crew.stop()


def test_actors_that_never_begin(new_crew: Any) -> None:
    crew = new_crew("die")
    with pytest.raises(AskqaError, match="workers end before they begin"):
        events(crew, [("never", "answer", 1)])
    crew.stop()


def test_what_an_actor_reports_is_our_error_again(new_crew: Any) -> None:
    crew = new_crew("refuse")
    with pytest.raises(UsageError, match=r"^no licence on this machine$"):
        events(crew, [("never", "answer", 1)])
    crew.stop()
