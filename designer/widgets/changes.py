"""What is different between two JSON values, field by field. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Literal

LONG = 72
"""Characters from which a text is compared line by line."""
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One field that is there in only one of the values, or has another content."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None

    @property
    def long(self) -> bool:
        """Whether it reads better as lines than as "this became that"."""
        texts = [value for value in (self.before, self.after) if isinstance(value, str)]
        return self.kind == "changed" and len(texts) == 2 and any("\n" in text or len(text) > LONG for text in texts)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text comparison; `kind` " " stands in both, "…" counts lines that are left out."""

    kind: Literal[" ", "-", "+", "…"]
    text: str


def changes(before: Any, after: Any, path: str = "") -> list[Change]:
    """The changed fields in the order in which they stand in `after`, removed ones last. Equal values: none."""
    if isinstance(before, dict) and isinstance(after, dict):
        found: list[Change] = []
        for key in [*after, *(key for key in before if key not in after)]:
            place = f"{path}.{key}" if path else str(key)
            found += _member(before.get(key, NOTHING), after.get(key, NOTHING), place)
        return found
    if isinstance(before, list) and isinstance(after, list):
        found = []
        for at in range(max(len(before), len(after))):
            old = before[at] if at < len(before) else NOTHING
            new = after[at] if at < len(after) else NOTHING
            found += _member(old, new, f"{path}[{at}]")
        return found
    # 1 and true are equal in Python and different in JSON.
    same = before == after and isinstance(before, bool) == isinstance(after, bool)
    return [] if same else [Change(path, "changed", before, after)]


def _member(before: Any, after: Any, path: str) -> list[Change]:
    if before is NOTHING:
        return [Change(path, "added", after=after)]
    if after is NOTHING:
        return [Change(path, "removed", before=before)]
    return changes(before, after, path)


def lines(before: str, after: str, context: int = 2) -> list[Line]:
    """Two texts compared line by line; equal lines far from a change are counted, not shown."""
    old, new = before.split("\n"), after.split("\n")
    found: list[Line] = []
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for nth, (what, a, b, c, d) in enumerate(blocks):
        if what != "equal":
            found += [Line("-", line) for line in old[a:b]]
            found += [Line("+", line) for line in new[c:d]]
            continue
        head = 0 if nth == 0 else context
        tail = 0 if nth == len(blocks) - 1 else context
        same = old[a:b]
        if len(same) <= head + tail + 1:
            found += [Line(" ", line) for line in same]
            continue
        found += [Line(" ", line) for line in same[:head]]
        found.append(Line("…", str(len(same) - head - tail)))
        found += [Line(" ", line) for line in same[len(same) - tail :]]
    return found
