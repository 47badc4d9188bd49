"""A run on the drawing: faces, badges, which wires carried data, and motion that ends when nothing runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from designer.engine_link.faces import Face
from designer.theme import tokens
from engine.checks.problem import Problem
from tests.designer.canvas.desk import Desk


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    qtbot.addWidget(made.canvas)
    yield made
    made.check()
    made.canvas.close_canvas()


def mode(desk: Desk, text: str) -> str:
    return next(wire.mode for wire in desk.canvas.drawing.wires.values() if str(wire.edge) == text)


def test_a_drawing_at_rest_has_no_line_of_state(desk: Desk) -> None:
    assert not any(card.has_strip() for card in desk.canvas.drawing.cards.values())
    desk.canvas.show_faces({"mail": Face("running", "Running · 2 s")})
    assert desk.canvas.drawing.cards["mail"].has_strip()
    desk.canvas.show_faces({})
    assert not desk.canvas.drawing.cards["mail"].has_strip()


def test_a_preview_makes_the_card_taller_and_its_wires_follow(desk: Desk) -> None:
    card = desk.canvas.drawing.cards["triage"]
    before, wire = card._height, next(iter(card.ports["in", "tools"].wires))
    end = wire.path().pointAtPercent(1.0)
    desk.canvas.show_faces({"triage": Face("done", "Done", "", ("a", "b", "c", "d"))})
    assert card._height >= before + 60
    assert wire.path().pointAtPercent(1.0).y() > end.y()


def test_wires_show_where_data_went(desk: Desk) -> None:
    faces = {
        "read": Face("done", "Done"),
        "filter": Face("done", "Done"),
        "facts": Face("running", "Running"),
        "triage": Face("pending"),
    }
    desk.canvas.show_faces(faces)
    assert mode(desk, "read.rows -> filter.input") == "passed"
    assert mode(desk, "filter.rows -> facts.input") == "flow"
    assert mode(desk, "facts.output -> triage.input") == "idle"
    desk.canvas.show_faces({})
    assert mode(desk, "read.rows -> filter.input") == "idle"


def test_the_way_not_taken_is_dead(desk: Desk) -> None:
    faces = {"triage": Face("done"), "severe": Face("done"), "approve": Face("asking"), "mail": Face("skipped")}
    desk.canvas.show_faces(faces)
    assert mode(desk, "severe.yes -> approve.input") == "passed"
    assert mode(desk, "severe.no -> mail.input") == "dead"
    assert mode(desk, "triage.error -> mail.input") == "dead"


def test_a_failure_goes_along_the_error_wire(desk: Desk) -> None:
    desk.canvas.show_faces({"triage": Face("failed"), "severe": Face("skipped"), "mail": Face("done")})
    assert mode(desk, "triage.error -> mail.input") == "passed"
    assert mode(desk, "triage.result -> severe.input") == "dead"


def test_ports_that_gave_a_value_decide_when_they_are_known(desk: Desk) -> None:
    faces = {"severe": Face("done"), "approve": Face("pending"), "mail": Face("pending")}
    desk.canvas.show_faces(faces, live={"severe": ("no",)})
    assert mode(desk, "severe.no -> mail.input") == "passed"
    assert mode(desk, "severe.yes -> approve.input") == "dead"


def test_wires_of_a_disabled_node_are_dim(desk: Desk) -> None:
    desk.canvas.select(["mail"])
    desk.key(Qt.Key.Key_M)
    dim = {str(wire.edge) for wire in desk.canvas.drawing.wires.values() if wire.dimmed}
    assert dim == {"severe.no -> mail.input", "triage.error -> mail.input"}


def test_what_runs_breathes_and_ends(desk: Desk, qtbot: QtBot) -> None:
    timer = desk.canvas.live.timer
    assert not timer.isActive()
    desk.canvas.show_faces({"filter": Face("done"), "facts": Face("running")})
    assert timer.isActive() and timer.interval() == 100
    card = desk.canvas.drawing.cards["facts"]
    qtbot.waitUntil(lambda: card.breath != 0.5, timeout=3000)
    desk.canvas.show_faces({"filter": Face("done"), "facts": Face("done")})
    assert not timer.isActive() and card.breath == 0.5


def test_nothing_moves_in_a_past_run_or_with_reduced_motion(desk: Desk) -> None:
    faces = {"facts": Face("running")}
    desk.canvas.show_faces(faces, running=False)
    assert not desk.canvas.live.timer.isActive()
    desk.canvas.show_faces(faces)
    assert desk.canvas.live.timer.isActive()
    desk.canvas.set_still(True)
    assert not desk.canvas.live.timer.isActive()


def test_problems_are_badges_and_are_read_out_under_the_mouse(desk: Desk) -> None:
    problem = Problem("x", "mail", "error", "The path leaves the folder.", "Choose another.")
    hint = Problem("y", "mail", "warning", "Nothing reads it.", "Delete it.")
    desk.canvas.show_problems({"mail": [hint, problem]})
    card = desk.canvas.drawing.cards["mail"]
    assert (card.problems, card.problem_error) == (2, True)
    desk.canvas.hover.over(card, card.area().center())
    assert "The path leaves the folder." in desk.canvas.hover.words()
    desk.canvas.show_problems({"mail": [hint]})
    assert (card.problems, card.problem_error) == (1, False)
    desk.canvas.show_problems({})
    assert card.problems == 0


def test_faces_and_badges_stay_when_the_document_changes(desk: Desk) -> None:
    desk.canvas.show_faces({"mail": Face("failed", "Failed: no route to host")}, running=False)
    desk.canvas.show_problems({"mail": [Problem("x", "mail", "error", "Bad.", "Mend it.")]})
    before = desk.workflow
    desk.show(type(before)(name="other"))
    desk.show(before)
    card = desk.canvas.drawing.cards["mail"]
    assert card.face.status == "failed" and card.problems == 1


def test_a_face_is_painted_in_the_colour_of_its_state(desk: Desk) -> None:
    desk.look(1.0, 1880, 380)
    desk.canvas.show_faces({"mail": Face("failed", "Failed")}, running=False)
    desk.canvas.view.rest()
    image = desk.canvas.view.viewport().grab().toImage()
    wanted = tokens().status["failed"].rgb()
    assert any(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(0, image.height(), 4))
