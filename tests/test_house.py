"""Data flows one way through the package's folders, as the README draws it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "askqa_builder"


def test_a_folder_knows_only_those_to_its_left() -> None:
    floor = floors()
    wrong = [
        f"{module} imports {imported}"
        for module, imported in imports()
        if floor.get(module.split("/")[0], -1) < floor.get(imported.split(".")[0], -1)
    ]
    assert not wrong


def test_every_folder_has_its_place() -> None:
    assert set(floors()) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def floors() -> dict[str, int]:
    """Return how far to the right each folder stands."""
    readme = (PACKAGE.parent / "README.md").read_text("utf-8")
    found = re.search(r"through the folders of `askqa_builder/`:([^.;]*);", readme)
    assert found is not None
    return {name.strip(): place for place, name in enumerate(re.split("→|,", found[1]))}


def imports() -> Iterator[tuple[str, str]]:
    """Yield each module's path within the package, with what it imports of the package."""
    for path in sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py"}):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("askqa_builder."):
                yield path.relative_to(PACKAGE).as_posix(), (node.module or "").removeprefix("askqa_builder.")
