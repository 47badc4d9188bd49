"""How a field shows its value: in the editor of its kind, as an expression, or as bare text that nothing else shows."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from designer.forms.editor import Editor, Sharing
from designer.forms.spec import Spec
from designer.forms.text_editors import TextEditor
from designer.forms.value_editors import ValueEditor
from designer.forms.values import ABSENT

_EMPTY: dict[str, Any] = {"text": "", "any": "", "list": [], "table": [], "choices": [], "map": {}, "object": {}}


def editor_for(mode: str, spec: Spec, sharing: Sharing, value: Any, parent: QWidget) -> Editor:
    """A new editor for the mode."""
    if mode == "plain":
        return sharing.make(spec, sharing, value, parent)
    if mode == "expression":
        return TextEditor(expression_spec(spec), sharing, parent)
    return ValueEditor(spec, sharing, parent)


def emptied(spec: Spec) -> Any:
    """What a cleared field stands for where it cannot be left out."""
    return None if spec.nullable else _EMPTY.get(spec.kind, ABSENT)


def expression_spec(spec: Spec) -> Spec:
    """The same field, as an expression in place of its value."""
    keep = {key: spec.schema[key] for key in ("title", "description") if key in spec.schema}
    return Spec("text", keep, spec.root, spec.name, templates=True)
