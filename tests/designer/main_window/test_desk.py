"""The desk: each document goes into its own draft, whatever is opened, refused or drawn elsewhere meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from designer.document import autosave, edits
from designer.main_window.desk import Desk
from engine.errors import Refused
from engine.store import Draft
from engine.workflow.model import Workflow
from tests.designer.document.drawn import flow
from tests.designer.support.fake_link import FakeLink


def named(name: str) -> Workflow:
    return flow("a:wait").model_copy(update={"name": name})


def write(desk: Desk, text: str) -> Workflow:
    desk.document.edit(edits.set_title(desk.workflow, "a", text))
    return desk.workflow


def kept(link: FakeLink, draft: str) -> Workflow:
    found = link.store.drafts.get(draft)
    assert found is not None
    return found.workflow


def two_drafts(link: FakeLink) -> tuple[Draft, Draft]:
    put = link.store.drafts.put
    return put(Draft.of("one", named("one"))), put(Draft.of("two", named("two")))


def test_what_could_not_be_kept_goes_into_its_own_draft_later(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "FIRST_RETRY_MS", 10)
    link = FakeLink(at_once=True)
    one, two = two_drafts(link)
    desk = Desk(link)
    desk.put(one)
    first = write(desk, "typed")
    link.fails = "The disk is full."
    desk.put(two)
    link.fails = ""
    qtbot.waitUntil(lambda: not desk.autosave.unsaved)
    assert kept(link, "one") == first and kept(link, "two") == named("two")
    desk.close()


def test_a_version_belongs_to_the_draft_it_was_made_of(qtbot: QtBot) -> None:
    link = FakeLink()
    one, two = two_drafts(link)
    desk = Desk(link)
    desk.put(one)
    first = write(desk, "typed")
    desk.save()
    desk.put(two)
    with qtbot.waitSignal(desk.saved) as made:
        pass
    assert desk.draft.id == "two" and desk.draft.base is None
    found = link.store.drafts.get("one")
    assert found is not None and found.base == made.args[0].hash and found.workflow == first
    desk.close()


def test_two_windows_on_one_draft_each_keep_what_they_have(qtbot: QtBot) -> None:
    link = FakeLink(at_once=True)
    one, _ = two_drafts(link)
    here, there = Desk(link), Desk(link)
    here.put(one)
    there.put(one)
    said: list[Refused] = []
    there.refused.connect(said.append)
    first = write(here, "here")
    here.autosave.flush()
    second = write(there, "there")
    there.autosave.flush()
    third = write(there, "there again")
    there.autosave.flush()
    assert second is not third and len(said) == 1 and "of its own" in str(said[0])
    assert kept(link, "one") == first and there.draft.id != "one" and kept(link, there.draft.id) == third
    assert len(link.store.drafts.list()) == 3
    here.close()
    there.close()


def test_the_same_draft_opened_again_is_no_other_writer(qtbot: QtBot) -> None:
    link = FakeLink(at_once=True)
    one, two = two_drafts(link)
    desk = Desk(link)
    desk.put(one)
    write(desk, "x")
    desk.put(two)
    again = link.store.drafts.get("one")
    assert again is not None
    desk.put(replace(again))
    last = write(desk, "y")
    desk.close()
    assert kept(link, "one") == last and len(link.store.drafts.list()) == 2


def test_what_is_being_typed_goes_into_the_document_that_is_left(qtbot: QtBot) -> None:
    link = FakeLink(at_once=True)
    one, two = two_drafts(link)
    desk = Desk(link)
    desk.put(one)
    desk.leaving.connect(lambda: write(desk, "still typing"))
    desk.put(two)
    assert kept(link, "one").by_key["a"].title == "still typing" and kept(link, "two") == named("two")
    assert desk.workflow == named("two")
    desk.close()
