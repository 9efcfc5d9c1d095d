"""YAML as plain data: no tags, no surprises, and no file that can exhaust the machine.

`yaml.safe_load` makes no objects, but it keeps the last of two equal keys, expands `<<` without bound and
lets a few bytes of aliases stand for billions of items. So the node graph is turned into data here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from askqa_builder.errors import UsageError

MAXIMUM_BYTES = 1 << 18
"""Largest file that is read; 900 voices for each role are 50 kB, a table of 900 voices is 110 kB."""

MAXIMUM_NODES = 100_000
"""Most items, aliases counted as often as they are used."""

_PREFIX = "tag:yaml.org,2002:"
_SCALARS = frozenset(_PREFIX + name for name in ("str", "int", "float", "bool", "null"))


def read_yaml(path: Path, where: str) -> Any:
    """Read a YAML file into dict, list, str, int, float, bool and None.

    where: how errors name the file. Raises UsageError, one line, where it cannot be read, is larger than
    MAXIMUM_BYTES, is not YAML 1.1, repeats a key or uses tags, dates, merge keys or endless aliases.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{where}: cannot be read: {error.strerror}") from error
    if len(data) > MAXIMUM_BYTES:
        raise UsageError(f"{where}: larger than {MAXIMUM_BYTES} bytes; is it the right file?")
    try:
        return parse_yaml(data.decode("utf-8-sig"), where)
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: not UTF-8 text (byte {error.start})") from error


def parse_yaml(text: str, where: str) -> Any:
    """Parse YAML text as `read_yaml` does."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        return None if node is None else _Builder(loader, where).build(node)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f"line {error.problem_mark.line + 1}: "
        problem = " ".join((error.problem or error.context or "invalid").split())
        raise UsageError(f"{where}: {line}not valid YAML: {problem}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise UsageError(f"{where}: nested too deeply, or an alias that contains itself") from error


class _Builder:
    """Turns nodes into data, counting them."""

    def __init__(self, loader: yaml.SafeLoader, where: str) -> None:
        self._loader = loader
        self._where = where
        self._built = 0

    def build(self, node: yaml.Node) -> Any:
        self._built += 1
        if self._built > MAXIMUM_NODES:
            raise UsageError(f"{self._where}: more than {MAXIMUM_NODES} items, aliases counted where used")
        if isinstance(node, yaml.MappingNode) and node.tag == _PREFIX + "map":
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode) and node.tag == _PREFIX + "seq":
            return [self.build(item) for item in node.value]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node)
        kind = node.tag.removeprefix(_PREFIX)
        raise self._error(node, f"{kind!r} is not allowed here; quote text, write no tags")

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _PREFIX + "merge":
                raise self._error(key_node, "merge keys (<<) are not allowed")
            key = self.build(key_node)
            if not isinstance(key, str):
                raise self._error(key_node, "a key must be text; quote it")
            if key in built:
                raise self._error(key_node, f"the key {key!r} is there twice")
            built[key] = self.build(value_node)
        return built

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            return self._loader.construct_object(node)
        except (ValueError, LookupError) as error:
            # An explicit `!!int abc`, or a number of thousands of digits.
            raise self._error(node, f"not a {node.tag.removeprefix(_PREFIX)}") from error

    def _error(self, node: yaml.Node, problem: str) -> UsageError:
        return UsageError(f"{self._where}: line {node.start_mark.line + 1}: {problem}")
