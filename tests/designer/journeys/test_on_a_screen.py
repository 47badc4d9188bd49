"""The program as people start it, on a real X screen, with real keys: from the start page to an approved run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from designer.app import open_window
from engine.run.events import Event, QuestionAnswered, QuestionAsked, RunCompleted
from engine.store import DATA_FILE, Lease, open_store

ROOT = Path(__file__).parents[3]
PATIENCE_S, AGAIN_S = 60.0, 5.0
SCREEN = "1366x768x24"

pytestmark = pytest.mark.screen


@pytest.fixture
def screen() -> Iterator[dict[str, str]]:
    """An X screen of our own: the environment of programs on it."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; with it, the program is tried on a real X screen.")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", SCREEN, "-noreset", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    number = server.stdout.readline().strip()
    yield {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
    server.terminate()
    server.wait()
    server.stdout.close()


def _until(fact: Callable[[], object], what: str, again: Callable[[], object] | None = None) -> None:
    """Look until something is so; `again` is what a person would try once more when nothing comes of it."""
    begun = tried = time.monotonic()
    while not fact():
        now = time.monotonic()
        assert now < begun + PATIENCE_S, what
        if again is not None and now > tried + AGAIN_S:
            tried = now
            again()
        time.sleep(0.05)  # another process: it is looked at, not waited for


class Desk:
    """Keys and clicks on a screen."""

    def __init__(self, screen: dict[str, str]) -> None:
        self.screen = screen

    def do(self, *words: str) -> str:
        """One xdotool command; what it says."""
        return subprocess.run(["xdotool", *words], env=self.screen, capture_output=True, text=True).stdout.strip()

    def window(self, part: str) -> str:
        """Wait for a window whose name has this part, and give it the keyboard, as a desktop does."""
        found: list[str] = []

        def shown() -> list[str]:
            windows = self.do("search", "--onlyvisible", "--class", "signalbox").split()
            found[:] = [window for window in windows if part in self.do("getwindowname", window)]
            return found

        _until(shown, f"there is no window {part!r}")
        self.do("windowfocus", "--sync", found[-1])
        return found[-1]


def _events(data_dir: Path) -> list[Event]:
    with open_store(data_dir / DATA_FILE, role="client") as store:
        runs = store.journal.runs()
        return list(store.journal.events(runs[0].id)) if runs else []


def _drafts(data_dir: Path) -> list[str]:
    if not (data_dir / DATA_FILE).exists():
        return []
    with open_store(data_dir / DATA_FILE, role="client") as store:
        return [draft.name for draft in store.drafts.list()]


def _place_of_show_me(app: QApplication, folder: Path) -> tuple[int, int]:
    """Where the button is in a window of the same size, measured in one of our own."""
    window = open_window(app, folder, launch=False)
    app.processEvents()
    button = window.welcome.hero.show_button
    place = button.mapTo(window, button.rect().center())
    window.close()
    return place.x(), place.y()


@pytest.mark.needs_llama
def test_from_the_start_page_to_an_approved_run(
    qapp: QApplication, screen: dict[str, str], data_dir: Path, tmp_path: Path
) -> None:
    x, y = _place_of_show_me(qapp, tmp_path / "other")
    desk = Desk(screen)
    program = subprocess.Popen(
        [sys.executable, "-m", "designer", "--data-dir", str(data_dir)],
        cwd=ROOT,
        env=screen,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        main = desk.window("Signalbox")
        _until(lambda: Lease.info(data_dir) is not None, "there is no engine")
        desk.do("mousemove", "--window", main, str(x), str(y))
        desk.do("click", "1")
        _until(lambda: "machine-alarm" in _drafts(data_dir), "Show me opened nothing", lambda: desk.do("click", "1"))
        desk.window("Machine alarm to work order – Signalbox")
        desk.do("key", "ctrl+Return")
        desk.window("Run Machine alarm")
        desk.do("key", "Return")
        _until(lambda: any(isinstance(event, QuestionAsked) for event in _events(data_dir)), "the gate was not reached")
        desk.window("Machine alarm to work order – Signalbox")
        desk.do("key", "ctrl+i")
        desk.do("key", "Return")
        assert not any(isinstance(event, QuestionAnswered) for event in _events(data_dir)), "Enter answered"
        desk.do("key", "a")
        desk.do("key", "space")
        _until(lambda: isinstance(_events(data_dir)[-1], RunCompleted), "the run did not end")
        answers = [event for event in _events(data_dir) if isinstance(event, QuestionAnswered)]
        assert [answer.option for answer in answers] == ["approve"]
        desk.do("key", "ctrl+q")
        assert program.wait(PATIENCE_S) == 0
        assert program.stderr is not None and program.stderr.read() == ""
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()
        assert program.stderr is not None
        program.stderr.close()
        holder = Lease.info(data_dir)
        if holder is not None:
            engine = psutil.Process(holder.pid)
            engine.terminate()
            engine.wait(20)
