"""The welcome page: templates by themselves, three ways to start, what to go on with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from designer.document.files import import_file
from designer.resources import template_files
from designer.theme import DARK, LIGHT, Tokens
from designer.welcome import Recent, WelcomePage
from designer.welcome.hardware import Facts, facts, sentence
from designer.welcome.miniature import miniature, paint
from designer.welcome.templates import first_sentences, is_offline, read, read_all, tags
from engine.workflow.file import load_text
from engine.workflow.model import Workflow

TEXT = """
format: 1
name: small
placement: edge
nodes:
  read:
    type: file.read
    params: {path: a.csv}
  triage:
    type: agent
    params: {model: small, instructions: x}
  history:
    type: sql.query
    params: {url: "sqlite:///a.db"}
  odd:
    type: nobody.knows
edges:
  - read.rows -> triage.input
  - history.tool -> triage.tools
layout:
  read: [0, 0]
  triage: [240, 0]
  history: [240, 160]
"""


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[WelcomePage]:
    made = WelcomePage()
    qtbot.addWidget(made)
    made.resize(1366, 768)
    yield made
    made.stop()


def workflow(text: str = TEXT) -> Workflow:
    return load_text(text)


def test_every_shipped_template_has_a_card(page: WelcomePage, qtbot: QtBot) -> None:
    page.show()
    qtbot.waitUntil(lambda: len(page.cards) == len(template_files()))
    assert page.cards[0].template.name == "machine-alarm"
    assert page.hero.caption.text() == page.cards[0].template.title


def test_a_card_says_which_template_was_chosen_by_mouse_and_by_enter(page: WelcomePage, qtbot: QtBot) -> None:
    page.show()
    qtbot.waitUntil(lambda: bool(page.cards))
    with qtbot.waitSignal(page.template_chosen) as heard:
        qtbot.mouseClick(page.cards[0], Qt.MouseButton.LeftButton)
    assert heard.args == ["machine-alarm"]
    with qtbot.waitSignal(page.template_chosen):
        qtbot.keyClick(page.cards[0], Qt.Key.Key_Return)


def test_there_are_three_ways_to_start(page: WelcomePage, qtbot: QtBot) -> None:
    for door, signal in (
        (page.hero.show_button, page.show_me),
        (page.hero.example, page.show_me),
        (page.hero.empty_button, page.start_empty),
        (page.hero.import_button, page.import_requested),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(door, Qt.MouseButton.LeftButton)


def test_drafts_and_runs_can_be_gone_on_with(page: WelcomePage, qtbot: QtBot) -> None:
    page.show_recent([Recent("d1", "Draft", "today")], [Recent("r1", "Run", "asks", "asking")])
    run, draft = page.rows
    with qtbot.waitSignal(page.run_chosen) as heard:
        qtbot.mouseClick(run, Qt.MouseButton.LeftButton)
    assert heard.args == ["r1"]
    with qtbot.waitSignal(page.draft_chosen) as heard:
        qtbot.mouseClick(draft, Qt.MouseButton.LeftButton)
    assert heard.args == ["d1"]


def test_a_long_list_of_drafts_says_how_many_more_there_are_and_shows_them(page: WelcomePage, qtbot: QtBot) -> None:
    page.show_recent([Recent(str(nth), f"Draft {nth}", "") for nth in range(9)], ())
    assert len(page.rows) == 5
    more = next(each for each in page.findChildren(QPushButton) if each.text() == "4 more")
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert [row.recent.id for row in page.rows] == [str(nth) for nth in range(9)]


def test_a_page_that_goes_away_at_once_takes_its_thread_with_it(qtbot: QtBot) -> None:
    made = WelcomePage()
    made.show()
    made.close()
    made.deleteLater()


@pytest.mark.parametrize("size", [(1366, 768), (880, 520), (1920, 1080)])
def test_the_page_fits_without_a_horizontal_scroll_bar(page: WelcomePage, qtbot: QtBot, size: tuple[int, int]) -> None:
    page.resize(*size)
    page.show()
    qtbot.waitUntil(lambda: bool(page.cards))
    assert page.horizontalScrollBar().maximum() == 0


def test_the_hardware_sentence_answers_whether_it_will_run(page: WelcomePage, qtbot: QtBot) -> None:
    assert sentence(Facts(8, 15.6)) == "8 cores, 16 GB, no GPU: fine. Runs offline: no account, key or download."
    assert sentence(Facts(1, 2.0, "NVIDIA GPU")).startswith("1 core, 2 GB, NVIDIA GPU: enough for the shipped models.")
    found = facts()
    assert found.cores >= 1
    assert found.memory_gb > 0.1
    page.show()
    qtbot.waitUntil(lambda: bool(page.hero.hardware.text()))


def test_a_miniature_holds_every_node_and_edge_of_the_workflow() -> None:
    made = miniature(workflow())
    assert len(made.boxes) == 4
    assert [wire.tool for wire in made.wires] == [False, True]
    assert [box.category for box in made.boxes] == ["Files", "Models", "Tools", "missing"]
    assert all(made.bounds.contains(box.rect) for box in made.boxes)


def test_an_empty_workflow_has_a_picture_too() -> None:
    assert miniature(workflow("format: 1\nname: nothing\n")).bounds.width() > 0


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_a_miniature_is_painted_inside_its_room(tokens: Tokens) -> None:
    image = QImage(300, 140, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    paint(painter, miniature(workflow()), QRectF(10, 10, 280, 120), tokens, 8, 1.0, 0.2)
    painter.end()
    assert image.pixelColor(5, 70).alpha() == 0
    assert image.pixelColor(150, 12) == tokens.canvas
    colours = {image.pixel(x, y) for x in range(10, 290, 3) for y in range(10, 130, 3)}
    assert len(colours) > 12


def test_tags_say_what_stands_out() -> None:
    assert [tag.text for tag in tags(workflow())] == ["Offline", "Agent", "Database"]
    template = next(file for file in template_files() if file.name.startswith("excursion"))
    assert [tag.text for tag in tags(import_file(template))] == ["Offline", "Device", "Approval"]


def test_a_workflow_that_names_an_address_elsewhere_is_not_offline() -> None:
    assert is_offline(workflow())
    assert not is_offline(workflow(TEXT.replace("sqlite:///a.db", "postgresql://db.example/x")))
    assert not is_offline(workflow(TEXT.replace("placement: edge", "placement: either")))


def test_a_file_that_cannot_be_read_is_left_out_of_the_gallery(tmp_path: Path) -> None:
    (tmp_path / "bad.workflow.yaml").write_text("nodes: [")
    assert read(tmp_path / "bad.workflow.yaml") is None
    assert read(tmp_path / "none.workflow.yaml") is None


def test_every_shipped_template_has_a_title_a_sentence_and_a_tag() -> None:
    for template in read_all():
        assert template.title
        assert len(template.summary) > 20
        assert template.tags
        assert template.steps == len(template.picture.boxes)


def test_a_summary_is_whole_sentences() -> None:
    assert first_sentences("One. Two is\nhere. " + "x" * 200 + ".") == "One. Two is here."
    assert first_sentences("") == ""
