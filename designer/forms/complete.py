"""What can be completed at the caret: pure text work, the popup only shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from designer.forms.scope import Completion
from designer.resources import tr_later

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\]|\.[A-Za-z0-9_]*)*\.?$|$")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")


FUNCTIONS = (
    Completion("size", "function", tr_later("size(list): how many, how long", "forms")),
    Completion("has", "function", tr_later("has(a.b): whether a field is there", "forms")),
    Completion("string", "function", tr_later("string(1): as text", "forms")),
    Completion("int", "function", tr_later("int('1'): as a whole number", "forms")),
    Completion("double", "function", tr_later("double('1.5'): as a number", "forms")),
    Completion("matches", "function", "matches(text, 'pattern')"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Names that fit the word before the caret, which begins at `start` (in characters)."""

    names: tuple[Completion, ...]
    start: int


def complete(text: str, caret: int, names: Sequence[Completion], *, whole: bool = False, most: int = 200) -> Found:
    """The names that may stand where the caret is; none outside of `{{ }}` unless the `whole` text is an expression."""
    start = 0 if whole else _opened(text, caret)
    if start is None:
        return Found((), caret)
    inside = text[start:caret]
    if _in_string(inside):
        return Found((), caret)
    match = _NAME.search(inside)
    word = match[0] if match else ""
    head, dot, tail = word.rpartition(".")
    prefix = head + dot
    fitting = [name for name in _below(prefix, names) if _fits(name.path[len(prefix) :], tail)]
    if not prefix and tail:
        fitting += [name for name in FUNCTIONS if _fits(name.path, tail)]
    fitting.sort(key=lambda name: (not name.path[len(prefix) :].startswith(tail), name.kind == "function"))
    return Found(tuple(fitting[:most]), caret - len(tail))


def _below(prefix: str, names: Sequence[Completion]) -> list[Completion]:
    """What may follow the prefix: one step further; a step that only leads on is there as well."""
    found: dict[str, Completion] = {}
    for name in names:
        rest = name.path[len(prefix) :]
        if not rest or not name.path.startswith(prefix):
            continue
        step = rest.partition(".")[0]
        if step == rest:
            found[step] = name
        elif step not in found:
            found[step] = Completion(prefix + step, "object")
    return list(found.values())


def closing(text: str, caret: int) -> str:
    """What to put behind a `{{` that was just typed, so that it is closed."""
    return "" if "}}" in text[caret:].split("{{", 1)[0] else "  }}"


def stepped_over(text: str, caret: int, typed: str) -> int | None:
    """Where the caret goes when what is typed stands there already: the space and the braces that close an expression.

    None: it is typed.
    """
    if typed == "}" and text[max(0, caret - 1) : caret + 1] == "}}":
        return caret + 1
    start = _opened(text, caret)
    if start is None:
        return None
    body, rest = _STRING.sub("", text[start:caret]), text[caret:]
    if typed == "}" and body.count("{") == body.count("}") and rest.lstrip(" ").startswith("}}"):
        return caret + len(rest) - len(rest.lstrip(" ")) + 1
    if typed == " " and body == " " and rest.startswith(" }}"):
        return caret  # the space that came with the braces
    if typed == " " and rest.startswith(" }}"):
        return caret + 1
    return None


def _opened(text: str, caret: int) -> int | None:
    """Where the expression around the caret begins; None when the caret is in plain text."""
    start = text.rfind("{{", 0, caret)
    if start < 0 or "}}" in _STRING.sub("", text[start + 2 : caret]):
        return None
    return start + 2


def _in_string(inside: str) -> bool:
    return _STRING.sub("", inside).count('"') % 2 == 1 or _STRING.sub("", inside).count("'") % 2 == 1


def _fits(name: str, typed: str) -> bool:
    """Letters in their order, so that `sev` finds `alarm_severity`."""
    place = -1
    lower = name.lower()
    for letter in typed.lower():
        place = lower.find(letter, place + 1)
        if place < 0:
            return False
    return True
