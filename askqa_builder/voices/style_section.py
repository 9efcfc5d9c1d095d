"""A set's `styles`: those of each role, and how they are drawn; checked when the set is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from askqa_builder.corpus.conversation import ACTS_OF, Act, Role
from askqa_builder.errors import UsageError
from askqa_builder.options import close_matches, is_number
from askqa_builder.voices.section import Place, Section, one_of, shown
from askqa_builder.voices.style import Style, StyleDraw, Weights
from askqa_builder.voices.style_choice import StyleChoice
from askqa_builder.voices.style_files import parse_styles, shipped_styles
from askqa_builder.voices.text_labels import labels_of, text_labellers

_KEYS = ("draw", "text_label", "suits", "define")
_WEIGHTS = (0.001, 1000)
_DRAWS = [draw.value for draw in StyleDraw]

RoleStyles = Mapping[Act, Weights]
"""What a role draws from, by what it does; nothing of an act is in its own style only."""


def parse_role_styles(data: object, place: Place, role: Role) -> dict[Act, Weights]:
    """Read `[neutral, lively]`, for all that a role does, or `{question: {neutral: 2, lively: 1}, …}`.

    Whether there are such styles is seen in `parse_style_choice`. Raises UsageError.
    """
    if isinstance(data, list):
        return {act: _weights(data, place) for act in ACTS_OF[role]}
    allowed = [act.value for act in ACTS_OF[role]]
    if not isinstance(data, dict) or not data:
        raise UsageError(
            f"{place}: {shown(data)} is neither a list of styles, such as [neutral, lively], nor a mapping of "
            f"{', '.join(allowed)} to styles"
        )
    never = next((name for name in data if name in set(Act) and name not in allowed), None)
    if never is not None:
        raise UsageError(f"{place}: {never} is no act of the {role.value}; allowed: {', '.join(allowed)}")
    section = Section(data, place, allowed)
    acts = [act for act in ACTS_OF[role] if act.value in section]
    return {act: _weights(section.get(act.value), section.at(act.value)) for act in acts}


def _weights(data: object, place: Place) -> Weights:
    if not isinstance(data, dict | list) or not data:
        raise UsageError(f"{place}: {shown(data)} is no list of styles, nor a mapping of styles to weights")
    if isinstance(data, list):
        for name in data:
            if not isinstance(name, str):
                raise UsageError(f"{place}: {shown(name)} is not the name of a style")
            if data.count(name) > 1:
                raise UsageError(f"{place}: {name} is listed twice; give weights instead, as {{{name}: 2}}")
        data = dict.fromkeys(data, 1)
    for name, weight in data.items():
        if not is_number(weight, *_WEIGHTS):
            low, high = _WEIGHTS
            raise UsageError(f"{place}.{name}: {shown(weight)} is not a weight; allowed: a number from {low} to {high}")
    return {name: float(data[name]) for name in sorted(data)}


def parse_style_choice(top: Section, roles: Mapping[Role, RoleStyles], place_of_roles: Place) -> StyleChoice | None:
    """Read a set's `styles`, with the styles that its roles name; None where no role draws any. Raises UsageError.

    In a file, styles of the package cannot be defined anew; a manifest has them as they were.
    """
    place = top.at("styles")
    if not any(roles.values()):
        if "styles" in top:
            raise UsageError(f"{place}: no role draws a style; give one `styles`, such as [neutral, lively]")
        return None
    section = Section(top.get("styles", {}), place, _KEYS)
    defined = parse_styles(section.get("define", {}), section.at("define"))
    for name in defined.keys() & shipped_styles().keys() if place.folder is not None else ():
        raise UsageError(f"{section.at('define')}: {name} comes with askqa; call yours otherwise")
    known = {**shipped_styles(), **defined}
    draw = StyleDraw(one_of(section.get("draw", StyleDraw.INDEPENDENT.value), section.at("draw"), _DRAWS))
    text_label = section.get("text_label")
    if text_label is not None:
        text_label = one_of(text_label, section.at("text_label"), text_labellers())
    suits = _suits(section, text_label, known)
    for key, value in (("text_label", text_label), ("suits", suits)):
        if draw is not StyleDraw.INDEPENDENT and value is None:
            raise UsageError(f"{section.at(key)}: needed where draw is {draw.value}")
    used = set().union(*(suits or {}).values())
    for role, act, weights in _each(roles):
        _check_known(weights, known, _at(place_of_roles, role, act))
        used |= weights.keys()
    choice = StyleChoice(draw, text_label, suits, {name: known[name] for name in sorted(used)})
    _check_left(choice, roles, place_of_roles)
    return choice


def _suits(section: Section, text_label: str | None, known: Mapping[str, Style]) -> dict[str, tuple[str, ...]] | None:
    data, place = section.get("suits"), section.at("suits")
    if data is None:
        return None
    if text_label is None:
        raise UsageError(f"{place}: these are labels of texts; say with text_label who gives them, such as vader")
    labels = labels_of(text_label)
    suits = Section(data, place, labels, required=labels)
    return {label: _suiting(suits.get(label), suits.at(label), known) for label in labels}


def _suiting(names: Any, place: Place, known: Mapping[str, Style]) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{place}: {shown(names)} is not a list of styles")
    _check_known(dict.fromkeys(names, 1.0), known, place)
    return tuple(sorted(set(names)))


def _check_known(names: Weights, known: Mapping[str, Style], place: Place) -> None:
    for name in names:
        if name not in known:
            hint = close_matches(name, list(known))
            raise UsageError(f"{place}: there is no style {shown(name)}{hint}; there are {', '.join(known)}")


def _check_left(choice: StyleChoice, roles: Mapping[Role, RoleStyles], place: Place) -> None:
    """Raise UsageError, with all of them, where texts may come for which no style is left to draw."""
    acts, unserved = [], set()
    for role, act, weights in _each(roles):
        missing = [label for label in choice.suits or () if not choice.left(weights, label)]
        if missing:
            unserved.update(missing)
            acts.append(f"{'.'.join(_at(place, role, act).keys)} ({', '.join(weights)}) for {_listed(missing)} texts")
    if acts:
        raise UsageError(
            f"{place.source}: draw is {choice.draw.value}, and these have no such style: {'; '.join(acts)}. "
            f"{_remedy(choice, unserved)}, change styles.suits, or let an act draw none"
        )


def _remedy(choice: StyleChoice, unserved: Set[str]) -> str:
    suits = {label: names for label, names in (choice.suits or {}).items() if label in unserved}
    told = "; ".join(f"{label}: {', '.join(names) or 'none so far'}" for label, names in suits.items())
    wanted = "that suits them" if choice.draw is StyleDraw.CONGRUENT else "that does not suit them"
    return f"Give each a style {wanted} (those that suit: {told})"


def _listed(labels: Sequence[str]) -> str:
    *before, last = labels
    return f"{', '.join(before)} and {last}" if before else last


def _each(roles: Mapping[Role, RoleStyles]) -> Iterator[tuple[Role, Act, Weights]]:
    return ((role, act, weights) for role, styles in roles.items() for act, weights in styles.items())


def _at(place: Place, role: Role, act: Act) -> Place:
    return Place(place.source, place.folder, (*place.keys, role.value, "styles", act.value))
