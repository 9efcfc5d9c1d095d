"""How a run went: what was run, how dialogues ended, time, tokens, and how far classifiers and a judge agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from askqa_builder.evaluation.metrics.printing import NAMES, NOTHING, per_cent
from askqa_builder.evaluation.page.intervals import Scale, interval
from askqa_builder.report.plots import axis, bar, histogram

Json = Mapping[str, Any]


@dataclass(frozen=True)
class JudgeLines:
    """What a judge comes to. score: 0 to 100. correlations: with which score, Spearman's coefficient, interval, of."""

    score: str
    picture: Markup
    of: str
    correlations: list[tuple[str, str, str]]


def facts(about: Json, results: Json) -> list[tuple[str, str]]:
    """Return what was run on what, by whom it was accompanied and with which options."""
    run = results["run"]
    hearing = {name: value for name, value in about["options"]["hearing"].items() if value is not None}
    judge = about["judge"]
    told = {
        "Model": run["model"],
        "Dataset": f"{run['dataset']}, digest {run['dataset_digest']}",
        "Action classifier": run["classifier"],
        "User simulator": run["simulator"],
        "Judge": None if judge is None else judge if isinstance(judge, str) else str(judge["model"]),
        "Sentence embeddings": results["embedding"],
        "Heard": ", ".join(f"{name} {value}" for name, value in hearing.items()),
        "Responses, at most": str(run["max_rounds"]),
        "Seed": str(run["seed"]),
        "askqa-builder": about["askqa_builder"],
        "Configuration": about["config_digest"],
    }
    return [(name, value) for name, value in told.items() if value is not None]


def shares(counts: Iterable[tuple[str, int]]) -> list[tuple[str, str, Markup]]:
    """Return names, counts and bars."""
    known = list(counts)
    most = max((count for _, count in known), default=1)
    return [(name.replace("_", " "), f"{count:,}", bar(count / most, "assistant")) for name, count in known]


def waiting(seconds: Sequence[float]) -> Markup | None:
    """Draw how long responses took; None where there are none."""
    if not seconds:
        return None
    values = np.array(seconds, np.float64)
    low, median, high = np.percentile(values, (5, 50, 95))
    label = f"Histogram, seconds until a response: median {median:.3g}, 90 % from {low:.3g} to {high:.3g}"
    return histogram(values, axis(values, "seconds", from_zero=True), "assistant", label)


def usage_lines(usage: Json) -> list[tuple[str, str]]:
    """Return what the model was asked for and what it took; what nobody tells is left out."""
    return list(_usage(usage))


def agreement_lines(agreements: Sequence[Json]) -> list[tuple[str, list[str]]]:
    """Return, for each two classifiers: names, then responses, agreement, kappa, and counts of who takes what how."""
    return [
        (
            " and ".join(one["between"]),
            [
                f"{one['responses']:,}",
                per_cent(one["accuracy"]),
                NOTHING if one["kappa"] is None else f"{one['kappa']:.2f}",
                *(f"{one[name]:,}" for name in ("both_clarify", "first_clarify", "second_clarify", "both_answer")),
            ],
        )
        for one in agreements
    ]


def judge_lines(judge: Json | None) -> JudgeLines | None:
    """Return what a judge comes to; None where nobody judged."""
    if judge is None:
        return None
    shown = {name: None if judge[name] is None else judge[name] / 100 for name in ("low", "high")}
    figure = {"value": None if judge["score"] is None else judge["score"] / 100, **shown}
    text = per_cent(figure["value"])
    if figure["low"] is not None:
        text += f" [{per_cent(figure['low'])}, {per_cent(figure['high'])}]"
    without = f"; {judge['not_judged']:,} have no judgement" if judge["not_judged"] else ""
    return JudgeLines(
        score=text,
        picture=interval(figure, Scale.of([figure])),
        of=f"{judge['answers']:,} answers to {judge['items']:,} requests{without}",
        correlations=[(NAMES[name], *_correlation(one)) for name, one in judge["spearman"].items()],
    )


def _correlation(one: Json) -> tuple[str, str]:
    if one["spearman"] is None:
        return NOTHING, f"{one['answers']:,}"
    interval_text = "" if one["low"] is None else f" [{one['low']:.2f}, {one['high']:.2f}]"
    return f"{one['spearman']:.2f}{interval_text}", f"{one['answers']:,}"


def _usage(usage: Json) -> Iterator[tuple[str, str]]:
    yield "Responses", f"{usage['responses']:,}"
    for why, count in usage["unfit"].items():
        yield f"of them not fitting: {why}", f"{count:,}"
    if usage["seconds_median"] is not None:
        yield "Seconds a response, median", f"{usage['seconds_median']:.2f}"
        yield "Seconds a response, 90th percentile", f"{usage['seconds_p90']:.2f}"
    for name, what in (("prompt_tokens", "Tokens in"), ("completion_tokens", "Tokens out")):
        if usage[name] is not None:
            yield what, f"{usage[name]:,}"
    if usage["untold_tokens"] and usage["untold_tokens"] < usage["responses"]:
        yield "Responses that do not tell their tokens", f"{usage['untold_tokens']:,}"
    if usage["audio_seconds"]:
        yield "Audio heard", f"{usage['audio_seconds'] / 3600:.2f} h"
    if usage["cost"] is not None:
        yield "Cost", f"{usage['cost']:.2f}"
