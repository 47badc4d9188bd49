"""Checks: what is found is of the newest drawing, and what could not be checked is said."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from designer.main_window.checking import Checker
from tests.designer.document.drawn import flow
from tests.designer.support.fake_link import FakeLink


def test_a_drawing_that_could_not_be_checked_does_not_count_as_one_without_problems(qtbot: QtBot) -> None:
    link = FakeLink()
    link.fails = "settings.toml cannot be read."
    checker = Checker(link)
    with qtbot.waitSignal(checker.found) as found:
        checker.check(flow("a:wait"))
    (problem,) = found.args[0]
    assert "settings.toml cannot be read." in problem.sentence and problem.severity == "warning"
    checker.close()
