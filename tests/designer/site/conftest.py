"""A page on a PC with everything on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from site_kit import Desk

from designer import theme
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.site_facts import answers

Open = Callable[..., Desk]


@pytest.fixture
def site(qtbot: QtBot, qapp: Any) -> Iterator[Open]:
    """Makes a page; `site(models=…)` puts other answers in, by the command's first word."""
    theme.apply(qapp, "light")
    made: list[Desk] = []

    def begin(**changed: Any) -> Desk:
        link = FakeLink(at_once=True)
        given = answers() | {key.replace("_", " "): value for key, value in changed.items()}
        made.append(Desk(qtbot, link, given))
        return made[-1]

    yield begin
    for one in made:
        one.page.shut()
        one.link.close()
