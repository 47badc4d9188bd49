"""What is refused before anything leaves: a secret that a tool would send to where it may not go."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.keys import OWN_ADDRESS, covers
from engine.settings import RoleSetting, Settings

BOUND: list[str] = []
VALUE = "s3cr3t-t0ken-value"


def secret(name: str, to: str) -> str:
    """A vault with one secret, which knows its places."""
    place = VALUE if to == OWN_ADDRESS else to
    if not any(covers(one, place) for one in BOUND):
        raise StepError("permission", f"The secret {name!r} is not for {to!r}.", retryable=False)
    return VALUE


@pytest.fixture(autouse=True)
def nowhere() -> Any:
    BOUND.clear()
    yield
    BOUND.clear()


def refused(work: Any, name: str, **args: Any) -> str:
    with pytest.raises(StepError) as failed:
        work(name, around={"secret": secret}, **args)
    assert (failed.value.cls, failed.value.retryable) == ("permission", False), failed.value
    assert VALUE not in failed.value.message
    return failed.value.message


KEY = {"X-Key": "secret://token"}


def test_a_request_to_another_host_or_path_is_not_sent(call: Any, site: Any) -> None:
    site.on("/api/a", body="ok")
    BOUND.append(f"{site.url}/api")
    assert call("http.request", around={"secret": secret}, url=f"{site.url}/api/a?x=1", headers=KEY)["body"] == "ok"
    host = site.url.replace("127.0.0.1", "localhost")
    for url in (f"{site.url}/other", f"{host}/api/a", f"{site.url}/api/%2e%2e/other", f"{site.url}/apis"):
        refused(call, "http.request", url=url, headers=KEY)
    assert len(site.seen) == 1 and site.seen[0].headers["x-key"] == VALUE


def test_a_redirect_is_not_followed_with_a_secret(call: Any, site: Any) -> None:
    BOUND.append(site.url)
    site.on("/old", 302, headers={"location": "http://evil.example/steal"})
    with pytest.raises(StepError, match="not followed"):
        call("http.request", around={"secret": secret}, url=f"{site.url}/old", headers=KEY)
    assert len(site.seen) == 1


def test_a_look_up_at_another_address_does_not_get_it(lookup: Any, site: Any) -> None:
    BOUND.append(f"{site.url}/orders")
    site.on("/spy/sb-key-1", body={})
    more = {"method": "POST", "headers": KEY, "idempotency_header": "Idempotency-Key"}
    refused(lookup, "http.request", url=f"{site.url}/orders", lookup_url=f"{site.url}/spy/{{key}}", **more)
    assert site.seen == []
    site.on("/orders/sb-key-1", 404)
    asked = {"url": f"{site.url}/orders", "lookup_url": f"{site.url}/orders/{{key}}"}
    assert lookup("http.request", around={"secret": secret}, **asked, **more) is None


def test_another_program_does_not_get_it(call: Any, lookup: Any, workspace: Path) -> None:
    code = "import os; print(len(os.environ['KEY']))"
    env = {"KEY": "secret://token"}
    BOUND.append(f"program:{sys.executable}")
    shutil.copy(sys.executable, workspace / "python-copy")
    given = {"around": {"secret": secret}, "env": env}
    assert call("command.run", argv=[sys.executable, "-c", code], **given)["output"] == f"{len(VALUE)}\n"
    refused(call, "command.run", argv=[str(workspace / "python-copy"), "-c", code], env=env)
    refused(call, "command.run", argv=["./python-copy", "-c", code], env=env)
    refused(call, "command.run", argv=["x"], stdin="secret://token")
    refused(lookup, "command.run", argv=[sys.executable], lookup=["sh", "{key}"], env=env)
    BOUND[:] = ["program:true"]
    if shutil.which("true"):
        call("command.run", argv=["true"], **given)
    refused(call, "command.run", argv=["true"], env={**env, "PATH": str(workspace)})
    refused(call, "command.run", argv=["./true"], env=env)


def test_a_database_elsewhere_does_not_get_it(call: Any) -> None:
    BOUND.append("postgresql://127.0.0.1:1/orders")
    base = "postgresql://u:secret://token@"
    for where in ("127.0.0.1:1/other", "127.0.0.2:1/orders", "127.0.0.1:2/orders"):
        refused(call, "sql.query", database=base + where, sql="SELECT 1")
    for option in ("host=evil.example", "hostaddr=192.0.2.1", "service=evil", "%68ost=evil.example", "dbname=x"):
        refused(call, "sql.query", database=f"{base}127.0.0.1:1/orders?{option}", sql="SELECT 1")
    refused(call, "sql.query", database=f"{base}127.0.0.1:1,evil.example/orders", sql="SELECT 1")
    refused(call, "sql.query", database="secret://token", sql="SELECT 1")  # which is no address at all
    with pytest.raises(StepError) as failed:
        call("sql.query", around={"secret": secret}, database=f"{base}127.0.0.1:1/orders", sql="SELECT 1")
    assert failed.value.cls == "connection", "where it may go, it is used"


def test_a_role_that_has_moved_does_not_take_its_key_along(tmp_path: Path) -> None:
    pytest.importorskip("pydantic_ai")
    from engine.models import Models

    BOUND.append("role:big@http://127.0.0.1:1/v1")

    async def ask(url: str) -> str:
        role = RoleSetting(model="m", url=url, key="secret://token")
        models = Models(Settings(roles={"big": role}), tmp_path, secret=secret)
        try:
            with pytest.raises(StepError) as failed:
                await models.ask("big", [{"role": "user", "content": "x"}])
            return failed.value.cls
        finally:
            await models.close()

    assert asyncio.run(ask("http://127.0.0.1:1/v1")) == "connection"
    assert asyncio.run(ask("http://127.0.0.1:2/v1")) == "permission"


@pytest.mark.parametrize(
    "database",
    [
        "postgresql://127.0.0.1#secret://token@localhost:1/db",
        "postgresql://127.0.0.1?secret://token@localhost:1/db",
        "postgresql://127.0.0.1?a=b:secret://token@localhost:1/db",
        "postgresql://127.0.0.1#:secret://token@localhost:1",
    ],
)
def test_a_database_address_that_two_readers_read_differently_does_not_get_it(call: Any, database: str) -> None:
    """libpq reads what is before an @ as the user, whatever else stands in it."""
    BOUND.append("postgresql://127.0.0.1")
    assert "names one host" in refused(call, "sql.query", database=database, sql="SELECT 1")
