"""What is wrong with the drawing, found beside it: the checks run on the worker thread a moment after an edit."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import QObject, QTimer, Signal

from designer.engine_link import EngineLink
from designer.resources import tr
from engine import settings as engine_settings
from engine.checks import Problem, problems
from engine.errors import Refused
from engine.nodes.catalog import CATALOG
from engine.observe.site import site_of
from engine.store import Store
from engine.workflow.model import Workflow

WAIT_MS = 200


class Checker(QObject):
    """`found` carries (problems, workflow) for the newest workflow that was handed over."""

    found = Signal(object, object)

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._workflow: Workflow | None = None
        self._busy = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._start)

    def check(self, workflow: Workflow) -> None:
        """Check this workflow soon; a newer one replaces it."""
        self._workflow = workflow
        if not self._busy:
            self._timer.start()

    def close(self) -> None:
        """Check nothing more."""
        self._timer.stop()
        self._workflow = None

    def _start(self) -> None:
        workflow, self._workflow = self._workflow, None
        if workflow is None:
            return
        self._busy = True
        data_dir = self._link.data_dir

        def work(store: Store) -> list[Problem]:
            site = site_of(data_dir, engine_settings.load(data_dir), store.library)
            return problems(workflow, CATALOG, site)

        self._link.call(
            work, lambda list_: self._done(list_, workflow), lambda why: self._done([_unchecked(why)], workflow)
        )

    def _done(self, list_: list[Problem], workflow: Workflow) -> None:
        self._busy = False
        if self._workflow is None:
            self.found.emit(list_, workflow)
        else:
            self._timer.start()


def _unchecked(why: Refused) -> Problem:
    """Settings that cannot be read: "no problems" would be a lie."""
    return Problem("unchecked", None, "warning", tr("The drawing could not be checked: {why}").format(why=why), "")


def by_node(list_: list[Problem]) -> dict[str, list[Problem]]:
    """The problems of each node, errors first."""
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in sorted(list_, key=lambda problem: problem.severity != "error"):
        if problem.node:
            found[problem.node].append(problem)
    return dict(found)
