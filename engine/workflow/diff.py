"""What changed between two workflows, as facts for a designer's history and for reviews."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from engine.workflow.canonical import value_json
from engine.workflow.document import to_document
from engine.workflow.model import Workflow

What = Literal["field", "node", "edge", "layout", "note"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `path` names the place ("nodes.read.params.path", an edge's text); before or after is None when the
    thing was added or removed (`kind` says which)."""

    what: What
    kind: Literal["added", "removed", "changed", "moved"]
    path: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}[self.kind]
        both = f": {self.before!r} -> {self.after!r}" if self.kind == "changed" else ""
        return f"{sign} {self.path}{both}"


def diff(before: Workflow, after: Workflow) -> list[Change]:
    """All changes: the workflow's own fields, nodes and their fields, edges (also their order), what is drawn last."""
    old, new = to_document(before), to_document(after)
    changes = []
    for field in ("format", "name", "title", "description", "inputs", "placement", "outputs"):
        changes += _values("field", field, old.get(field), new.get(field))
    changes += _nodes(old["nodes"], new["nodes"])
    changes += _edges(old["edges"], new["edges"])
    changes += _values("layout", "layout", old.get("layout", {}), new.get("layout", {}), deep=1)
    changes += _values("note", "notes", old.get("notes", {}), new.get("notes", {}), deep=2)
    return changes


def _nodes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    changes = []
    for key in old:
        if key not in new:
            changes.append(Change("node", "removed", f"nodes.{key}", before=old[key]))
    for key, node in new.items():
        if key not in old:
            changes.append(Change("node", "added", f"nodes.{key}", after=node))
        else:
            changes += _values("node", f"nodes.{key}", old[key], node)
    kept_old, kept_new = [key for key in old if key in new], [key for key in new if key in old]
    if kept_old != kept_new:
        changes.append(Change("node", "moved", "nodes", before=kept_old, after=kept_new))
    return changes


def _edges(old: list[str], new: list[str]) -> list[Change]:
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    changes = [Change("edge", "removed", edge, before=edge) for edge in gone.elements()]
    changes += [Change("edge", "added", edge, after=edge) for edge in come.elements()]
    kept_old, kept_new = [e for e in old if e not in gone], [e for e in new if e not in come]
    if kept_old != kept_new:
        changes.append(Change("edge", "moved", "edges", before=kept_old, after=kept_new))
    return changes


def _values(what: What, path: str, old: Any, new: Any, deep: int = 3) -> list[Change]:
    """Mappings are compared key by key, `deep` levels down; everything else as a whole."""
    if old == new and value_json(old) == value_json(new):  # 1 and true are equal to Python
        return []
    if deep and isinstance(old, dict) and isinstance(new, dict):
        changes = []
        for key in [*old, *(key for key in new if key not in old)]:
            changes += _values(what, f"{path}.{key}", old.get(key), new.get(key), deep - 1)
        return changes
    if old is None:
        return [Change(what, "added", path, after=new)]
    if new is None:
        return [Change(what, "removed", path, before=old)]
    return [Change(what, "changed", path, old, new)]
