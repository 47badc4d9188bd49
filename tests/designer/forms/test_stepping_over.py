"""What closes an expression by itself is stepped over when it is typed, so that it stands there once."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from designer.forms.prompt import Prompt


@pytest.mark.parametrize(
    ("typed", "there"),
    [
        ("{{ input.input.value }}", "{{ input.input.value }}"),
        ("{{input.input.value}}", "{{ input.input.value }}"),
        ("a {{ run.id }} b {{ item }}.", "a {{ run.id }} b {{ item }}."),
        ("plain } text }}", "plain } text }}"),
        ("{{ {'a': 1} }}", "{{ {'a': 1} }}"),
    ],
)
def test_an_expression_typed_in_full_is_closed_once(qtbot: QtBot, typed: str, there: str) -> None:
    prompt = Prompt()
    qtbot.addWidget(prompt)
    prompt.show()
    prompt.setFocus()
    QTest.keyClicks(prompt, typed)
    assert prompt.text() == there
