"""Where a value came from: labels, and how they follow a value through expressions. Pure, and plain JSON.

A label is `source:node`: a source (`file`, `web`, `tool`, `model`) and the node by which it came in. The origin of a
value is a sorted list of labels, or, where the parts of an object or list came from different places, an object with
an origin for each part by name or index and one for the rest under "". A value without labels is a person's or the
author's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.errors import StepError
from engine.expressions import parse

Origin = Any
Path = tuple[str | int, ...]
Look = Callable[[Path], Origin]
"""The origin of what a static path of an expression (`steps.read.output.name`) names."""

MAX_PLACES = 5
"""Nodes that are named for each source; a value that more of them have fed is no less of that source."""
_MAX_DEPTH = 4
_MAX_PARTS = 32


def labels(origin: Origin) -> Iterator[str]:
    """Every label in an origin, parts included."""
    if isinstance(origin, Mapping):
        for part in origin.values():
            yield from labels(part)
    else:
        yield from origin or ()


def join(origins: Iterable[Origin]) -> list[str]:
    """The labels of a value that was made of all of these: sorted, and of each source the first few places."""
    found = sorted({label for origin in origins for label in labels(origin)})
    kept: list[str] = []
    count: dict[str, int] = {}
    for label in found:
        source = label.partition(":")[0]
        count[source] = count.get(source, 0) + 1
        if count[source] <= MAX_PLACES:
            kept.append(label)
    return kept


def kinds(origin: Origin) -> list[str]:
    """The sources alone, as in ["file", "model"]."""
    return sorted({label.partition(":")[0] for label in labels(origin)})


def places(origin: Origin, sources: Iterable[str]) -> dict[str, list[str]]:
    """The nodes by which each of these sources came in, where it did."""
    wanted = set(sources)
    found: dict[str, list[str]] = {}
    for label in join([origin]):
        source, _, place = label.partition(":")
        if source in wanted:
            found.setdefault(source, []).append(place)
    return found


def at(origin: Origin, path: Iterable[str | int]) -> Origin:
    """The origin of a part of a value."""
    for part in path:
        if not isinstance(origin, Mapping):
            break
        origin = origin[str(part)] if str(part) in origin else origin.get("", [])
    return origin


def parts(origins: Mapping[str, Origin]) -> Origin:
    """The origin of an object whose parts have these, as short as it can be said."""
    found = {name: origin for name, origin in origins.items() if any(True for _ in labels(origin))}
    if not found:
        return []
    together = join(found.values())
    if len(found) > _MAX_PARTS or (len(found) == len(origins) and all(one == together for one in found.values())):
        return together
    return found


def of_value(value: Any, look: Look, depth: int = 0) -> Origin:
    """The origin of a JSON value of the drawing once its `{{ }}` are evaluated: of each part what it is made of."""
    if isinstance(value, str):
        return _of_text(value, look) if "{{" in value else []
    if not isinstance(value, dict | list):
        return []
    try:
        template = parse(value)
    except StepError:
        return []  # it cannot be evaluated either
    if template.constant:
        return []
    if depth >= _MAX_DEPTH:
        return join(look(path) for path in template.references.paths)
    items = value.items() if isinstance(value, dict) else ((str(place), item) for place, item in enumerate(value))
    return parts({name: of_value(item, look, depth + 1) for name, item in items})


def _of_text(text: str, look: Look) -> Origin:
    try:
        template = parse(text)
    except StepError:
        return []
    lone = template.lone
    if lone is not None and lone.path is not None:
        return look(lone.path)
    return join(look(path) for path in template.references.paths)
