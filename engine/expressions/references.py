"""What an expression refers to, read from its tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.expressions.errors import ExpressionError
from engine.expressions.syntax import Tree

ROOTS = ("input", "steps", "run", "item", "index")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class References:
    """Roots, step keys, names of run inputs and input ports that expressions name, and every static path."""

    roots: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    inputs: frozenset[str] = frozenset()
    ports: frozenset[str] = frozenset()
    paths: frozenset[Path] = frozenset()


def references_of(tree: Tree) -> References:
    """The references of one tree; ExpressionError when `steps` is not followed by a key."""
    paths: set[Path] = set()
    for path, position in _paths(tree):
        if path[0] == "steps" and len(path) == 1:
            raise ExpressionError("`steps` must be followed by a node's key, as in `steps.check.output`.", position)
        paths.add(path)
    return of_paths(paths)


def of_paths(paths: set[Path]) -> References:
    """References from static paths."""

    def second(root: str) -> frozenset[str]:
        return frozenset(str(path[1]) for path in paths if path[0] == root and len(path) > 1)

    return References(
        roots=frozenset(str(path[0]) for path in paths),
        steps=second("steps"),
        inputs=frozenset(str(p[2]) for p in paths if p[:2] == ("run", "inputs") and len(p) > 2),
        ports=second("input"),
        paths=frozenset(paths),
    )


def together(all_references: Iterator[References]) -> References:
    """The union."""
    paths: set[Path] = set()
    for found in all_references:
        paths |= found.paths
    return of_paths(paths)


def static_path(tree: Tree) -> Path | None:
    """`a.b['c'][0]` as ("a", "b", "c", 0); None for anything else, and for optional parts."""
    parts: list[str | int] = []
    while tree.kind in ("select", "index"):
        if tree.optional:
            return None
        if tree.kind == "select":
            parts.append(tree.text)
        else:
            key = tree.parts[1]
            if key.kind != "value" or type(key.value) not in (str, int):
                return None
            parts.append(key.value)  # type: ignore[arg-type]
        tree = tree.parts[0]
    return (tree.text, *reversed(parts)) if tree.kind == "name" else None


def needed(paths: frozenset[Path]) -> Mapping[str, Any]:
    """Paths as nested mappings that end in True where a whole value is needed."""
    root: dict[str, Any] = {}
    for path in sorted(paths, key=len):
        level = root
        for place, part in enumerate(path):
            last = place == len(path) - 1 or not isinstance(path[place + 1], str)
            known = level.get(str(part))
            if known is True:
                break
            if last:
                level[str(part)] = True
                break
            level = level.setdefault(str(part), {})
    return root


def _paths(tree: Tree) -> Iterator[tuple[Path, int]]:
    stack: list[tuple[Tree, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        part, bound = stack.pop()
        if part.kind in ("select", "index", "name"):
            path, rest, position = _longest(part)
            # other free names are the library's own: namespaces (`math`) and types (`int`)
            if path is not None and path[0] in ROOTS and path[0] not in bound:
                yield path, position
            stack.extend((other, bound) for other in rest)
        elif part.kind == "macro":
            stack.append((part.parts[0], bound))
            stack.extend((body, bound | {part.variable}) for body in part.parts[1:])
        else:
            stack.extend((other, bound) for other in part.parts)


def _longest(tree: Tree) -> tuple[Path | None, list[Tree], int]:
    """The longest static path at the start of an access chain (optional parts count), and the other trees in it."""
    chain: list[Tree] = []
    while tree.kind in ("select", "index"):
        chain.append(tree)
        tree = tree.parts[0]
    rest = [link.parts[1] for link in chain if link.kind == "index"]
    if tree.kind != "name":
        return None, [tree, *rest], tree.position
    path: list[str | int] = [tree.text]
    for link in reversed(chain):
        if link.kind == "select":
            path.append(link.text)
        elif link.parts[1].kind == "value" and type(link.parts[1].value) in (str, int):
            path.append(link.parts[1].value)  # type: ignore[arg-type]
        else:
            break
    return tuple(path), rest, tree.position
