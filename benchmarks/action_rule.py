"""Does the rule that tells clarifying questions from answers agree with Abg-CoQA's annotators?

Run: ASKQA_ABG_COQA=FOLDER python benchmarks/action_rule.py [--errors]

The rule was written with the clarifying questions and the answers to the target questions in view; the answers to
earlier questions, the third row, were not looked at. --errors prints the texts that it gets wrong.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from askqa_builder.evaluation.actions.rule import is_clarifying_question
from askqa_builder.evaluation.metrics.action_scores import ActionScores

from common import table

Rule = Callable[[str], bool]


def main() -> None:
    """Print one table."""
    folder = os.environ.get("ASKQA_ABG_COQA")
    if not folder:
        return print("This needs Abg-CoQA's test split: set ASKQA_ABG_COQA to its folder.")
    items = json.loads((Path(folder) / "coqa_abg_test.json").read_text("utf-8"))["data"]
    sets = {
        "clarifying questions, first annotator": list(_questions(items, "clarification_turn")),
        "clarifying questions, second annotator": list(_questions(items, "clarification_turn_2")),
        "answers to earlier questions": sorted({turn["answer"] for item in items for turn in item["history_turns"]}),
        "answers to the target question": list(_answers(items)),
    }
    if _arguments().errors:
        return _print_errors(sets)
    rules: dict[str, Rule] = {
        "this rule": is_clarifying_question,
        'this rule, no "?" in the texts': lambda text: is_clarifying_question(text.replace("?", "")),
        'ends with "?"': lambda text: text.rstrip().endswith("?"),
    }
    print("Taken for clarifying questions, of Abg-CoQA's test split. The rule was written with the questions and the")
    print("answers to target questions in view: this tells how far it agrees, not how it does on other texts.\n")
    rows = [
        [name, len(texts), *(f"{sum(map(rule, texts)) / len(texts):.1%}" for rule in rules.values())]
        for name, texts in sets.items()
    ]
    rows.append(["macro F1 over all", "", *(f"{_scores(sets, rule).macro_f1:.3f}" for rule in rules.values())])
    table(["texts", "number", *rules], rows)
    return None


def _questions(items: Sequence[Mapping[str, Any]], field: str) -> Iterator[str]:
    for item in items:
        if item["ambiguity"] == "ambiguous" and item.get(field):
            yield item[field]["question"]


def _answers(items: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for item in items:
        if item["ambiguity"] != "ambiguous":
            yield item["target_turn"]["answer"]
        for branch in item["clarification_turn"].get("answers", ()):
            yield from (branch[key] for key in ("org_ans", "org_ans_2", "org_ans_3") if branch.get(key))


def _scores(sets: Mapping[str, Sequence[str]], rule: Rule) -> ActionScores:
    pairs = [("clarify" if _is_asked(name) else "answer", text) for name, texts in sets.items() for text in texts]
    predicted = ["clarify" if rule(text) else "answer" for _, text in pairs]
    return ActionScores.of([gold for gold, _ in pairs], predicted)


def _print_errors(sets: Mapping[str, Sequence[str]]) -> None:
    for name, texts in sets.items():
        print(f"{name}:")
        for text in sorted({text for text in texts if is_clarifying_question(text) is not _is_asked(name)}):
            print(f"  {text!r}")


def _is_asked(name: str) -> bool:
    return name.startswith("clarifying questions")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", action="store_true", help="print the texts that the rule gets wrong")
    return parser.parse_args()


if __name__ == "__main__":
    main()
