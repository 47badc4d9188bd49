"""The way from a problem to the part of the page of this PC that mends it, and what the bars say of this PC."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from designer.main_window.footer import Footer
from designer.main_window.problems_panel import ProblemsPanel
from designer.main_window.site_link import place_of
from engine.checks.problem import Problem
from engine.workflow.model import Workflow


def problem(code: str, sentence: str) -> Problem:
    return Problem(code, "ask", "error", sentence, "Do this.")


@pytest.mark.parametrize(
    ("code", "sentence", "expected"),
    [
        ("missing-role", "Node 'ask' needs the model role 'planner', which is not there.", ("models", "planner")),
        ("missing-secret", "Node 'ask' needs the secret 'mes-token', which is not there.", ("keys", "mes-token")),
        (
            "server-not-approved",
            "Node 'ask' needs the MCP server 'plant', which nobody has approved.",
            ("tools", "plant"),
        ),
        ("missing-file", "Node 'ask' needs the file 'a.csv', which is not there.", None),
    ],
)
def test_a_problem_of_this_pc_leads_to_what_mends_it(
    code: str, sentence: str, expected: tuple[str, str] | None
) -> None:
    assert place_of(problem(code, sentence)) == expected


def test_only_problems_of_this_pc_offer_the_way_there(qtbot: QtBot) -> None:
    panel = ProblemsPanel()
    qtbot.addWidget(panel)
    mended: list[object] = []
    panel.mend_requested.connect(mended.append)
    role, file = problem("missing-role", "Node 'ask' needs the model role 'x'."), problem("missing-file", "No file.")
    panel.show_problems([role, file], Workflow(name="x"))
    first, second = (panel.list.itemWidget(panel.list.topLevelItem(nth), 2) for nth in range(2))
    assert second is None and first is not None
    first.findChild(type(panel._mend(role).children()[-1])).click()  # type: ignore[attr-defined]
    assert mended == [role]


def test_offline_stands_at_the_edge_of_the_window_and_leads_to_the_switch(qtbot: QtBot) -> None:
    footer = Footer()
    qtbot.addWidget(footer)
    footer.show_offline(True)
    assert footer.network.text() == "Offline" and not footer.network.icon().isNull()
    footer.show_offline(False)
    assert footer.network.text() == "On this PC" and footer.network.icon().isNull()
    with qtbot.waitSignal(footer.network_clicked):
        footer.network.click()
    footer.close_footer()
