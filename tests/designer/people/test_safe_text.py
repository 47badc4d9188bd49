"""Untrusted text: nothing is fetched, nothing opens by itself, nothing hides."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from pytestqt.qtbot import QtBot

from designer.people.safe_text import SafeText, with_line_breaks
from designer.widgets import visible


@pytest.fixture
def text(qtbot: QtBot) -> SafeText:
    made = SafeText()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def test_pictures_are_named_instead_of_fetched(text: SafeText) -> None:
    text.set_text("See ![plan](http://evil.example/pixel.png) and ![x](file:///etc/hostname)")
    assert "[image not loaded: http://evil.example/pixel.png]" in text.text()
    assert "[image not loaded: file:///etc/hostname]" in text.text()
    assert not any("￼" in line for line in text.text().splitlines())


@pytest.mark.parametrize("kind", list(QTextDocument.ResourceType))
def test_no_resource_is_ever_loaded(text: SafeText, kind: Any) -> None:
    found = text.page.loadResource(kind.value, QUrl("file:///etc/hostname"))
    assert not found or found.size().width() == 1


def test_html_is_shown_as_it_was_written(text: SafeText) -> None:
    text.set_text('Hello <img src="http://evil.example/a.png"> <a href="http://evil.example">there</a>')
    assert "<img" in text.text() and "<a href" in text.text()


def test_a_link_shows_its_address_before_anything_opens(
    text: SafeText, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    text.set_text("[the bank](https://evil.example/login)")
    with qtbot.waitSignal(text.link_shown) as shown:
        text.page.anchorClicked.emit(QUrl("https://evil.example/login"))
    assert shown.args == ["https://evil.example/login"] and opened == []
    assert "https://evil.example/login" in text.address.text()
    text.opener.click()
    assert opened == ["https://evil.example/login"]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "smb://x/y"])
def test_only_web_and_mail_addresses_can_be_opened(text: SafeText, address: str) -> None:
    text.page.anchorClicked.emit(QUrl(address))
    assert not text.opener.isEnabled()


def test_characters_that_turn_text_round_are_made_visible() -> None:
    assert visible("pay \u202e001") == "pay ⟨202E⟩001"
    assert visible("a\u200bb\tc\r\nd\x00") == "a⟨200B⟩b\tc\nd⟨0000⟩"
    assert visible("Zähler 5 µm · 👩‍🔧") == "Zähler 5 µm · 👩‍🔧"


def test_lines_stay_lines(text: SafeText) -> None:
    text.set_text("machine: CV-03\ncode: E417")
    assert text.text().split("\u2028") == ["machine: CV-03", "code: E417"] or text.text().splitlines() == [
        "machine: CV-03",
        "code: E417",
    ]
    assert with_line_breaks("```\na\nb\n```") == "```\na\nb\n```"


def test_the_page_is_as_tall_as_its_text(text: SafeText) -> None:
    text.set_text("one")
    low = text.page.height()
    text.set_text("\n\n".join("line" for _ in range(40)))
    assert text.page.height() > 10 * low
