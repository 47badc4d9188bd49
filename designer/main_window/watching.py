"""Commands that start, stop and look at runs, and what follows when another run is shown."""

from __future__ import annotations

from designer.engine_link import LiveRun
from designer.main_window.parts import Parts
from designer.resources import tr
from designer.runs.requests import ContinueRequest


class Watching:
    """Binds the commands of Run and connects the run panel."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        commands, runner, panel = parts.commands, parts.runner, parts.drawing.run_panel

        def can_run() -> bool:
            return parts.desk.is_open and not parts.showing.looking

        def one_node() -> bool:
            return can_run() and len(parts.selected_nodes()) == 1

        commands.bind("run.run", self.run, enabled=can_run)
        commands.bind("run.inputs", lambda: self.run(ask=True), enabled=can_run)
        commands.bind("run.stop", runner.stop, enabled=lambda: runner.running)
        commands.bind("run.to_here", self._to_here, enabled=one_node)
        commands.bind("run.from_here", self._from_here, enabled=self._ended_with_node)
        commands.bind("run.retry", self._retry, enabled=self._failed)
        commands.bind("run.fork", self._fork, enabled=self._ended)
        commands.bind("run.history", lambda: parts.go("runs"))
        commands.bind("run.live", self.back, enabled=lambda: parts.showing.live is not None)
        commands.bind("run.engine_start", parts.link.start_engine, enabled=lambda: not parts.link.status.works)
        commands.bind("run.engine_stop", parts.link.stop_engine, enabled=lambda: parts.link.status.state == "running")
        panel.cancel_requested.connect(lambda _run: runner.stop())
        panel.continue_requested.connect(self._go_on)
        panel.retry_requested.connect(self._go_on)
        panel.fork_requested.connect(self._go_on)
        panel.replay_requested.connect(runner.replay)
        panel.open_run.connect(self.look_at)
        panel.step_selected.connect(self._step_selected)
        panel.moved.connect(parts.showing.move_to)
        runner.started.connect(lambda _run: self._begun())
        runner.refused.connect(parts.refuse)
        parts.showing.refused.connect(parts.refuse)
        parts.showing.run_changed.connect(self._run_changed)
        parts.drawing.back_requested.connect(self.back)
        parts.drawing.restore_requested.connect(self._restore)

    def run(self, *, ask: bool = False) -> None:
        """Run what is drawn now; errors are shown instead, where they are."""
        parts = self._parts
        parts.drawing.inspector.flush()
        errors = [problem for problem in parts.drawing.problems.problems if problem.severity == "error"]
        if errors:
            parts.drawing.show_tab(parts.drawing.problems)
            parts.drawing.problems.walk(1)
            parts.say(tr("This keeps it from running: {what}").format(what=errors[0].sentence), "danger")
            return
        if not parts.desk.workflow.nodes:
            parts.say(tr("There is nothing to run yet. Press Tab to add a node."), "warning")
            return
        parts.runner.run(parts.desk.workflow, ask=ask)

    def look_at(self, run: str) -> None:
        """Show a run of the past (or one that goes on) with the version that ran."""
        self._parts.showing.follow(run, looking=True)
        self._parts.go("drawing")
        self._parts.drawing.show_tab(self._parts.drawing.run_panel)

    def back(self) -> None:
        """The drawing again."""
        self._parts.showing.back_to_drawing()

    def _to_here(self) -> None:
        self._parts.drawing.inspector.flush()
        self._parts.runner.run(self._parts.desk.workflow, up_to=self._parts.selected_nodes()[0])

    def _ended(self) -> bool:
        live = self._parts.showing.live
        return live is not None and live.ended

    def _ended_with_node(self) -> bool:
        live = self._parts.showing.live
        keys = self._parts.drawing.canvas.selected()
        return (
            live is not None and live.ended and len(keys) == 1 and any(node == keys[0] for node, _ in live.main.steps)
        )

    def _failed(self) -> bool:
        live = self._parts.showing.live
        return live is not None and live.ended and live.main.status != "completed"

    def _from_here(self) -> None:
        live = self._parts.showing.live
        if live is not None:
            self._go_on(ContinueRequest(live.run, start=self._parts.drawing.canvas.selected()[0]))

    def _retry(self) -> None:
        live = self._parts.showing.live
        if live is not None:
            self._go_on(ContinueRequest(live.run, set=dict(live.main.set)))

    def _fork(self) -> None:
        keys = self._parts.drawing.canvas.selected()
        self._parts.drawing.show_tab(self._parts.drawing.run_panel)
        self._parts.drawing.run_panel.open_fork(keys[0] if len(keys) == 1 else None)

    def _go_on(self, request: ContinueRequest) -> None:
        looking = self._parts.showing.looking
        self._parts.runner.go_on(request, None if looking else self._parts.desk.workflow)

    def _begun(self) -> None:
        self._parts.go("drawing")
        self._parts.drawing.show_tab(self._parts.drawing.run_panel)

    def _run_changed(self) -> None:
        panel = self._parts.drawing.run_panel
        live: LiveRun | None = self._parts.showing.live
        panel.show_run(live)
        if live is None:
            self._parts.drawing.show_banner("")

    def _step_selected(self, chosen: tuple[object, ...]) -> None:
        key = str(chosen[0])
        shown = self._parts.showing.workflow or self._parts.desk.workflow
        if key in shown.by_key and len(chosen) < 3:
            self._parts.drawing.canvas.select((key,))

    def _restore(self) -> None:
        workflow = self._parts.showing.workflow
        if workflow is None:
            return
        if workflow.name == self._parts.desk.workflow.name and self._parts.desk.is_open:
            self._parts.showing.back_to_drawing()
            self._parts.desk.document.replace(workflow, tr("Restore a version"))
        else:
            self._parts.desk.open_library(workflow.name)
