"""YAML text to plain values, for documents from anywhere: no aliases, no tags, every refusal with its line."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from engine.errors import Refused

MAX_DEPTH = 40
MAX_VALUES = 200_000
_TAG = "tag:yaml.org,2002:"

# YAML 1.2's core scalars and nothing else: `yes`, `on`, `12:30`, `010`, dates and `<<` stay texts.
RESOLVERS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (_TAG + "bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    (_TAG + "int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), "-0123456789"),
    (
        _TAG + "float",
        re.compile(
            r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
        ),
        "-+0123456789.",
    ),
    (_TAG + "null", re.compile(r"^(?:~|null|Null|NULL|)$"), "~nN\0"),
)


def read_yaml(text: str, *, where: str = "") -> Any:
    """The one value in `text`; Refused with the line for whatever is unsafe, ambiguous or no YAML."""
    try:
        _gate(text, where)
        return yaml.load(text, Loader=_Loader)
    except _Fault as fault:
        raise Refused(fault.what, where=_at(where, fault.line), remedy=fault.remedy) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is not YAML: {error.problem or error.context or 'it cannot be read'}."
        raise Refused(what, where=_at(where, mark.line + 1 if mark else 0)) from None
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", None) or "it cannot be read"
        raise Refused(f"this is not YAML: {reason}.", where=where) from None


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line (from 1) of the value at `path`, or of the nearest part above it, in text that `read_yaml` accepts."""
    try:
        node: Any = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return 0
    line = 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _at(where: str, line: int) -> str:
    place = f"line {line}" if line else ""
    return ", ".join(part for part in (where, place) if part)


class _Fault(Exception):
    def __init__(self, what: str, mark: Any, remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy, self.line = what, remedy, mark.line + 1


def _gate(text: str, where: str) -> None:
    """One pass over the events, before anything is built: libyaml's composer cannot be stopped half-way."""
    depth = values = documents = 0
    event: Any
    for event in yaml.parse(text, Loader=yaml.CLoader):
        kind = type(event)
        if kind is yaml.AliasEvent:
            raise _Fault(f"the alias *{event.anchor} is not allowed.", event.start_mark, "Write the value out.")
        if kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise _Fault("a second document starts here.", event.start_mark, "Keep one workflow a file.")
        if kind in (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent):
            values += 1
            if event.anchor:
                raise _Fault(f"the anchor &{event.anchor} is not allowed.", event.start_mark, "Take it out.")
            if event.tag:
                raise _Fault(f"the tag {event.tag} is not allowed.", event.start_mark, "Take it out.")
            if values > MAX_VALUES:
                raise _Fault(f"there are more than {MAX_VALUES:,} values.", event.start_mark)
            if kind is not yaml.ScalarEvent:
                depth += 1
                if depth > MAX_DEPTH:
                    raise _Fault(f"this is nested deeper than {MAX_DEPTH} levels.", event.start_mark)
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            depth -= 1
    if documents == 0:
        raise Refused("there is nothing in this file.", where=where)


class _Loader(yaml.CSafeLoader):
    """libyaml's parser with unique text keys and the scalars above."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != _TAG + "str":
                shown = getattr(key, "value", "")
                shown = shown if isinstance(shown, str) else "a list or mapping"
                raise _Fault(f"the key {shown!r} is not a text.", key.start_mark, "Put it in quotes.")
            if key.value in seen:
                raise _Fault(f"the key {key.value!r} is given twice (first in line {seen[key.value]}).", key.start_mark)
            seen[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


def _int(loader: Any, node: Any) -> int:
    try:
        return int(node.value)
    except ValueError:
        raise _Fault("a whole number has more than 4,300 digits.", node.start_mark, "Write it as text.") from None


def _float(loader: Any, node: Any) -> float:
    named = node.value.lstrip("-+")[:2].lower() in (".i", ".n")
    number = math.inf if named else float(node.value)
    if not math.isfinite(number):
        raise _Fault(f"{node.value} is not a number that JSON knows.", node.start_mark, "Write it as text.")
    return number


_Loader.add_constructor(_TAG + "int", _int)
_Loader.add_constructor(_TAG + "float", _float)
for _tag, _pattern, _first in RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, ["" if sign == "\0" else sign for sign in _first])
