"""The arguments of a tool as a table: name, what it takes, what it is for, and whether it chooses what is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from designer.resources import tr
from designer.site.panes import beside, boxed, stacked
from designer.theme import space
from designer.widgets import Chip, Section, hline, label, visible

MOST = 200
"""Characters of a list of choices."""


def type_words(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> str:
    """What a value may be, in a few words."""
    whole = root if root is not None else schema
    if "$ref" in schema:
        target: Any = whole
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target.get(part, {}) if isinstance(target, Mapping) else {}
        return (
            type_words(target, whole) if isinstance(target, Mapping) and "$ref" not in target else tr("object", "site")
        )
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(str(value) for value in values)[:MOST] if isinstance(values, list) else ""
    ways = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(ways, list):
        words = [type_words(way, whole) for way in ways if isinstance(way, Mapping) and way.get("type") != "null"]
        return " | ".join(dict.fromkeys(word for word in words if word))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_kind(str(one)) for one in kind if one != "null")
    if kind == "array":
        items = schema.get("items")
        inner = type_words(items, whole) if isinstance(items, Mapping) else ""
        return tr("list of {what}", "site").format(what=inner) if inner else tr("list", "site")
    return _kind(str(kind)) if kind else tr("anything", "site")


def _kind(name: str) -> str:
    words = {
        "string": tr("text", "site"), "integer": tr("whole number", "site"), "number": tr("number", "site"),
        "boolean": tr("yes or no", "site"), "object": tr("object", "site"), "array": tr("list", "site"),
    }  # fmt: skip
    return words.get(name, name)


def schema_table(schema: Mapping[str, Any], chooses: Sequence[str] = ()) -> QWidget:
    """The table, and the whole schema folded away under it."""
    given = schema.get("properties")
    properties: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    needed = schema.get("required") if isinstance(schema.get("required"), list) else []
    raw = Section(tr("The whole schema", "site"), open=False)
    text = label(visible(json.dumps(schema, indent=2, ensure_ascii=False)), "mono", wrap=True)
    text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    raw.add(text)
    if not properties:
        return boxed(stacked(label(tr("It takes no arguments.", "site"), "muted"), raw))
    frame = QFrame()
    frame.setProperty("surface", "card")
    grid = QGridLayout(frame)
    grid.setContentsMargins(space.M, space.S, space.M, space.S)
    grid.setHorizontalSpacing(space.L)
    grid.setVerticalSpacing(space.XS)
    grid.setColumnStretch(1, 1)
    for nth, (name, one) in enumerate(properties.items()):
        if nth:
            grid.addWidget(hline(), 2 * nth - 1, 0, 1, 2)
        _row(
            grid,
            2 * nth,
            str(name),
            one if isinstance(one, Mapping) else {},
            schema,
            name in (needed or ()),
            name in chooses,
        )
    return boxed(stacked(frame, raw))


def _row(
    grid: QGridLayout, row: int, name: str, one: Mapping[str, Any], root: Mapping[str, Any], needed: bool, chooses: bool
) -> None:
    title = label(visible(name), "mono", wrap=True)
    title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    under: list[QWidget] = [label(visible(type_words(one, root)), "tiny", wrap=True)]
    grid.addWidget(boxed(stacked(title, *under, gap=0)), row, 0, Qt.AlignmentFlag.AlignTop)
    parts: list[QWidget] = []
    about = str(one.get("description") or "")
    chips = [Chip(tr("needed", "site"), "accent")] if needed else []
    if chooses:
        chip = Chip(tr("chooses", "site"), "warning", "crosshair")
        chip.setToolTip(tr("Says who is reached or what is done: text from outside may not fill it by itself.", "site"))
        chips.append(chip)
    if chips:
        parts.append(boxed(beside(*chips, gap=space.XS)))
    if about:
        words = label(visible(about), wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        parts.append(words)
    if "default" in one and one["default"] not in (None, "", [], {}):
        text = tr("Without it: {value}", "site").format(value=json.dumps(one["default"], ensure_ascii=False)[:MOST])
        parts.append(label(visible(text), "small", wrap=True))
    grid.addWidget(boxed(stacked(*parts, gap=2)), row, 1, Qt.AlignmentFlag.AlignTop)
