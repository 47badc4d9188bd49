"""The main window: its frame first, then everything in it; it knows every part, and no part knows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMenu

from designer import settings as designer_settings
from designer.main_window.shell import Shell
from designer.main_window.when import when
from designer.resources import tr

if TYPE_CHECKING:
    from designer.engine_link import EngineLink, EngineStatus, Face
    from designer.main_window import room
    from engine.checks import Problem
    from engine.workflow.model import Workflow

TITLE_MS = 150
"""Whether the drawing differs from its version is asked of the whole of it: not with every key."""


class MainWindow(Shell):
    """One window on one data folder. `furnish` loads and builds what the frame is for."""

    link: EngineLink
    desk: room.Desk
    showing: room.Showing
    runner: room.Runner
    drawing: room.DrawingPage
    inspector: room.Inspector
    _badge = ""

    def furnish(self, link: EngineLink) -> None:
        """Build everything that works on the data folder behind `link`."""
        from designer.main_window import room

        self.link = link
        self.desk, self.showing = room.Desk(link, self), room.Showing(link, self)
        self.service = room.ExampleService(link.data_dir, self)
        self.checker = room.Checker(link, self)
        self.runner = room.Runner(link, self.showing, self.service, self._ask_inputs, self)
        self.inspector = room.Inspector(self.desk.document, self.showing)
        self.drawing = room.DrawingPage(link, self.inspector)
        self.drafts = room.Drafts(self.settings.person, self._keep_person, lambda: self.unsent.later())
        self.unsent = room.Unsent(link, self.drafts, self)
        self.inbox, self.runs = room.Inbox(link, drafts=self.drafts), room.RunsList(link)
        self.site = room.SitePage(link)
        self.page_of |= {"drawing": self.drawing, "runs": self.runs, "inbox": self.inbox, "site": self.site}
        for page in (self.drawing, self.runs, self.inbox, self.site):
            self.pages.addWidget(page)
        self.finder = room.Finder(self)
        self.notifier = room.Notifier(link, self)
        parts = room.Parts(
            self, link, self.commands, self.desk, self.showing, self.runner, self.drawing,
            self.say, self.refuse, self.go,
        )  # fmt: skip
        self.editing, self.watching = room.Editing(parts), room.Watching(parts)
        self.filing = room.Filing(parts, self.finder)
        self.viewing = room.Viewing(parts, self.finder, self.filing, self.watching, self.editing.add_node)
        self.site_link = room.SiteLink(parts, self.site, self.rail, self.footer, self)
        self.offers = room.Offers(link, self.inspector, self)
        self.recent = room.RecentWork(link, self.welcome, self)
        room.connect_outline(parts, self.editing, self.finder)
        self._title_later = QTimer(self)
        self._title_later.setSingleShot(True)
        self._title_later.setInterval(TITLE_MS)
        self._title_later.timeout.connect(self._show_title)
        self._connect()
        self._connect_welcome()
        self.ready()
        if self.pages.currentWidget() is self.welcome:
            self.go("start")

    def _connect(self) -> None:
        canvas, desk, showing, link = self.drawing.canvas, self.desk, self.showing, self.link
        desk.leaving.connect(canvas.editors.keep)
        desk.leaving.connect(self.inspector.flush)
        desk.opened.connect(self._opened)
        desk.document.changed.connect(lambda before, after: self._drawn(after))
        desk.autosave.state_changed.connect(self.header.show_state)
        desk.refused.connect(self.refuse)
        desk.saved.connect(lambda _version: self._show_title())
        self.inspector.refused.connect(self.refuse)
        canvas.selection_changed.connect(self._selected)
        canvas.zoomed.connect(self.footer.show_zoom)
        showing.faces_changed.connect(self._faces)
        showing.looking_changed.connect(self._looked)
        self.checker.found.connect(self._found)
        self.drawing.problems.chosen.connect(self._go_to_problem)
        self.drawing.problems.count_changed.connect(self.footer.show_problems)
        self.drawing.problems.count_changed.connect(self.drawing.count_problems)
        self.drawing.run_panel.question_opened.connect(self.open_question)
        self.drawing.nodes.chosen.connect(self.editing.add_node)
        self.footer.problems_clicked.connect(self._show_problems)
        self.footer.zoom_clicked.connect(canvas.zoom_reset)
        self.footer.engine_clicked.connect(self._engine_menu)
        self.header.title_clicked.connect(lambda: self.commands.trigger("edit.workflow"))
        self.runs.open_run.connect(self.watching.look_at)
        self.inbox.badge_changed.connect(lambda count: self.rail.set_badge("inbox", count))
        self.inbox.run_requested.connect(lambda asked: self.watching.look_at(str(asked[0])))
        self.notifier.open_requested.connect(self._notified)
        self.notifier.inbox_requested.connect(lambda: self.go("inbox"))
        self.notifier.run_requested.connect(lambda asked: self.watching.look_at(str(asked[0])))
        self.notifier.title_badge_changed.connect(self._set_badge)
        link.status_changed.connect(self._engine_changed)
        link.refused.connect(self.refuse)

    def _connect_welcome(self) -> None:
        self.welcome.show_me.connect(lambda: self.filing.open_template("machine-alarm"))
        self.welcome.template_chosen.connect(self.filing.open_template)
        self.welcome.start_empty.connect(self.filing.new)
        self.welcome.import_requested.connect(self.filing.ask_import)
        self.welcome.draft_chosen.connect(self.desk.open_draft)
        self.welcome.run_chosen.connect(self.watching.look_at)

    # ---- pages
    def go(self, page: str) -> None:
        """Show a page."""
        if page == "drawing" and not self.desk.is_open and not self.showing.looking:
            self.filing.new()
            return
        super().go(page)
        self.rail.show_page(page)
        self.header.set_page(page)
        self.footer.set_page(page)
        self.header.show_running(page == "drawing" and self.runner.running)
        if page == "drawing":
            self.drawing.canvas.setFocus()
        elif page == "start":
            self.recent.read()
        self.notifier.set_shown(self.inbox.shown_question() if page == "inbox" else "")
        self.commands.refresh()

    def open_question(self, question: str) -> None:
        """The dialog of a question, over whatever is shown."""
        asked = next((asked for asked in self.link.questions if asked.id == question), None)
        if asked is None:
            self.say(tr("This question is answered already."), "accent")
            return
        from designer.main_window.room import ApprovalDialog

        dialog = ApprovalDialog(self.link, asked, self, drafts=self.drafts)
        dialog.pane.run_requested.connect(lambda wanted: self.watching.look_at(str(wanted[0])))
        self.notifier.set_shown(question)
        dialog.finished.connect(lambda _: self.notifier.set_shown(""))
        dialog.open()

    def reopen(self, draft: str) -> None:
        """What was open at the last close; the start page where it is gone."""
        self.link.call(
            lambda store: store.drafts.get(draft),
            lambda found: self.desk.put(found) if found is not None else None,
            self.refuse,
        )

    # ---- what happens
    def _opened(self) -> None:
        self.showing.stop()
        self.showing.remember_newest(self.desk.workflow.name)
        settings = self.settings = replace(self.settings, last_draft=self.desk.draft.id)
        # now, not at the end: a program that is killed opens this again, too
        self.link.call(lambda _store: self.write_settings(settings))
        self._show_title()
        self.drawing.canvas.fit()  # before it is seen: at 100 % a large drawing flashes by
        self.go("drawing")
        self.drawing.canvas.select(())
        QTimer.singleShot(0, self, self.drawing.canvas.fit)
        self._join_open_run()

    def _join_open_run(self) -> None:
        """A run of this workflow that still goes on is shown on it."""
        name = self.desk.workflow.name
        row = next((row for row in self.link.runs if row.name == name and row.end is None and row.parent is None), None)
        if row is not None:
            self.showing.follow(row.id, looking=False)
            self.drawing.show_tab(self.drawing.run_panel)

    def _drawn(self, workflow: Workflow) -> None:
        self.showing.draw(workflow)
        if not self.showing.looking:
            self.drawing.canvas.render(workflow)
            self.drawing.outline.render(workflow)
            self.inspector.refresh()
        self.checker.check(workflow)
        self._title_later.start()
        self._refresh.start()

    def _show_title(self) -> None:
        workflow = self.desk.workflow
        self.header.show_workflow(workflow, self.desk.changed_since_version)
        self._retitle()

    def _retitle(self) -> None:
        name = (self.desk.workflow.title or self.desk.workflow.name) if self.desk.is_open else ""
        self.setWindowTitle(
            " ".join(part for part in (self._badge, f"{name} – Signalbox" if name else "Signalbox") if part)
        )

    def _set_badge(self, text: str) -> None:
        self._badge = text
        self._retitle()

    def _selected(self, keys: tuple[str, ...]) -> None:
        self.inspector.show_selection(keys)
        self.drawing.outline.select(keys)
        if len(keys) == 1 and self.showing.live is not None:
            self.drawing.run_panel.show_step(keys[0])
        self._refresh.start()

    def _faces(self, faces: dict[str, Face], running: bool, gave: dict[str, set[str]]) -> None:
        self.drawing.canvas.show_faces(faces, running, gave if faces else None)
        self.drawing.outline.show_states(faces, self.drawing.outline.problems)
        self.header.show_running(self.drawing.isVisible() and self.runner.running)

    def _looked(self, looking: bool) -> None:
        shown = self.showing.workflow or self.desk.workflow
        self.drawing.canvas.set_read_only(looking)
        self.drawing.canvas.render(shown)
        self.drawing.outline.render(shown)
        live = self.showing.live
        text = ""
        if looking and live is not None:
            text = tr("You are looking at the run {run} of {when}, with the version that ran. It cannot be edited.")
            text = text.format(run=live.run[-6:], when=when(live.main.started))
            QTimer.singleShot(0, self, self.drawing.canvas.fit)
        self.drawing.show_banner(text)
        self.inspector.refresh()
        self._refresh.start()

    def _found(self, problems: list[Problem], workflow: Workflow) -> None:
        from designer.main_window.room import by_node

        found = by_node(problems)
        if not self.showing.looking:
            self.drawing.canvas.show_problems(found)
        self.drawing.outline.show_states(self.drawing.outline.faces, found)
        self.drawing.problems.show_problems(problems, workflow)
        self.inspector.show_problems(found, [problem for problem in problems if problem.node is None])

    def _show_problems(self) -> None:
        self.go("drawing")
        self.drawing.show_tab(self.drawing.problems)

    def _go_to_problem(self, problem: Problem) -> None:
        self.go("drawing")
        keys = (problem.node,) if problem.node else ()
        self.drawing.canvas.select(keys)
        if problem.node:
            self.drawing.canvas.centre(problem.node)
        self.inspector.show()
        self.inspector.show_selection(keys)
        self.inspector.focus_problem(problem)

    def _engine_changed(self, status: EngineStatus) -> None:
        self.footer.show_engine(status)
        if status.state == "restarting" and status.sentence:
            self.say(tr("{why} It is started again.").format(why=status.sentence), "warning")
        self._refresh.start()

    def _engine_menu(self) -> None:
        self.commands.refresh()
        menu = QMenu(self)
        self.commands.fill(menu, "run.engine_start", "run.engine_stop")
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.footer.engine.mapToGlobal(self.footer.engine.rect().topLeft()))

    def _notified(self, question: str) -> None:
        self.showNormal() if self.isMinimized() else self.show()
        self.raise_()
        self.activateWindow()
        self.open_question(question)

    def _ask_inputs(self, workflow: Workflow, values: dict[str, object], go: object) -> None:
        from designer.main_window.room import InputsDialog

        InputsDialog(workflow, dict(values), go, self).open()  # type: ignore[arg-type]

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the draft, tell everything to stop; the engine goes on by itself where a run needs it."""
        self.footer.close_footer()
        self.welcome.stop()
        if self.furnished:
            self._put_away()
        geometry: QByteArray = self.saveGeometry()
        self.settings = replace(self.settings, geometry=designer_settings.packed(geometry))
        self.write_settings()
        super().closeEvent(event)

    def _put_away(self) -> None:
        self.drawing.canvas.editors.keep()
        self.inspector.close_inspector()
        self.desk.close()
        self.checker.close()
        self.showing.close()
        self.notifier.close()
        self.unsent.close()
        self.drawing.run_panel.shut()
        self.runs.shut()
        self.site_link.close()
        self.site.shut()
        self.drawing.canvas.close_canvas()
        self.service.close()
        self.link.close()
