"""Words for people: labels of params, kinds of values, lengths of time, classes of errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.resources import signs, tr, tr_later

CLASSES: Mapping[str, tuple[str, str]] = {
    "timeout": (
        tr_later("Took too long", "errors"),
        tr_later("It took longer than allowed; it may still have happened.", "errors"),
    ),
    "connection": (
        tr_later("No connection", "errors"),
        tr_later("It could not be reached, or was cut off.", "errors"),
    ),
    "rate_limit": (
        tr_later("Too many requests", "errors"),
        tr_later("It was told to come back later.", "errors"),
    ),
    "server": (
        tr_later("The other side failed", "errors"),
        tr_later("A server error, or a crashed model.", "errors"),
    ),
    "schema": (
        tr_later("Wrong shape", "errors"),
        tr_later("An answer, argument or param of the wrong shape.", "errors"),
    ),
    "expression": (
        tr_later("Expression failed", "errors"),
        tr_later("A {{ }} could not be evaluated.", "errors"),
    ),
    "invalid": (
        tr_later("Refused as invalid", "errors"),
        tr_later("The other side says that the request is wrong.", "errors"),
    ),
    "not_found": (
        tr_later("Not found", "errors"),
        tr_later("A file, row, tool, model or workflow that is not there.", "errors"),
    ),
    "permission": (
        tr_later("Not allowed", "errors"),
        tr_later("It is not allowed to.", "errors"),
    ),
    "limit": (
        tr_later("Limit reached", "errors"),
        tr_later("A loop, budget, hand-off or size limit was reached.", "errors"),
    ),
    "merge": (
        tr_later("Merge not met", "errors"),
        tr_later("A merge cannot be satisfied.", "errors"),
    ),
    "deadline": (
        tr_later("Deadline passed", "errors"),
        tr_later("Nobody answered in time.", "errors"),
    ),
    "drift": (
        tr_later("Changed on replay", "errors"),
        tr_later("A replayed step asked for something else than before.", "errors"),
    ),
    "interrupted": (
        tr_later("Interrupted too often", "errors"),
        tr_later("The engine died during the step too often.", "errors"),
    ),
    "stopped": (
        tr_later("Stopped", "errors"),
        tr_later("A person or a stop node ended it.", "errors"),
    ),
    "unsure": (
        tr_later("Model unsure", "errors"),
        tr_later("A model answered under its confidence threshold.", "errors"),
    ),
    "child": (
        tr_later("Child run failed", "errors"),
        tr_later("A run inside this one failed.", "errors"),
    ),
    "no_space": (
        tr_later("Disk full", "errors"),
        tr_later("There is no room left on the disk.", "errors"),
    ),
    "internal": (
        tr_later("Fault of the program", "errors"),
        tr_later("Something went wrong inside Signalbox.", "errors"),
    ),
}
"""Error classes in words that people understand, and what each one means."""

_KINDS = {
    "text": tr_later("Text", "forms"),
    "integer": tr_later("Number", "forms"),
    "number": tr_later("Number", "forms"),
    "boolean": tr_later("Yes or no", "forms"),
    "choice": tr_later("Choice", "forms"),
    "choices": tr_later("Choices", "forms"),
    "nothing": tr_later("Nothing", "forms"),
    "object": tr_later("Fields", "forms"),
    "map": tr_later("Names and values", "forms"),
    "list": tr_later("List", "forms"),
    "table": tr_later("List", "forms"),
    "any": tr_later("Anything", "forms"),
    "json": tr_later("Value", "forms"),
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
        return signs(f"{rounded:g} s") if rounded < 60 else "1 min"
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
            return signs(f"{count / per:.4g} {unit}")
    return f"{count} B"


def in_words(name: str, value: Any) -> str:
    """What a bare number of seconds or bytes comes to, where that is easier to read; "" otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        return ""
    if (name.endswith("_s") or name == "seconds") and value >= 60:
        return length(float(value))
    return size(int(value)) if name.endswith("_bytes") and value >= 1024 else ""
