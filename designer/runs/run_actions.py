"""What can be done with a step of a run, as menu entries that say why they cannot be chosen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu

from designer.resources import tr
from designer.runs.requests import ContinueRequest
from designer.theme import icon
from engine.observe.records import RunTrace, StepTrace


def why_not(run: RunTrace) -> str:
    """Why a run cannot be continued, as a sentence; "" when it can."""
    if not run.seq:
        return tr("The run has not started.")
    if run.ended is None:
        return tr("The run has not ended. Stop it first, or wait.")
    if run.parent is not None:
        return tr("This is a part of another run. Continue that one.")
    return ""


def fill_menu(
    menu: QMenu,
    run: RunTrace,
    node: str,
    step: StepTrace | None,
    *,
    on_retry: Callable[[ContinueRequest], None],
    on_continue: Callable[[ContinueRequest], None],
    on_fork: Callable[[str], None],
    on_question: Callable[[str], None],
    on_replay: Callable[[str], None],
) -> None:
    """The entries for one step."""
    menu.clear()
    menu.setToolTipsVisible(True)
    fault = why_not(run)
    asked = [one for one in run.open_questions if step is not None and one.id in step.questions]
    if asked:
        answer = menu.addAction(icon("message-circle-question-mark"), tr("Open the question"))
        answer.triggered.connect(lambda: on_question(asked[0].id))
        menu.addSeparator()
    failed = step is not None and step.status in ("failed", "cancelled", "interrupted", "waiting", "backoff")
    retry = menu.addAction(icon("rotate-cw"), tr("Retry this step"))
    retry.triggered.connect(lambda: on_retry(ContinueRequest(run.run)))
    retry.setEnabled(failed and not fault)
    retry.setToolTip(fault or ("" if failed else tr("It did not fail. Continue from here runs it again.")))
    again = menu.addAction(icon("play"), tr("Continue from here"))
    again.triggered.connect(lambda: on_continue(ContinueRequest(run.run, start=node)))
    fork = menu.addAction(icon("git-fork"), tr("Fork with changed input…"))
    fork.triggered.connect(lambda: on_fork(node))
    alone = menu.addAction(icon("repeat"), tr("Replay this step alone"))
    if step is not None and step.attempts:
        alone.triggered.connect(lambda: on_replay(step.name))
    else:
        alone.setEnabled(False)
        alone.setToolTip(tr("It has done no work of its own in this run."))
    for action in (again, fork):
        action.setEnabled(not fault and not node.startswith("team:"))
        action.setToolTip(fault)
