"""The vault: what is stored, who can read it, and what becomes of keyrings, passphrases and files that go wrong."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import file_keyring
import keyring
import keyring.backends.null
import pytest

from engine.errors import Refused, StepError
from engine.keys import Vault, changes
from engine.keys.file import FILE
from engine.keys.status import keeper
from engine.keys.system import Unusable
from engine.keys.vault import Locked
from engine.platform import WINDOWS
from engine.settings import McpServer, RoleSetting, Settings
from engine.tools.secrets import Secrets

VALUE = "s3cr3t-t0ken-value"
WORDS, OTHER = "correct horse battery", "staple of another horse"
MES = "https://mes.plant"


def put(vault: Vault, name: str = "mes", value: str = VALUE, to: str = MES, **more: Any) -> None:
    changes.put(vault, name, value, (to,), now=1.5, **more)


def fresh(vault: Vault, **environment: str) -> Vault:
    """The same folder, as another program sees it."""
    return Vault(vault.data_dir, environment=environment, keyring_s=vault.keyring_s)


def fault(vault: Vault, name: str = "mes", to: str = MES) -> StepError:
    with pytest.raises(StepError) as failed:
        vault.secret(name, to)
    assert failed.value.retryable is False
    return failed.value


def test_a_secret_is_stored_under_a_key_in_the_keyring_and_read_by_another_program(vault: Vault, ring: Any) -> None:
    put(vault)
    assert fresh(vault).secret("mes", f"{MES}/orders") == VALUE
    raw = (vault.data_dir / FILE).read_bytes()
    assert VALUE.encode() not in raw and list(ring.kept) == [f"Signalbox/{vault.file().vault}"]
    assert len(next(iter(ring.kept.values()))) == 44, "32 bytes: every keyring keeps as much"
    assert keeper(fresh(vault))[0] == "keyring"


@pytest.mark.skipif(WINDOWS, reason="the folder says who may read there")
def test_only_its_owner_may_read_the_file_also_after_a_change(vault: Vault, ring: Any) -> None:
    put(vault)
    (vault.data_dir / FILE).chmod(0o644)
    put(vault, "other")
    assert stat.S_IMODE((vault.data_dir / FILE).stat().st_mode) == 0o600


VALUES = ["abcd", "x" * 1400, "-----BEGIN KEY-----\nline\n-----END KEY-----\n", ' pä"\\\t\U0001f511 ', "\ud800half"]


@pytest.mark.parametrize("value", VALUES, ids=["short", "1,400", "lines", "odd", "half a pair"])
def test_any_text_comes_back_as_it_was(vault: Vault, ring: Any, value: str) -> None:
    put(vault, value=value)
    assert fresh(vault).secret("mes", MES) == value


@pytest.mark.parametrize("value", ["", "abc", "x" * 70_000, "ab\0cd"])
def test_what_cannot_be_kept_is_refused_and_nothing_changes(vault: Vault, ring: Any, value: str) -> None:
    with pytest.raises(Refused):
        put(vault, value=value)
    assert not (vault.data_dir / FILE).exists() and ring.kept == {}


def test_a_secret_goes_nowhere_else(vault: Vault, ring: Any) -> None:
    put(vault)
    for to in ("https://evil.example", "http://mes.plant", "https://mes.plant:8443", "mcp:mes", "program:x\n", ""):
        error = fault(fresh(vault), to=to)
        assert error.cls == "permission" and MES in error.message and VALUE not in error.message


def test_a_key_of_a_role_stays_with_the_address_that_the_role_has_now(vault: Vault, ring: Any) -> None:
    role = RoleSetting(model="m", url="https://models.plant/v1", key="secret://mes")
    bound = changes.bindings(["role:big"], Settings(roles={"big": role}))
    assert bound == ("role:big@https://models.plant/v1",)
    changes.put(vault, "mes", VALUE, bound, now=1.0)
    assert vault.secret("mes", "role:big@https://models.plant/v1") == VALUE
    assert fault(vault, to="role:big@https://evil.example/v1").cls == "permission", "moved to another host"
    assert fault(vault, to="role:small@https://models.plant/v1").cls == "permission"


def test_what_a_server_of_tools_gets_stays_with_its_address(vault: Vault) -> None:
    settings = Settings(
        mcp_servers={"far": McpServer(url="https://t.plant/mcp?x=1"), "near": McpServer(command=("p",))}
    )
    assert changes.bindings(["mcp:far", "mcp:near", "mcp:new"], settings) == (
        "mcp:far@https://t.plant/mcp", "mcp:near", "mcp:new",
    )  # fmt: skip
    for wrong in ("role:gone", "role:small"):
        with pytest.raises(Refused, match=r"Set up the role first\."):
            changes.bindings([wrong], settings)


def test_a_secret_that_is_an_address_goes_where_that_says(vault: Vault, ring: Any) -> None:
    put(vault, value="postgresql://u:pw@db/orders", to="postgresql://db/orders")
    assert vault.secret("mes", "its own address").startswith("postgresql://u")
    put(vault, value="postgresql://u:pw@evil/orders", to="postgresql://db/orders")
    assert "the address that it is" in fault(vault, to="its own address").message


def test_the_environment_comes_first_and_what_is_stored_says_where_it_may_go(vault: Vault, ring: Any) -> None:
    put(vault)
    other = fresh(vault, SIGNALBOX_SECRET_MES="from-outside", SIGNALBOX_SECRET_LOOSE_ONE="anywhere")
    assert other.secret("mes", MES) == "from-outside"
    assert fault(other, to="https://evil.example").cls == "permission"
    assert other.secret("loose-one", "https://any.example") == "anywhere"
    assert "secrets set gone" in fault(other, "gone").message


def test_without_a_keyring_nothing_is_stored_in_its_place(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (keyring.backends.null.Keyring(), keyring.backends.fail.Keyring()):
        monkeypatch.setattr(keyring, "get_keyring", lambda one=one: one)
        with pytest.raises(Unusable):
            put(vault)
        assert list(vault.data_dir.glob("secrets.json*")) == []
        kind, sentence = keeper(fresh(vault))
        assert kind == "none" and "--passphrase" in sentence


def test_a_keyring_that_writes_plain_text_is_refused_by_name(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = type("PlaintextKeyring", (keyring.backends.null.Keyring,), {"__module__": "keyrings.alt.file"})
    monkeypatch.setattr(keyring, "get_keyring", plain)
    with pytest.raises(Unusable, match=r"keyrings\.alt\.file\.PlaintextKeyring"):
        put(vault)


@pytest.mark.parametrize(
    ("mood", "said"), [("locked", "is locked"), ("broken", "RuntimeError"), ("silent", "did not answer")]
)
def test_a_keyring_that_does_not_answer_locks_the_secrets_for_now(
    vault: Vault, ring: Any, mood: str, said: str
) -> None:
    put(vault)
    ring.mood(mood)
    other = fresh(vault)
    other.keyring_s = 0.3
    error = fault(other)
    assert error.cls == "permission" and said in error.message and "\n" not in error.message
    assert keeper(other)[0] == "locked"
    with pytest.raises(Locked):
        changes.put(other, "two", VALUE, (MES,), now=2.0)
    file_keyring.Keyring.open.set()
    ring.mood("")
    assert fresh(vault).secret("mes", MES) == VALUE


def test_a_keyring_that_keeps_nothing_is_found_out_before_anything_is_stored(vault: Vault, ring: Any) -> None:
    ring.mood("forgetful")
    with pytest.raises(Unusable, match="does not give back"):
        put(vault)
    assert vault.file() is None


def test_another_user_or_pc_cannot_read_them(vault: Vault, ring: Any) -> None:
    put(vault)
    ring.empty()
    assert "another user or PC" in fault(fresh(vault)).message


def test_waiting_for_a_keyring_does_not_hold_up_the_engine(vault: Vault, ring: Any) -> None:
    put(vault)
    ring.mood("silent")
    other = fresh(vault)

    async def main() -> int:
        turns = 0
        asked = asyncio.ensure_future(Secrets(other).fill("Bearer secret://mes", MES))
        while not asked.done():
            turns += 1
            await asyncio.sleep(0.001)
            if turns == 50:
                file_keyring.Keyring.open.set()
        assert await asked == f"Bearer {VALUE}"
        return turns

    assert asyncio.run(main()) >= 50


def test_a_passphrase_opens_and_a_wrong_one_does_not(vault: Vault) -> None:
    put(vault, passphrase=WORDS)
    assert fresh(vault, SIGNALBOX_PASSPHRASE=WORDS).secret("mes", MES) == VALUE
    for given in ({}, {"SIGNALBOX_PASSPHRASE": OTHER}):
        error = fault(fresh(vault, **given))
        assert error.cls == "permission" and "secrets unlock" in error.message
        assert keeper(fresh(vault, **given))[0] == "locked"
    with pytest.raises(Refused, match="at least 10"):
        changes.rekey(vault, "too short")


def test_a_passphrase_may_be_in_a_file(vault: Vault, tmp_path: Path) -> None:
    put(vault, passphrase=WORDS)
    (tmp_path / "words").write_text(f"{WORDS}\nsecond line\n")
    assert fresh(vault, SIGNALBOX_PASSPHRASE_FILE=str(tmp_path / "words")).secret("mes", MES) == VALUE
    assert "cannot be read" in fault(fresh(vault, SIGNALBOX_PASSPHRASE_FILE=str(tmp_path / "gone"))).message


def test_a_new_passphrase_opens_everything_and_the_old_one_nothing(vault: Vault) -> None:
    put(vault, passphrase=WORDS)
    put(vault, "two", "another value")
    before = vault.file()
    changes.rekey(vault, OTHER)
    assert vault.file().vault != before.vault
    assert {one.data for one in vault.file().secrets.values()}.isdisjoint(one.data for one in before.secrets.values())
    other = fresh(vault, SIGNALBOX_PASSPHRASE=OTHER)
    assert (other.secret("mes", MES), other.secret("two", MES)) == (VALUE, "another value")
    assert fault(fresh(vault, SIGNALBOX_PASSPHRASE=WORDS)).cls == "permission"


def test_a_running_engine_goes_on_with_a_new_key_once_it_can_have_it(vault: Vault, ring: Any) -> None:
    put(vault, passphrase=WORDS)
    running = fresh(vault, SIGNALBOX_PASSPHRASE=WORDS)
    assert running.secret("mes", MES) == VALUE
    changes.rekey(vault, None)
    assert running.secret("mes", MES) == VALUE, "the keyring has it now"
    assert len(ring.kept) == 1
    changes.rekey(vault, OTHER)
    assert ring.kept == {}, "the old key is gone from there"
    assert fault(running).cls == "permission"


@pytest.mark.skipif(WINDOWS, reason="no folder of a session there")
def test_what_is_unlocked_stays_so_for_this_session(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vault, passphrase=WORDS)
    with pytest.raises(Refused, match="SIGNALBOX_PASSPHRASE"):
        changes.unlock_for_later(vault, vault.file())
    session = tmp_path / "session"
    session.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    changes.unlock_for_later(vault, vault.file())
    assert fresh(vault).secret("mes", MES) == VALUE
    assert [stat.S_IMODE(one.stat().st_mode) for one in session.rglob("*") if one.is_file()] == [0o600]
    session.chmod(0o755)
    assert fault(fresh(vault)).cls == "permission", "others could have read it there"


def damage(file: Path, change: Any) -> bytes:
    value = json.loads(file.read_bytes())
    change(value)
    file.write_text(json.dumps(value))
    return file.read_bytes()


BROKEN = {
    "no json": lambda file: file.write_bytes(b'{"format": 1'),
    "empty": lambda file: file.write_bytes(b""),
    "newer": lambda file: damage(file, lambda value: value.update(format=2)),
    "more": lambda file: damage(file, lambda value: value.update(other=1)),
    "all memory": lambda file: damage(file, lambda v: v.update(argon2id={"salt": "0" * 32, "memory_kib": 10**9})),
    "bytes": lambda file: file.write_bytes(b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_damaged_file_is_refused_and_kept(vault: Vault, ring: Any, how: str) -> None:
    put(vault)
    file = vault.data_dir / FILE
    BROKEN[how](file)
    left = file.read_bytes()
    assert "damaged" in fault(fresh(vault)).message
    for change in (lambda: put(fresh(vault)), lambda: changes.remove(fresh(vault), "mes")):
        with pytest.raises(Refused, match="damaged"):
            change()
    assert file.read_bytes() == left


TAMPERED = {
    "where it may go": lambda v: v["secrets"]["mes"].update(bound_to=["https://evil.example"]),
    "when": lambda v: v["secrets"]["mes"].update(changed=99.0),
    "the name": lambda v: v["secrets"].update(mes=v["secrets"]["other"]),
    "the value": lambda v: v["secrets"]["mes"].update(data="AAAA" + v["secrets"]["mes"]["data"][4:]),
    "no base64": lambda v: v["secrets"]["mes"].update(nonce="!"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_who_changes_a_record_without_the_key_makes_it_unreadable(vault: Vault, ring: Any, what: str) -> None:
    put(vault)
    put(vault, "other", "another value")
    damage(vault.data_dir / FILE, TAMPERED[what])
    assert "damaged" in fault(fresh(vault), to="https://evil.example").message
    if what != "the name":
        assert fresh(vault).secret("other", MES) == "another value"


def test_two_programs_that_write_at_once_lose_nothing(vault: Vault, ring: Any) -> None:
    put(vault)
    failed: list[Exception] = []

    def write(who: str) -> None:
        try:
            for number in range(10):
                put(fresh(vault), f"{who}{number}")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(who,)) for who in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and len(vault.file().secrets) == 21
    assert fresh(vault).secret("b9", MES) == VALUE


def test_a_secret_that_is_removed_or_changed_counts_at_once(vault: Vault, ring: Any) -> None:
    put(vault)
    running = fresh(vault)
    assert running.secret("mes", MES) == VALUE
    put(vault, value="the next value")
    assert running.secret("mes", MES) == "the next value"
    changes.bind(vault, "mes", ("https://other.plant",), now=3.0)
    assert fault(running).cls == "permission" and running.secret("mes", "https://other.plant") == "the next value"
    changes.remove(vault, "mes")
    assert fault(running).cls == "not_found"


def test_a_run_without_secrets_loads_none_of_the_libraries() -> None:
    code = (
        "import sys, asyncio, tempfile, pathlib, engine.host, engine.cli.app, engine.observe.site as site\n"
        "from engine.keys import Vault\nfrom engine.settings import Settings\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "vault = Vault(folder, environment={'SIGNALBOX_SECRET_A': 'from-outside'})\n"
        "assert vault.secret('a', 'x') == 'from-outside'\n"
        "site.site_of(folder, Settings(), None)\n"
        "print(sorted({'keyring', 'cryptography', 'argon2'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("alias", ["plant.mes", "PLANT-MES", "plant_mes", "Plant.Mes"])
def test_another_name_of_the_same_variable_does_not_take_a_secret_elsewhere(
    vault: Vault, ring: Any, alias: str
) -> None:
    put(vault, "plant-mes")
    again = fresh(vault, SIGNALBOX_SECRET_PLANT_MES="from the environment")
    assert again.secret(alias, MES) == "from the environment"
    with pytest.raises(StepError, match="not for"):
        again.secret(alias, "https://other.example")
