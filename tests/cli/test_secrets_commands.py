"""`signalboxctl secrets`: nothing is shown, nothing is an argument, nothing is kept where it is not safe unsaid."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))

import keyring
from cli_kit import Ctl, Done

from engine.cli import unseen
from engine.keys import changes
from engine.keys.sealed import Argon

VALUE, WORDS, OTHER = "s3cr3t-t0ken-value", "correct horse battery", "staple of another horse"
TO = ("--to", "https://mes.plant")
Say = Callable[..., Done]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person types unseen, in order."""
    lines: list[str] = []
    monkeypatch.setattr(unseen, "hidden", lambda prompt: lines.pop(0))
    return lines


@pytest.fixture
def say(ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Carry out a command line with this on standard input, and see that none of it is printed."""
    monkeypatch.setattr(changes, "new_argon", lambda: Argon(salt="00" * 16, time=1, memory_kib=8192, lanes=1))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("SIGNALBOX_PASSPHRASE", raising=False)

    def call(*args: object, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        done = ctl("secrets", *args)
        assert VALUE not in done.out + done.err and WORDS not in done.out + done.err
        return done

    return call


@pytest.fixture
def no_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import file_keyring

    monkeypatch.setenv("RING", str(tmp_path / "ring.json"))
    monkeypatch.setattr(keyring, "get_keyring", file_keyring.Keyring)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    (tmp_path / "words").write_text(WORDS + "\n")
    return tmp_path / "words"


def test_a_secret_is_stored_listed_bound_and_removed(say: Say, ring: None, data_dir: Path) -> None:
    assert say("list").out == "No secrets are stored.\n"
    done = say("set", "mes", *TO, "--json", stdin=VALUE + "\n")
    assert done.code == 0 and done.json["bound_to"] == ["https://mes.plant"]
    assert done.json["keeper"]["kind"] == "keyring"
    done = say("bind", "mes", "--to", "mqtt://broker", "--json")
    assert done.json["bound_to"] == ["https://mes.plant", "mqtt://broker"]
    assert say("bind", "mes", "--to", "https://x", "--only", "--json").json["bound_to"] == ["https://x"]
    shown = say("list", "--json").json
    assert shown["keeper"]["kind"] == "keyring" and shown["secrets"][0]["changed"] > 1e9
    assert {key: shown["secrets"][0][key] for key in ("name", "bound_to", "used_by")} == {
        "name": "mes", "bound_to": ["https://x"], "used_by": [],
    }  # fmt: skip
    from engine.keys import Vault

    assert Vault(data_dir).secret("mes", "https://x") == VALUE
    assert say("set", "mes", stdin="another value").code == 0, "its places are kept"
    assert say("list", "--json").json["secrets"][0]["bound_to"] == ["https://x"]
    assert say("remove", "mes", "--json").json == {"removed": "mes"}
    assert say("list", "--json").json["secrets"] == []


def test_without_a_keyring_it_says_so_and_stores_nothing(say: Say, no_ring: None, data_dir: Path) -> None:
    done = say("set", "mes", *TO, stdin=VALUE)
    assert done.code == 2 and "no keyring" in done.err and "--passphrase" in done.err
    assert not (data_dir / "secrets.json").exists()
    assert say("list", "--json").json["keeper"]["kind"] == "none"
    assert say("status").code == 0


def test_a_passphrase_is_chosen_in_so_many_words(say: Say, no_ring: None, typed: list[str], words: Path) -> None:
    typed += [WORDS, WORDS + "x"]
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patched:
        patched.setattr(unseen, "can_ask", lambda: True)
        done = say("set", "mes", *TO, "--passphrase", stdin=VALUE)
        assert done.code == 2 and "differ" in done.err
        typed += [WORDS, WORDS]
        assert say("set", "mes", *TO, "--passphrase", stdin=VALUE).code == 0
    assert say("list", "--json").json["keeper"]["kind"] == "locked"
    assert say("status").code == 2
    done = say("set", "two", *TO, stdin=VALUE)
    assert done.code == 2 and "nobody is here" in done.err
    assert say("set", "two", *TO, "--passphrase-file", words, stdin=VALUE).code == 0
    assert say("bind", "two", "--to", "https://x", "--passphrase-file", words).code == 0


def test_a_person_is_offered_a_passphrase(say: Say, no_ring: None, typed: list[str], monkeypatch: Any) -> None:
    import typer

    monkeypatch.setattr(unseen, "can_ask", lambda: True)
    asked: list[str] = []
    monkeypatch.setattr(typer, "confirm", lambda text, **more: asked.append(text) or False)
    done = say("set", "mes", *TO, stdin=VALUE)
    assert done.code == 2 and asked and "no keyring" in done.err and "Nothing is stored" in done.err


def test_the_passphrase_is_changed_and_moved_to_the_keyring(
    say: Say, no_ring: None, words: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    assert say("set", "mes", *TO, "--passphrase-file", words, stdin=VALUE).code == 0
    (tmp_path / "new").write_text(OTHER)
    done = say("passphrase", "--passphrase-file", words, "--new-file", tmp_path / "new", "--json")
    assert done.json["keeper"]["kind"] == "file"
    done = say("passphrase", "--passphrase-file", words, "--new-file", tmp_path / "new")
    assert done.code == 2 and "not the passphrase" in done.err
    done = say("passphrase", "--keyring", "--passphrase-file", tmp_path / "new")
    assert done.code == 2 and "no keyring" in done.err
    import file_keyring

    monkeypatch.setenv("RING", str(tmp_path / "ring.json"))
    monkeypatch.setattr(keyring, "get_keyring", file_keyring.Keyring)
    done = say("passphrase", "--keyring", "--passphrase-file", tmp_path / "new", "--json")
    assert done.json["keeper"]["kind"] == "keyring"
    assert say("status").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no folder of a session there")
def test_secrets_are_unlocked_for_a_session_and_locked_again(
    say: Say, no_ring: None, words: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "session").mkdir(mode=0o700)
    assert say("set", "mes", *TO, "--passphrase-file", words, stdin=VALUE).code == 0
    done = say("unlock", "--passphrase-file", words)
    assert done.code == 2 and "SIGNALBOX_PASSPHRASE" in done.err
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    assert say("unlock", "--passphrase-file", words, "--json").json["keeper"]["kind"] == "file"
    assert say("status").code == 0
    assert say("lock", "--json").json["keeper"]["kind"] == "locked"


REFUSED = [
    (("set", "mes"), "place"),
    (("set", "mes", "--to", "ftp://x"), "nothing that a secret can be bound to"),
    (("set", "a/b", *TO), "no name of a secret"),
    (("set", "mes", *TO, "extra"), "argument"),
    (("bind", "gone", *TO), "There is no secret 'gone'"),
    (("remove", "gone"), "There is no secret 'gone'"),
    (("unlock",), "nobody is here"),
    (("passphrase",), "No secrets are stored"),
]


@pytest.mark.parametrize(("args", "said"), REFUSED)
def test_what_makes_no_sense_is_refused_in_a_sentence(say: Say, ring: None, args: tuple[str, ...], said: str) -> None:
    done = say(*args, stdin=VALUE)
    assert done.code == 2 and said in done.err and done.out == ""


def test_short_secrets_are_refused_and_ones_in_the_clear_are_warned_of(say: Say, ring: None) -> None:
    assert "fewer than 4" in say("set", "mes", *TO, stdin="abc").err
    done = say("set", "mes", "--to", "http://mes.plant", "--to", "http://127.0.0.1:8000", stdin=VALUE)
    assert done.code == 0 and "http://mes.plant" in done.err and "127.0.0.1" not in done.err


def test_secrets_of_the_environment_are_listed_with_a_warning(say: Say, ring: None, monkeypatch: Any) -> None:
    monkeypatch.setenv("SIGNALBOX_SECRET_ERP_KEY", VALUE)
    one = say("list", "--json").json["secrets"][0]
    assert (one["name"], one["bound_to"]) == ("erp-key", ["anything"]) and "may go anywhere" in one["warning"]
    assert "may go anywhere" in say("list").err


FLOW = """
format: 1
name: post
nodes:
  post:
    type: http.request
    params: {url: "https://mes.plant/orders", headers: {X-Key: "secret://mes"}}
  ask:
    type: model.ask
    params: {role: big, prompt: hello}
  note:
    type: mcp.call
    params: {server: book, server_tool: write}
"""


def test_check_says_what_is_missing_and_list_who_uses_what(
    say: Say, ctl: Ctl, ring: None, data_dir: Path, workflow: Callable[[str], Path]
) -> None:
    settings = {
        "roles": {"big": {"model": "m", "url": "https://models.plant/v1", "key": "secret://big-key"}},
        "mcp_servers": {"book": {"command": ["/bin/book"], "env": {"BOOK": "secret://book"}}},
    }
    (data_dir / "settings.json").write_text(json.dumps(settings))
    file = workflow(FLOW)

    def found() -> set[tuple[str, str]]:
        listed = ctl("check", "--json", file).json[0]["problems"]
        return {(p["code"], p["node"]) for p in listed if "secret" in p["code"]}

    assert found() == {("missing-secret", "post"), ("missing-secret", "ask"), ("missing-secret", "note")}
    for name, to in (("mes", "https://evil.example"), ("big-key", "https://evil.example"), ("book", "mcp:other")):
        assert say("set", name, "--to", to, stdin=VALUE).code == 0
    assert found() == {("secret-not-bound", "post"), ("secret-not-bound", "ask"), ("secret-not-bound", "note")}
    for name, to in (("mes", "https://mes.plant"), ("big-key", "role:big"), ("book", "mcp:book")):
        assert say("bind", name, "--to", to).code == 0
    assert found() == set()
    ctl("check", "--add", file)
    used = {one["name"]: one["used_by"] for one in say("list", "--json").json["secrets"]}
    assert used["big-key"] == ["role:big"] and used["book"] == ["mcp:book"]


def test_check_says_before_a_run_that_the_secrets_are_locked(
    say: Say, ctl: Ctl, no_ring: None, words: Path, workflow: Callable[[str], Path]
) -> None:
    assert say("set", "mes", *TO, "--passphrase-file", words, stdin=VALUE).code == 0
    listed = ctl("check", "--json", workflow(FLOW)).json[0]["problems"]
    locked = [p for p in listed if p["code"] == "secrets-locked"]
    assert [p["node"] for p in locked] == ["post"] and "secrets unlock" in locked[0]["sentence"]
