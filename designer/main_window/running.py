"""Runs asked for from the window: run, run to here, stop, continue, retry, fork; each ends as one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from designer.document import edits
from designer.engine_link import EngineLink
from designer.engine_link.example_service import ExampleService
from designer.forms.run_inputs import inputs_schema
from designer.main_window.showing import Showing
from designer.main_window.template_inputs import template_inputs
from designer.resources import tr
from designer.runs.requests import ContinueRequest
from engine.errors import Refused
from engine.store import Reply
from engine.workflow.model import Workflow

AskInputs = Callable[[Workflow, dict[str, Any], Callable[[dict[str, Any]], None]], None]
"""`ask(workflow, values to start from, go)`: shows the form, calls `go` with what was filled in."""


class Runner(QObject):
    """`started` carries the run's id; `refused` a Refused. `ask_inputs` is how a person is asked for run inputs."""

    started = Signal(str)
    refused = Signal(object)

    def __init__(
        self, link: EngineLink, showing: Showing, service: ExampleService, ask_inputs: AskInputs, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._link, self._showing, self._service, self._ask = link, showing, service, ask_inputs
        self._remembered: dict[str, dict[str, Any]] = {}

    @property
    def running(self) -> bool:
        """Whether the run that is shown goes on."""
        live = self._showing.live
        return live is not None and live.main.run != "" and not live.ended

    def run(self, workflow: Workflow, *, up_to: str | None = None, ask: bool = False) -> None:
        """Run the workflow (only as far as a node with `up_to`), asking for inputs where there are any."""
        drawn = workflow if up_to is None else edits.only_up_to(workflow, up_to)
        if not drawn.inputs:
            self._start(drawn, {})
            return
        known = self._remembered.get(workflow.name) or self._showing.last_inputs
        if known and complete(drawn, known) and not ask and up_to is not None:
            self._start(drawn, known)
        elif known:
            self._ask(drawn, known, lambda values: self._start(drawn, values))
        else:
            template_inputs(
                original_name(workflow.name),
                self._service,
                lambda values: self._ask(drawn, values, lambda given: self._start(drawn, given)),
            )

    def stop(self) -> None:
        """End the run that is shown."""
        live = self._showing.live
        if live is not None:
            self._link.cancel(live.run, tr("Stopped in the window"), self._told, self.refused.emit)

    def go_on(self, request: ContinueRequest, workflow: Workflow | None = None) -> None:
        """Continue an ended run in a new one; `workflow`: with the drawing as it is now."""
        self._link.continue_run(
            request.run,
            start=request.start,
            set=request.set or None,
            inputs=request.inputs or None,
            workflow=workflow,
            done=self._begun,
            failed=self.refused.emit,
            start_over=request.start_over,
        )

    def replay(self, run: str, step: str) -> None:
        """Do one step of a run again, alone, in a new run, and look at it."""
        self._link.file("replay", {"run": run, "step": step}, run, self._replayed, self.refused.emit)

    def _replayed(self, reply: Reply) -> None:
        if reply.accepted:
            run = str(reply.result["run"])
            self._showing.follow(run, looking=True)
            self.started.emit(run)
        else:
            self.refused.emit(Refused(reply.reason))

    def _start(self, workflow: Workflow, inputs: dict[str, Any]) -> None:
        self._remembered[workflow.name] = inputs
        names = [
            name for name, value in inputs.items() if isinstance(value, str) and value.startswith("http://127.0.0.1:")
        ]
        if names and original_name(workflow.name):
            template_inputs(original_name(workflow.name), self._service, lambda _: self._ask_engine(workflow, inputs))
        else:
            self._ask_engine(workflow, inputs)

    def _ask_engine(self, workflow: Workflow, inputs: dict[str, Any]) -> None:
        self._link.run(workflow, inputs, self._begun, self.refused.emit)

    def _begun(self, reply: Reply) -> None:
        if reply.accepted:
            run = str(reply.result["run"])
            self._showing.follow(run, looking=False)
            self.started.emit(run)
        else:
            self.refused.emit(Refused(reply.reason))

    def _told(self, reply: Reply) -> None:
        if not reply.accepted:
            self.refused.emit(Refused(reply.reason))


def complete(workflow: Workflow, values: dict[str, Any]) -> bool:
    """Whether nothing that a run must be given is missing."""
    return all(name in values for name in inputs_schema(workflow)["required"])


def original_name(name: str) -> str:
    """The template behind a copy's name: `machine-alarm` for `machine-alarm-2`."""
    head, _, number = name.rpartition("-")
    return head if head and number.isdecimal() else name
