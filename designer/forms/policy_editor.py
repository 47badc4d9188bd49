"""What happens when a node fails: attempts, waits and their drawn curve, time limit, what then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from designer.forms.chips import Chips
from designer.forms.curve import Curve
from designer.forms.editor import Sharing
from designer.forms.make import make
from designer.forms.on_error import OnError
from designer.forms.pause import Pause
from designer.forms.row import Row
from designer.forms.scope import NO_SCOPE, Scope
from designer.forms.spec import read
from designer.forms.values import ABSENT, Path
from designer.forms.words import CLASSES
from designer.resources import tr
from designer.theme import font, space
from designer.widgets import label
from engine.errors import TRANSIENT
from engine.workflow.model import Backoff, Policy

_MISSING = Policy()


def _fields() -> dict[str, dict[str, Any]]:
    """The numbers of a policy as schemas, with the ranges of the model."""
    titles = {
        "max_attempts": tr("Attempts", "policy"),
        "timeout_s": tr("Time limit each (s)", "policy"),
        "first_s": tr("First wait (s)", "policy"),
        "factor": tr("Then times", "policy"),
        "max_s": tr("Longest wait (s)", "policy"),
        "jitter": tr("Jitter (0 to 1)", "policy"),
        "max_interruptions": tr("Interruptions", "policy"),
    }
    known = {**Policy.model_json_schema()["properties"], **Backoff.model_json_schema()["properties"]}
    fields: dict[str, dict[str, Any]] = {name: {**known[name], "title": title} for name, title in titles.items()}
    words = tr("How often it may be cut off by a crash or a power cut before it fails.", "policy")
    fields["max_interruptions"]["description"] = words
    fields["value"] = {"title": tr("Value", "policy"), "description": tr("Goes out of the main port.", "policy")}
    return fields


_BACKOFF = tuple(Backoff.model_fields)


class PolicyEditor(QWidget):
    """`changed` carries a Policy; a number outside its range says so and changes nothing."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._policy = Policy()
        self._pending = False
        self._sharing = Sharing(make, NO_SCOPE, True, flush=self.flush)
        self._pause = Pause(self.flush, self)
        self.rows: dict[str, Row] = {}
        for name, schema in _fields().items():
            row = Row(read(schema, name=name, templates=False), self._sharing, parent=self)
            row.edited.connect(self._edited)
            self.rows[name] = row
        self.curve = Curve(self)
        words = [(key, tr(word, "errors"), tr(help, "errors")) for key, (word, help) in CLASSES.items()]
        self.classes = Chips(words, self, first=len(TRANSIENT), more=tr("More …", "policy"))
        self.classes.changed.connect(self._edited)
        self.on_error = OnError(self)
        self.on_error.changed.connect(lambda _way: self._edited())
        self._lay_out()
        self.show_policy(Policy())

    def policy(self) -> Policy | None:
        """The policy as it is on screen; None while a number is out of its range."""
        numbers = {name: row.value() for name, row in self.rows.items() if name not in ("value", *_BACKOFF)}
        backoff = {name: self.rows[name].value() for name in _BACKOFF}
        chosen = self.classes.chosen()
        known = _MISSING.retry_on if set(chosen) == TRANSIENT and self._policy.retry_on is None else chosen
        if self._policy.retry_on is not None and set(chosen) == set(self._policy.retry_on):
            known = self._policy.retry_on
        way = self.on_error.chosen()
        value = self.rows["value"].value()
        try:
            return Policy.model_validate(
                {
                    **{name: one for name, one in numbers.items() if one is not ABSENT},
                    "backoff": {name: one for name, one in backoff.items() if one is not ABSENT},
                    "retry_on": known,
                    "on_error": way,
                    "value": None if value is ABSENT or (way != "continue" and self._policy.value is None) else value,
                }
            )
        except ValidationError:
            return None

    def show_policy(self, policy: Policy) -> None:
        """Show another policy; a number that somebody is typing stays."""
        if self._pending:
            return
        self._policy = policy
        for name, row in self.rows.items():
            holder: object = policy.backoff if name in _BACKOFF else policy
            value = getattr(holder, name)
            usual = getattr(_MISSING.backoff if name in _BACKOFF else _MISSING, name)
            row.set_value(ABSENT if value == usual else value)
        self.classes.choose(TRANSIENT if policy.retry_on is None else policy.retry_on)
        self.on_error.choose(policy.on_error)
        self._settle(policy)

    def set_scope(self, scope: Scope) -> None:
        """Other names are in scope now."""
        self._sharing.scope = scope
        for prompt in self._sharing.prompts:
            prompt.set_scope()

    def show_faults(self, faults: Mapping[Path, str]) -> None:
        """Sentences by path, as in `("backoff", "first_s")`."""
        for name, row in self.rows.items():
            found = [text for path, text in faults.items() if path and path[-1] == name]
            row.show_faults({(): found[0]} if found else {})

    def focus_path(self, path: Path) -> None:
        """Put the caret into a field."""
        name = str(path[-1]) if path else "max_attempts"
        if name in self.rows:
            self.rows[name].focus_path(())
        elif name == "on_error":
            self.on_error.buttons[self.on_error.chosen()].setFocus()

    def set_read_only(self, read_only: bool) -> None:
        """Whether the policy can only be looked at."""
        self._sharing.read_only = read_only
        for row in self.rows.values():
            row.set_read_only(read_only)
        self.classes.setEnabled(not read_only)
        self.on_error.setEnabled(not read_only)

    def flush(self) -> None:
        """Send what still waits for more keys."""
        self._pause.stop()
        if self._pending:
            self._pending = self._sharing.pending = False
            policy = self.policy()
            if policy is not None and policy != self._policy:
                self._policy = policy
                self.changed.emit(policy)

    def _edited(self) -> None:
        self._pending = self._sharing.pending = True
        self._pause.key()
        policy = self.policy()
        if policy is not None:
            self._settle(policy)

    def _settle(self, policy: Policy) -> None:
        again = policy.max_attempts > 1
        self._waits.setVisible(again)
        self.curve.show_policy(policy)
        self.rows["value"].setVisible(policy.on_error == "continue")

    def _lay_out(self) -> None:
        first = _grid([self.rows["max_attempts"], self.rows["timeout_s"]])
        self._waits = QWidget(self)
        inner = QVBoxLayout(self._waits)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(space.M)
        inner.addLayout(_grid([self.rows["first_s"], self.rows["factor"], self.rows["max_s"], self.rows["jitter"]]))
        inner.addWidget(self.curve)
        inner.addWidget(_heading(tr("Try again when", "policy")))
        inner.addWidget(self.classes)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(space.M)
        box.addLayout(first)
        box.addWidget(self._waits)
        box.addWidget(_heading(tr("After the last attempt", "policy")))
        box.addWidget(self.on_error)
        box.addWidget(self.rows["value"])
        box.addWidget(self.rows["max_interruptions"])


def _grid(rows: list[Row]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(space.M)
    grid.setVerticalSpacing(space.M)
    for nth, row in enumerate(rows):
        grid.addWidget(row, nth // 2, nth % 2)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(1, 1)
    return grid


def _heading(text: str) -> QWidget:
    made = label(text)
    made.setFont(font("small", 500))
    return made
