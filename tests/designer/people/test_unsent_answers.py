"""What is typed into a question and not sent is there again after the window was killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from designer.main_window.unsent import FILE, Unsent
from designer.people.drafts import UNTOUCHED, Draft, Drafts
from tests.designer.support.fake_link import FakeLink


def test_unsent_answers_come_back_as_they_were() -> None:
    before = Drafts("mira")
    before.keep("q1", Draft(value={"part": "belt", "count": None}, comment="wait"))
    before.keep("q2", Draft(value=None))
    after = Drafts("mira")
    after.load(before.as_text())
    assert after.get("q1") == Draft(value={"part": "belt", "count": None}, comment="wait")
    assert after.get("q2") == Draft(value=None) and after.get("q2").fields is UNTOUCHED
    assert after.get("q3") == Draft()


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"q": 4}', '{"q": {"colour": "red"}}'])
def test_a_damaged_file_of_unsent_answers_counts_as_none(text: str) -> None:
    drafts = Drafts("mira")
    drafts.load(text)
    assert drafts.as_text() == "{}"


def test_what_is_typed_reaches_the_disk_and_a_sent_answer_leaves_it(qtbot: QtBot, tmp_path: Path) -> None:
    link = FakeLink(at_once=True)
    link.data_dir = tmp_path
    later: list[Unsent] = []
    drafts = Drafts("mira", changed=lambda: later[0].later())
    later.append(Unsent(link, drafts, link))  # type: ignore[arg-type]
    drafts.keep("q1", Draft(comment="not yet"))
    qtbot.waitUntil(lambda: (tmp_path / FILE).exists())
    again = Drafts("mira")
    Unsent(link, again, link)  # type: ignore[arg-type]
    assert again.get("q1").comment == "not yet"
    drafts.drop("q1")
    later[0].close()
    assert (tmp_path / FILE).read_text("utf-8") == "{}"
