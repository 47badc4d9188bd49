"""Network and keys on the page of this PC: the switch, the list of hosts, secrets that are never shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from site_kit import Desk, words

from designer.site.keys_rows import rows_of
from designer.site.secret_sheets import PassphraseSheet, PlacesSheet, SecretSheet
from designer.site.uses import Uses
from engine.errors import Refused
from tests.designer.support import site_facts

Open = Callable[..., Desk]


# ---- network
def test_who_would_talk_to_whom_is_said_for_every_host(site: Open) -> None:
    page = site().show("network")
    rows = page.network.would.model.rows
    assert [row[3].text for row in rows][:2] == ["mes.lan", "api.anthropic.com"]
    outcomes = [row[3].text for row in page.network.asked.model.rows]
    assert outcomes == ["asked (31×)", "asked", "refused: not on the list", "refused: a forbidden address"]
    assert "5 hosts" in page.network.card.words.text()


def test_the_switch_turns_the_network_off_and_tells_the_window(site: Open) -> None:
    desk = site()
    page = desk.show("network")
    told: list[bool] = []
    page.offline_changed.connect(told.append)
    desk.control.answers["network show"] = site_facts.network(offline=True)
    QTest.mouseClick(page.network.card.switch, Qt.MouseButton.LeftButton)
    assert desk.changes() == [("network", "off", "--json")]
    desk.until(lambda: told == [True] and page.network.card.switch.isChecked())
    assert "opens no connection" in page.network.card.title.text()
    assert {row[4].text for row in page.network.would.model.rows} == {"refused: offline"}


def test_a_switch_that_could_not_be_turned_goes_back(site: Open) -> None:
    desk = site(network_off=Refused("The settings cannot be written: disk full."))
    page = desk.show("network")
    QTest.mouseClick(page.network.card.switch, Qt.MouseButton.LeftButton)
    desk.until(lambda: desk.refused)
    assert not page.network.card.switch.isChecked() and page.network.card.switch.isEnabled()


def test_hosts_are_allowed_and_taken_off_again(site: Open) -> None:
    desk = site()
    page = desk.show("network")
    page.network.host.setText("db.plant.lan 10.3.0.0/16")
    QTest.keyClick(page.network.host, Qt.Key.Key_Return)
    page.network.hosts.setCurrentRow(1)
    QTest.keyClick(page.network.hosts, Qt.Key.Key_Delete)
    assert desk.changes() == [
        ("network", "allow", "db.plant.lan", "10.3.0.0/16", "--json"), ("network", "deny", "*.plant.example", "--json"),
    ]  # fmt: skip
    desk.until(lambda: page.network.host.text() == "")


def test_a_host_that_is_no_host_stays_typed_and_the_reason_is_said(site: Open) -> None:
    desk = site(network_allow=Refused("`http://x` is no host."))
    page = desk.show("network")
    page.network.host.setText("http://x")
    QTest.keyClick(page.network.host, Qt.Key.Key_Return)
    desk.until(lambda: desk.refused == ["`http://x` is no host."])
    assert page.network.host.text() == "http://x"


# ---- keys
NEEDED = Uses({}, {"smtp": ("workflow:night-report",), "anthropic": ("role:cloud",), "erp": ("mcp:mes",)}, {})


def test_what_is_needed_and_not_there_comes_first(site: Open) -> None:
    desk = site()
    page = desk.show("keys")
    page.desk._take("uses", NEEDED)
    rows = rows_of(page.desk.keys, page.keys.missing())  # type: ignore[arg-type]
    assert [row.key for row in rows][:3] == ["", "smtp", "erp"]
    assert page.keys.attention() == 2
    assert "night-report" in words(page.keys.detail) or page.keys.list.current() != "smtp"


@pytest.mark.parametrize(
    ("keeper", "buttons"),
    [("keyring", ["Passphrase…"]), ("file", ["Lock", "Passphrase…", "Move into the keyring"]), ("locked", ["Unlock…"]),
     ("none", [])],
)  # fmt: skip
def test_the_keeper_says_how_it_is_and_offers_what_fits(site: Open, keeper: str, buttons: list[str]) -> None:
    page = site(secrets_list=site_facts.keys(keeper)).show("keys")
    card = page.keys.card
    assert site_facts.keys(keeper)["keeper"]["sentence"] in words(card)
    assert [one.text() for one in card.buttons.values() if one.isVisibleTo(card)] == buttons


def test_a_secret_goes_in_by_standard_input_and_is_forgotten_by_the_window(site: Open) -> None:
    desk = site()
    page = desk.show("keys")
    desk.press("Add", page.keys.list)
    sheet = desk.sheet()
    assert isinstance(sheet, SecretSheet)
    assert sheet.value.echoMode() == QLineEdit.EchoMode.Password
    sheet.name.setText("smtp")
    sheet.value.setText("canary-s3cret")
    sheet.places.set_value({"to": ["https://mail.plant.lan", ""]})
    desk.press("Store", sheet)
    assert desk.changes() == [("secrets", "set", "smtp", "--to", "https://mail.plant.lan", "--json")]
    assert desk.control.stdin == ["canary-s3cret"]
    assert sheet.value.text() == "" and "canary" not in str(desk.control.asked)


@pytest.mark.parametrize(
    ("name", "value", "to", "fault"),
    [("a b", "x", ["role:a"], "letters"), ("a", "", ["role:a"], "empty"), ("a", "x", [""], "Where may it go")],
)
def test_a_secret_that_makes_no_sense_is_refused_in_place(
    site: Open, name: str, value: str, to: list[str], fault: str
) -> None:
    desk = site()
    page = desk.show("keys")
    page.keys.ask_add()
    sheet = desk.sheet()
    assert isinstance(sheet, SecretSheet)
    sheet.name.setText(name)
    sheet.value.setText(value)
    sheet.places.set_value({"to": to})
    sheet._done()
    assert fault in sheet.say.text() and desk.control.changes() == []


def test_a_missing_secret_is_asked_for_with_the_places_that_need_it(site: Open) -> None:
    desk = site()
    page = desk.show("keys")
    page.desk._take("uses", NEEDED)
    page.show_tab("keys", "erp")
    desk.press("Add it…", page.keys.detail)
    sheet = desk.sheet()
    assert isinstance(sheet, SecretSheet)
    assert sheet.name.text() == "erp" and sheet.places.value() == {"to": ["mcp:mes"]}


@pytest.mark.parametrize(("keeper", "again", "first"), [("none", True, True), ("locked", False, True)])
def test_where_a_passphrase_is_needed_it_is_the_first_line(site: Open, keeper: str, again: bool, first: bool) -> None:
    desk = site(secrets_list=site_facts.keys(keeper))
    page = desk.show("keys")
    page.keys.ask_add("smtp")
    sheet = desk.sheet()
    assert isinstance(sheet, SecretSheet)
    sheet.value.setText("v")
    sheet.places.set_value({"to": ["role:a"]})
    sheet.pass1.setText("correct horse")
    if again:
        sheet._done()
        assert "differ" in sheet.say.text()
        sheet.pass2.setText("correct horse")
    sheet._done()
    assert desk.changes()[0][:5] == ("secrets", "set", "smtp", "--to", "role:a")
    assert desk.changes()[0][5:] == ("--passphrase-file", "-", "--json")
    assert desk.control.stdin == ["correct horse\nv"]


def test_locked_secrets_are_opened_with_their_passphrase(site: Open) -> None:
    desk = site(secrets_list=site_facts.keys("locked"))
    page = desk.show("keys")
    desk.press("Unlock…", page.keys.card)
    sheet = desk.sheet()
    assert isinstance(sheet, PassphraseSheet)
    sheet.first.setText("correct horse")
    desk.press("Unlock", sheet)
    assert desk.changes() == [("secrets", "unlock", "--passphrase-file", "-", "--json")]
    assert desk.control.stdin == ["correct horse\n"]
    assert page.keys.attention() >= 1


def test_where_a_secret_may_go_is_changed_as_a_whole(site: Open) -> None:
    desk = site()
    page = desk.show("keys", "mes-token")
    desk.press("Where it may go…", page.keys.detail)
    sheet = desk.sheet()
    assert isinstance(sheet, PlacesSheet)
    sheet.places.set_value({"to": ["mcp:mes"]})
    desk.press("Keep", sheet)
    assert desk.changes() == [("secrets", "bind", "mes-token", "--only", "--to", "mcp:mes", "--json")]


def test_a_secret_is_removed_after_it_was_said_who_needs_it(site: Open) -> None:
    desk = site()
    page = desk.show("keys", "anthropic")
    desk.press("Remove…", page.keys.detail)
    assert "cloud" in desk.sheet().words.text()
    desk.press("Remove", desk.sheet())
    assert desk.changes() == [("secrets", "remove", "anthropic", "--json")]


def test_a_secret_of_the_environment_warns_and_cannot_be_removed_here(site: Open) -> None:
    desk = site()
    page = desk.show("keys", "vendor")
    assert "may go anywhere" in words(page.keys.detail)
    assert not desk.button("Remove…", page.keys.detail).isEnabled()
    desk.press("Store another value…", page.keys.detail)
    sheet = desk.sheet()
    assert isinstance(sheet, SecretSheet) and not sheet.name.isReadOnly(), "a stored one takes its place"


def test_the_badge_counts_what_needs_somebody(site: Open) -> None:
    desk = site()
    counts: list[int] = []
    desk.page.badge_changed.connect(counts.append)
    page = desk.show("keys")
    page.desk._take("uses", NEEDED)
    assert counts[-1] == 1 + 1 + 2, "a role without its model, a server with a changed tool, two missing secrets"
