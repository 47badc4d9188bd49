"""The editor for a spec: the one place that knows them all."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from designer.forms.choice_editors import ChoiceEditor, ChoicesEditor, SwitchEditor
from designer.forms.editor import Editor, Sharing
from designer.forms.items_editor import ItemsEditor
from designer.forms.map_editor import MapEditor
from designer.forms.moment_editor import MomentEditor
from designer.forms.number_editor import NumberEditor
from designer.forms.object_editor import ObjectEditor
from designer.forms.spec import Spec
from designer.forms.text_editors import TextEditor
from designer.forms.value_editors import AnyEditor, ValueEditor
from designer.forms.variants_editor import VariantsEditor

_MAKERS: dict[str, type[Editor]] = {
    "text": TextEditor,
    "integer": NumberEditor,
    "number": NumberEditor,
    "boolean": SwitchEditor,
    "choice": ChoiceEditor,
    "choices": ChoicesEditor,
    "object": ObjectEditor,
    "map": MapEditor,
    "list": ItemsEditor,
    "table": ItemsEditor,
    "variants": VariantsEditor,
    "any": AnyEditor,
}
MOMENTS = ("datetime", "date-time", "date")


def make(spec: Spec, sharing: Sharing, value: Any, parent: QWidget) -> Editor:
    """A new editor that shows nothing yet."""
    if spec.kind == "text" and spec.hint in MOMENTS:
        return MomentEditor(spec, sharing, parent)
    return _MAKERS.get(spec.kind, ValueEditor)(spec, sharing, parent)
