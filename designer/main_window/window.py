"""The main window: pages, parts and what connects them; it knows every part, and no part knows it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QByteArray, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from designer import settings as designer_settings
from designer import theme
from designer.actions.commands import Commands
from designer.engine_link import EngineLink, EngineStatus, Face
from designer.engine_link.example_service import ExampleService
from designer.main_window.checking import Checker, by_node
from designer.main_window.connecting import connect_outline
from designer.main_window.desk import Desk
from designer.main_window.drawing import DrawingPage
from designer.main_window.editing import Editing
from designer.main_window.filing import Filing
from designer.main_window.finder import Finder
from designer.main_window.footer import Footer
from designer.main_window.header import Header
from designer.main_window.inputs_dialog import InputsDialog
from designer.main_window.inspector import Inspector
from designer.main_window.menus import fill_menu_bar
from designer.main_window.offers import Offers
from designer.main_window.parts import Parts
from designer.main_window.rail import Rail
from designer.main_window.recent import RecentWork
from designer.main_window.running import Runner
from designer.main_window.showing import Showing
from designer.main_window.viewing import Viewing, set_theme
from designer.main_window.watching import Watching
from designer.main_window.when import when
from designer.people.dialog import ApprovalDialog
from designer.people.drafts import Drafts
from designer.people.inbox import Inbox
from designer.people.notifier import Notifier
from designer.resources import tr
from designer.runs.runs_list import RunsList
from designer.settings import DesignerSettings
from designer.welcome import WelcomePage
from designer.widgets import Toaster
from engine.checks import Problem
from engine.errors import Refused, SignalboxError
from engine.workflow.model import Workflow

TITLE_MS = 150
"""Whether the drawing differs from its version is asked of the whole of it: not with every key."""


class MainWindow(QMainWindow):
    """One window on one data folder."""

    def __init__(self, link: EngineLink, settings: DesignerSettings) -> None:
        super().__init__()
        self.link, self.settings = link, settings
        self.setObjectName("main")
        self.setMinimumSize(960, 600)
        self.resize(1366, 768)
        self.setAcceptDrops(True)
        self._badge = ""
        self.commands = Commands(self)
        self.desk, self.showing = Desk(link, self), Showing(link, self)
        self.service = ExampleService(link.data_dir, self)
        self.checker = Checker(link, self)
        self.runner = Runner(link, self.showing, self.service, self._ask_inputs, self)
        self.inspector = Inspector(self.desk.document, self.showing)
        self.drawing = DrawingPage(link, self.inspector)
        self.drafts = Drafts(settings.person, self._keep_person)
        self.welcome, self.inbox, self.runs = WelcomePage(), Inbox(link, drafts=self.drafts), RunsList(link)
        self.header, self.footer, self.rail = Header(self.commands), Footer(), Rail()
        self.pages = QStackedWidget()
        self._pages: dict[str, QWidget] = {
            "start": self.welcome, "drawing": self.drawing, "runs": self.runs, "inbox": self.inbox,
        }  # fmt: skip
        for page in self._pages.values():
            self.pages.addWidget(page)
        self._lay_out()
        self.toaster, self.finder = Toaster(self), Finder(self)
        self.notifier = Notifier(link, self)
        parts = Parts(
            self, link, self.commands, self.desk, self.showing, self.runner, self.drawing,
            self.say, self.refuse, self.go,
        )  # fmt: skip
        self.editing, self.watching = Editing(parts), Watching(parts)
        self.filing = Filing(parts, self.finder)
        self.viewing = Viewing(parts, self.finder, self.filing, self.watching, self.editing.add_node)
        self.offers = Offers(link, self.inspector, self)
        self.recent = RecentWork(link, self.welcome, self)
        connect_outline(parts, self.editing, self.finder)
        fill_menu_bar(self.menuBar(), self.commands)
        self._bind()
        self._connect()
        self._title_later = QTimer(self)
        self._title_later.setSingleShot(True)
        self._title_later.setInterval(TITLE_MS)
        self._title_later.timeout.connect(self._show_title)
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(0)
        self._refresh.timeout.connect(self.commands.refresh)
        self._restore_place()
        self.go("start")

    # ---- putting together
    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.header)
        right.addWidget(self.pages, 1)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addLayout(right, 1)
        centre = QWidget()
        whole = QVBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body, 1)
        whole.addWidget(self.footer)
        self.setCentralWidget(centre)

    def _bind(self) -> None:
        bind = self.commands.bind
        bind("view.theme", lambda: self._set_theme("light" if theme.scheme() == "dark" else "dark"))
        bind("view.system_theme", lambda: self._set_theme("system"))
        bind("view.language", self._other_language)

    def _connect(self) -> None:
        canvas, desk, showing, link = self.drawing.canvas, self.desk, self.showing, self.link
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
        self.rail.chosen.connect(self.go)
        self.runs.open_run.connect(self.watching.look_at)
        self.inbox.badge_changed.connect(lambda count: self.rail.set_badge("inbox", count))
        self.inbox.run_requested.connect(lambda asked: self.watching.look_at(str(asked[0])))
        self.notifier.open_requested.connect(self._notified)
        self.notifier.inbox_requested.connect(lambda: self.go("inbox"))
        self.notifier.run_requested.connect(lambda asked: self.watching.look_at(str(asked[0])))
        self.notifier.title_badge_changed.connect(self._set_badge)
        link.status_changed.connect(self._engine_changed)
        link.refused.connect(self.refuse)
        self.welcome.show_me.connect(lambda: self.filing.open_template("machine-alarm"))
        self.welcome.template_chosen.connect(self.filing.open_template)
        self.welcome.start_empty.connect(self.filing.new)
        self.welcome.import_requested.connect(self.filing.ask_import)
        self.welcome.draft_chosen.connect(desk.open_draft)
        self.welcome.run_chosen.connect(self.watching.look_at)

    # ---- pages
    def go(self, page: str) -> None:
        """Show a page."""
        if page == "drawing" and not self.desk.is_open and not self.showing.looking:
            self.filing.new()
            return
        self.pages.setCurrentWidget(self._pages[page])
        self.rail.show_page(page)
        self.header.set_page(page)
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
        dialog = ApprovalDialog(self.link, asked, self, drafts=self.drafts)
        dialog.pane.run_requested.connect(lambda wanted: self.watching.look_at(str(wanted[0])))
        self.notifier.set_shown(question)
        dialog.finished.connect(lambda _: self.notifier.set_shown(""))
        dialog.open()

    def say(self, text: str, tone: str = "accent") -> None:
        """A short message at the edge of the window."""
        self.toaster.show(text, tone)

    def refuse(self, error: SignalboxError) -> None:
        """What cannot be done, in the sentence that says why and what to do."""
        self.toaster.show(str(error), "danger")

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
        self.link.call(lambda _store: self._write(settings))
        self._show_title()
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
            self.say(tr("The engine ended and is started again. {why}").format(why=status.sentence), "warning")
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
        InputsDialog(workflow, dict(values), go, self).open()  # type: ignore[arg-type]

    # ---- settings
    def _set_theme(self, choice: theme.Choice) -> None:
        self.settings = replace(self.settings, theme=choice)
        set_theme(choice)

    def _keep_person(self, name: str) -> None:
        self.settings = replace(self.settings, person=name)
        self._save_settings()

    def _other_language(self) -> None:
        language = "en" if self.settings.language == "de" else "de"
        self.settings = replace(self.settings, language=language)
        self._save_settings()
        self.say(tr("The language changes at the next start."), "accent")

    def _restore_place(self) -> None:
        if self.settings.geometry:
            self.restoreGeometry(designer_settings.unpacked(self.settings.geometry))

    def _save_settings(self) -> None:
        self._write(self.settings)

    def _write(self, settings: DesignerSettings) -> None:
        try:
            designer_settings.save(settings, self.link.data_dir)
        except Refused:
            pass  # they hold no work, and a full disk is told of where it matters

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the draft, tell everything to stop; the engine goes on by itself where a run needs it."""
        self.drawing.canvas.editors.keep()
        self.inspector.close_inspector()
        self.desk.close()
        self.checker.close()
        self.showing.close()
        self.notifier.close()
        self.footer.close_footer()
        self.welcome.stop()
        self.drawing.run_panel.shut()
        self.runs.shut()
        self.drawing.canvas.close_canvas()
        self.service.close()
        geometry: QByteArray = self.saveGeometry()
        self.settings = replace(self.settings, geometry=designer_settings.packed(geometry))
        self._save_settings()
        self.link.close()
        super().closeEvent(event)
