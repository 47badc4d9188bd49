"""Words for people: labels of params, kinds of values, lengths of time, classes of errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.resources import tr

CLASSES: Mapping[str, tuple[str, str]] = {
    "timeout": ("Took too long", "It took longer than allowed; it may still have happened."),
    "connection": ("No connection", "It could not be reached, or was cut off."),
    "rate_limit": ("Too many requests", "It was told to come back later."),
    "server": ("The other side failed", "A server error, or a crashed model."),
    "schema": ("Wrong shape", "An answer, argument or param of the wrong shape."),
    "expression": ("Expression failed", "A {{ }} could not be evaluated."),
    "invalid": ("Refused as invalid", "The other side says that the request is wrong."),
    "not_found": ("Not found", "A file, row, tool, model or workflow that is not there."),
    "permission": ("Not allowed", "It is not allowed to."),
    "limit": ("Limit reached", "A loop, budget, hand-off or size limit was reached."),
    "merge": ("Merge not met", "A merge cannot be satisfied."),
    "deadline": ("Deadline passed", "Nobody answered in time."),
    "drift": ("Changed on replay", "A replayed step asked for something else than before."),
    "interrupted": ("Interrupted too often", "The engine died during the step too often."),
    "stopped": ("Stopped", "A person or a stop node ended it."),
    "unsure": ("Model unsure", "A model answered under its confidence threshold."),
    "child": ("Child run failed", "A run inside this one failed."),
    "no_space": ("Disk full", "There is no room left on the disk."),
    "internal": ("Fault of the program", "Something went wrong inside Signalbox."),
}
"""Error classes in words that people understand, and what each one means."""

_KINDS = {
    "text": "Text",
    "integer": "Number",
    "number": "Number",
    "boolean": "Yes or no",
    "choice": "Choice",
    "choices": "Choices",
    "nothing": "Nothing",
    "object": "Fields",
    "map": "Names and values",
    "list": "List",
    "table": "List",
    "any": "Anything",
    "json": "Value",
}


def label_of(name: str, title: Any) -> str:
    """What stands above a field: the schema's own title, or the name in words."""
    if isinstance(title, str) and title and title != name.replace("_", " ").title():
        return tr(title, "params")
    words = name.replace("_", " ").replace("-", " ").strip()
    return tr(words[:1].upper() + words[1:], "params") if words else ""


def kind_word(kind: str) -> str:
    """What a kind of value is called."""
    return tr(_KINDS.get(kind, "Value"), "forms")


def choice_word(value: Any) -> str:
    """A value of a choice as people read it."""
    if isinstance(value, bool):
        return tr("yes", "forms") if value else tr("no", "forms")
    return tr(value.replace("_", " "), "choices") if isinstance(value, str) else str(value)


def length(seconds: float) -> str:
    """A length of time in at most two units: `1 min 3 s`, `250 ms`, `2 h`."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms" if seconds else "0 s"
    if seconds < 60:
        rounded = round(seconds, 1)
        return f"{rounded:g} s" if rounded < 60 else "1 min"
    whole = round(seconds)
    for big, small, per, rest in (("d", "h", 86_400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if whole >= per:
            second = (whole % per) // rest
            return f"{whole // per} {big}" + (f" {second} {small}" if second else "")
    return f"{whole} s"


def size(count: int) -> str:
    """A number of bytes: `64 MiB`."""
    for unit, per in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count >= per:
            return f"{count / per:.4g} {unit}"
    return f"{count} B"


def in_words(name: str, value: Any) -> str:
    """What a bare number of seconds or bytes comes to, where that is easier to read; "" otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        return ""
    if (name.endswith("_s") or name == "seconds") and value >= 60:
        return length(float(value))
    return size(int(value)) if name.endswith("_bytes") and value >= 1024 else ""
