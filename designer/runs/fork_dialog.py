"""Run again with something changed: which step, which inputs, and what that means for every other step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from designer.forms.form import Form
from designer.forms.run_inputs import inputs_schema
from designer.resources import tr
from designer.runs.panes import column, scroll
from designer.runs.requests import ContinueRequest
from designer.runs.reuse_plan import ReusePlan, reuse_plan
from designer.runs.step_data import inputs_at
from designer.theme import space, tokens
from designer.widgets import Switch, button, hline, label
from engine.nodes.catalog import shape_of
from engine.observe.records import RunTrace
from engine.run.events import Event
from engine.workflow.model import Workflow
from engine.workflow.shape import Port

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink

_TYPES = {"text": "string", "number": "number", "boolean": "boolean", "list": "array", "object": "object"}


def ports_schema(ports: Sequence[Port], values: Mapping[str, Any]) -> dict[str, Any]:
    """A form for the values of a step's ports: by the port's type, or by what was recorded where it takes anything."""
    properties: dict[str, Any] = {}
    known = {port.name: port for port in ports}
    for name in [*values, *(name for name in known if name not in values)]:
        port = known.get(name)
        kind = _TYPES.get(port.type) if port is not None else None
        properties[name] = {"type": kind} if kind and _fits(kind, values.get(name)) else _schema_of(values.get(name))
        if port is not None and port.help:
            properties[name]["description"] = port.help
    return {"type": "object", "properties": properties}


def _fits(kind: str, value: Any) -> bool:
    types: Any = {"string": str, "number": (int, float), "boolean": bool, "array": list, "object": dict}[kind]
    return value is None or isinstance(value, types)


def _schema_of(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number"}
    if isinstance(value, str):
        return {"type": "string"}
    if isinstance(value, dict) and value:
        return {"type": "object", "properties": {name: _schema_of(item) for name, item in value.items()}}
    return {}


class ForkDialog(QDialog):
    """`wanted` carries a `ContinueRequest`: only what was changed is in it."""

    wanted = Signal(object)

    def __init__(
        self,
        link: EngineLink,
        workflow: Workflow,
        trace: RunTrace,
        events: tuple[Event, ...],
        node: str | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._workflow, self._trace, self._events = link, workflow, trace, events
        self._before: dict[str, Any] = {}
        self.form: Form | None = None
        self.setWindowTitle(tr("Run again with changes"))
        self.resize(880, 560)
        self.step = QComboBox()
        self._fill_steps()
        self.holder = QWidget()
        self._fields = column(self.holder, space.M)
        self._fields.addStretch(1)
        self.plan = QLabel()
        self.plan.setTextFormat(Qt.TextFormat.RichText)
        self.plan.setWordWrap(True)
        self.plan.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.over = Switch(tr("Do unfinished steps over from their start"))
        self.go = button(tr("Run"), "primary", "play")
        self.no = button(tr("Cancel"))
        self._build()
        self.step.currentIndexChanged.connect(self._choose)
        self.over.toggled.connect(self._show_plan)
        self.go.clicked.connect(self._ask)
        self.no.clicked.connect(self.reject)
        place = self.step.findData(node or "")
        self.step.setCurrentIndex(max(0, place))
        self._choose()

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(space.XL, space.L, space.XL, space.L)
        whole.setSpacing(space.M)
        whole.addWidget(label(tr("Run again with changes"), "heading"))
        intro = tr(
            "A new run takes over what this one has done. What you change, and what follows from it, runs again."
        )
        whole.addWidget(label(intro, "muted", wrap=True))
        row = QHBoxLayout()
        row.addWidget(label(tr("Change the input of")))
        row.addWidget(self.step, 1)
        whole.addLayout(row)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        side = QWidget()
        plan = column(side, space.M)
        plan.addWidget(self.plan)
        plan.addStretch(1)
        split.addWidget(scroll(self.holder))
        split.addWidget(scroll(side))
        split.setSizes([500, 330])
        whole.addWidget(split, 1)
        whole.addWidget(hline())
        feet = QHBoxLayout()
        feet.addWidget(self.over)
        feet.addStretch(1)
        feet.addWidget(self.no)
        feet.addWidget(self.go)
        whole.addLayout(feet)

    def _fill_steps(self) -> None:
        if self._workflow.inputs:
            self.step.addItem(tr("the whole run"), "")
        seen = {
            step.node for step in self._trace.steps.values() if step.started is not None and step.status != "skipped"
        }
        for node in self._workflow.nodes:
            if node.key in seen:
                name = f"{node.title} ({node.key})" if node.title else node.key
                self.step.addItem(name, node.key)

    @property
    def node(self) -> str:
        """The chosen node; "" for the run's own inputs."""
        return str(self.step.currentData() or "")

    def plan_now(self) -> ReusePlan:
        """What would be taken over and what would run again."""
        return reuse_plan(self._workflow, self._trace, self.node or None, self._changes() if not self.node else ())

    def request(self) -> ContinueRequest:
        """What would be asked for."""
        changes = self._changes()
        if not self.node:
            return ContinueRequest(self._trace.run, inputs=changes, start_over=self.over.isChecked())
        ports = {f"{self.node}.{name}": value for name, value in changes.items()}
        return ContinueRequest(self._trace.run, self.node, ports, start_over=self.over.isChecked())

    def _changes(self) -> dict[str, Any]:
        value = self.form.value() if self.form is not None else {}
        given = value if isinstance(value, dict) else {}
        return {name: one for name, one in given.items() if name not in self._before or self._before[name] != one}

    def _choose(self, _place: int = 0) -> None:
        node = self.node
        if not node:
            self._show_form(inputs_schema(self._workflow), dict(self._trace.inputs))
            return
        workflow, events = self._workflow, self._events
        visits = [key[1] for key in self._trace.steps if key[0] == node]
        ports = [port for port in shape_of(workflow.by_key[node]).inputs if port.type != "capability"]

        def show(values: dict[str, Any]) -> None:
            if self.node == node:
                self._show_form(ports_schema(ports, values), values)

        self._clear()
        self._link.call(lambda _store: inputs_at(workflow, events, node, visits[0] if visits else ()), show)

    def _clear(self) -> None:
        if self.form is not None:
            self.form.hide()
            self.form.setParent(None)
            self.form.deleteLater()
            self.form = None

    def _show_form(self, schema: dict[str, Any], values: dict[str, Any]) -> None:
        self._clear()
        self._before = values
        self.form = Form(schema, values)
        self.form.mark_edited(values)
        self.form.changed.connect(lambda _value: self._show_plan())
        self._fields.insertWidget(0, self.form)
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self.plan_now()
        if plan.fault:
            self.plan.setText(plan.fault)
        else:
            self.plan.setText(self._plan_text(plan))
        self.go.setEnabled(not plan.fault)

    def _plan_text(self, plan: ReusePlan) -> str:
        now = tokens()
        groups = (
            (tr("Runs again"), plan.again, now.tone("running").name()),
            (tr("Goes on from what it had done"), plan.goes_on, now.tone("waiting").name()),
            (tr("Taken over as it is"), plan.reused, now.tone("reused").name()),
        )
        parts = []
        for title, keys, color in groups:
            if keys:
                names = "<br>".join(_plain(self._title(key)) for key in keys)
                parts.append(
                    f'<p style="margin:0 0 4px 0"><b style="color:{color}">{title}</b> '
                    f'<span style="color:{now.muted.name()}">{len(keys)}</span></p>'
                    f'<p style="margin:0 0 14px 0;line-height:140%">{names}</p>'
                )
        return "".join(parts)

    def _title(self, key: str) -> str:
        return self._workflow.by_key[key].title or key

    def _ask(self) -> None:
        if self.form is not None:
            self.form.flush()
            if self.form.faults():
                self.form.show_faults(self.form.faults())
                return
        self.wanted.emit(self.request())
        self.accept()


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
