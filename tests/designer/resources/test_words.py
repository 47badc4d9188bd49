"""Translations: every text has German words, and the program speaks them."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from designer.main_window.node_list import NodeList, found_types
from designer.resources import load_language, path, signs, template_files, tr
from engine.nodes.catalog import CATALOG

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "packaging" / "translations.py"))


@pytest.fixture
def german(qapp: object) -> Iterator[None]:
    load_language("de")
    yield
    load_language("en")


def test_every_text_of_the_designer_and_the_node_types_has_german_words(script: dict[str, Any]) -> None:
    lacking = script["missing"]("de")
    assert not lacking, "no German for:\n" + "\n".join(f"{place}: {text!r}" for text, place in lacking.items())


def test_no_translation_is_left_that_nothing_says(script: dict[str, Any]) -> None:
    assert script["unused"]("de") == []


def test_no_text_is_translated_in_two_files(script: dict[str, Any]) -> None:
    assert script["doubled"]("de") == []


def test_all_packages_and_node_types_are_looked_at(script: dict[str, Any]) -> None:
    everything = script["everything"]()
    places = {place.partition(":")[0] for place in everything.values()}
    said = {place.split("/")[1].removesuffix(".py") for place in places if place.startswith("designer/")}
    packages = {"actions", "canvas", "document", "engine_link", "forms", "main_window", "people", "runs", "welcome"}
    assert packages | {"widgets"} <= said
    for node_type in CATALOG.values():
        for text in (node_type.title, node_type.summary, node_type.category):
            assert f"NodeType|{text}" in everything


def test_a_node_type_speaks_german_where_it_is_shown(german: None, qtbot: QtBot) -> None:
    found = NodeList()
    qtbot.addWidget(found)
    shown = [found.list.topLevelItem(nth).text(0) for nth in range(found.list.topLevelItemCount())]
    assert shown == [tr(category, "NodeType") for category in dict.fromkeys(one.category for one in CATALOG.values())]
    found.field.setText("Freigabe")
    assert found.list.topLevelItem(0).child(0).text(0) == "Freigabe"
    assert [one.name for one in found_types("gate")][0] == "gate"


def test_a_translation_keeps_the_names_in_braces(script: dict[str, Any]) -> None:
    names = re.compile(r"\{[a-z_]+\}")
    for english, german in script["known"]("de").items():
        if german:
            assert sorted(names.findall(english)) == sorted(names.findall(german)), english


def test_a_text_in_two_contexts_has_two_translations(german: None) -> None:
    assert tr("open", "section") == "aufgeklappt"
    assert tr("Copy", "a context nobody translated") == "Kopieren"


def test_a_text_without_translation_stays_english(german: None) -> None:
    assert tr("No such text anywhere") == "No such text anywhere"


def test_a_number_has_the_signs_of_the_language(german: None) -> None:
    assert signs("1,234.5") == "1.234,5"
    load_language("en")
    assert signs("1,234.5") == "1,234.5"


def test_english_needs_no_file(qapp: object) -> None:
    assert load_language("en") == "en"
    assert tr("Copy") == "Copy"


def test_an_unknown_language_is_english(qapp: object) -> None:
    assert load_language("tlh") == "en"


def test_qt_speaks_the_language_too(german: None, qtbot: QtBot) -> None:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert box.button(QDialogButtonBox.StandardButton.Cancel).text() == "Abbrechen"


def test_the_example_is_the_first_template() -> None:
    assert template_files()[0].name == "machine-alarm.workflow.yaml"
    assert all(file.is_file() for file in template_files())


def test_licences_stand_beside_fonts_and_icons() -> None:
    assert "SIL OPEN FONT LICENSE" in path("fonts", "OFL.txt").read_text("utf-8")
    assert "ISC License" in path("icons", "LICENSE").read_text("utf-8")
    assert sum(file.stat().st_size for file in path("fonts").iterdir()) < 1_500_000
