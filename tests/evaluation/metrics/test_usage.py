from __future__ import annotations

import json

from made_runs import ambiguous, clear, response, said

from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.usage import Prices, rounds_of, usage_of


def run() -> Outcomes:
    """An item of two readings, with one first response; one that failed; one that was refused."""
    shared, plain, refused = ambiguous("a", ["red"], ["blue"]), clear("b", "red"), clear("c", "red")
    first = response("which?", seconds=1.25, prompt_tokens=100, completion_tokens=10, audio_seconds=30.0)
    then = [response("red", seconds=s, prompt_tokens=120, completion_tokens=5, audio_seconds=33.0) for s in (2.0, 3.0)]
    return Outcomes(
        [shared, plain, refused],
        [
            said(shared, response("which?", **{**_costs(first), "reply": "red one"}), then[0], branch=0),
            said(shared, response("which?", **{**_costs(first), "reply": "no"}), then[1], branch=1),
            said(plain, response("what?", seconds=4.0), ending="failed"),
            said(refused, response("", unfit="refused", seconds=5.0, prompt_tokens=7, completion_tokens=0)),
        ],
    )


def _costs(first: object) -> dict[str, object]:
    names = ("seconds", "prompt_tokens", "completion_tokens", "audio_seconds")
    return {name: getattr(first, name) for name in names}


def test_each_response_is_paid_once_and_failed_ones_too() -> None:
    usage = usage_of(run(), Prices(prompt=2.0, completion=10.0, audio=3.6))
    assert usage.responses == 5
    assert (usage.prompt_tokens, usage.completion_tokens, usage.audio_seconds) == (347, 20, 96.0)
    assert (usage.untold_tokens, usage.untold_audio) == (1, 2)
    assert usage.unfit == {"refused": 1}
    assert (usage.seconds_median, usage.seconds_p90) == (3.0, 4.6)
    assert usage.cost == 2.0 * 347 / 1e6 + 10.0 * 20 / 1e6 + 3.6 * 96 / 3600


def test_what_nobody_tells_has_no_price() -> None:
    item = clear("a")
    outcomes = Outcomes([item], [said(item, "red")])
    assert usage_of(outcomes).cost is None
    assert usage_of(outcomes, Prices(prompt=1.0)).cost is None
    assert usage_of(outcomes).prompt_tokens is None
    heard = Outcomes([item], [said(item, response("red", audio_seconds=10.0))])
    assert usage_of(heard, Prices(audio=36.0)).cost == 0.1
    assert usage_of(heard, Prices(prompt=1.0, audio=36.0)).cost is None  # part of it is no cost
    nothing = usage_of(Outcomes([item], []))
    assert (nothing.responses, nothing.seconds_median) == (0, None)
    json.dumps(nothing.to_json(), allow_nan=False)


def test_rounds_count_items_once() -> None:
    rounds = rounds_of(run().held)
    assert rounds.mean == 1.5  # two of the first item, one of the third
    assert rounds.distribution == {1: 1, 2: 2}
    assert rounds_of([]).mean is None
