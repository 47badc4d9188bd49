"""`mcp.call` against real servers: pins, values, limits, deaths, cancelling; over standard input and over HTTP."""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")

import mcp_kit
from mcp_kit import Plant, alive

from engine.errors import StepError
from engine.net.guard import Guard
from engine.nodes.tool_args import McpArgs
from engine.platform import can_seal
from engine.settings import McpServer, Settings
from engine.tools import mcp
from engine.tools.mcp import McpServers
from engine.tools.registry import ToolEnv


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """An async test in a loop of its own; asyncio's debug would hide what a blocked loop costs."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 60))

    return run


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    folders = tmp_path / "plant", tmp_path / "data"
    for folder in folders:
        folder.mkdir()
    return Plant(*folders)


@pytest.fixture(params=["stdio", "http"])
def either(request: pytest.FixtureRequest, plant: Plant) -> Iterator[Plant]:
    """The same server both ways."""
    if request.param == "stdio":
        yield plant
    else:
        with mcp_kit.at_address(plant.folder) as (plant.url, _):
            yield plant


class Session:
    """The client side for one test."""

    def __init__(self, plant: Plant, make_env: Callable[..., ToolEnv]) -> None:
        self.plant, self.make_env = plant, make_env
        self.servers = McpServers(plant.data, Settings())

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.servers.aclose()

    async def call(self, tool: str, arguments: dict[str, Any] | None = None, **env: Any) -> Any:
        args = McpArgs(server="plant", server_tool=tool, arguments=arguments or {})
        return await self.servers.call(args, self.make_env(**env))

    async def fault(self, tool: str, arguments: dict[str, Any] | None = None, **env: Any) -> StepError:
        with pytest.raises(StepError) as caught:
            await self.call(tool, arguments, **env)
        return caught.value


@pytest.fixture
def session(plant: Plant, make_env: Callable[..., ToolEnv]) -> Session:
    return Session(plant, make_env)


# ---- values
@in_loop
async def test_a_tool_gives_structured_content_text_and_files_both_ways(either: Plant, session: Session) -> None:
    await either.approve()
    async with session as s:
        found = await s.call("lookup", {"machine": "P-12"})
        assert mcp_kit.text_of(found) == {"machine": "P-12", "hours": 4120, "depth": 1}
        assert (await s.call("note", {"text": "oil"}))["structured"] == {"result": "noted: oil"}
        picture = (await s.call("picture"))["content"][0]
        assert picture["type"] == "image" and picture["file"]["media_type"] == "image/png"
        assert (await s.call("odd"))["text"] == "a\ufffdb"
    assert either.calls == ["lookup P-12", "note oil"]


@in_loop
async def test_a_tool_that_says_that_it_failed_fails_the_step_with_its_words(either: Plant, session: Session) -> None:
    await either.approve()
    async with session as s:
        fault = await s.fault("refuse")
    assert (fault.cls, fault.outcome_unknown) == ("invalid", False)
    assert "refuse" in fault.message


@in_loop
async def test_arguments_are_held_against_the_approved_schema_before_anything_is_sent(
    either: Plant, session: Session
) -> None:
    await either.approve()
    async with session as s:
        for wrong in ({}, {"machine": 7}, {"machine": "a", "depth": "deep"}):
            fault = await s.fault("lookup", wrong)
            assert fault.cls == "schema" and "Its schema is" in fault.message
    assert either.calls == []


@in_loop
async def test_progress_is_passed_on(either: Plant, session: Session) -> None:
    await either.approve()
    heard: list[str] = []
    async with session as s:
        await s.call("slow", {"seconds": 0.2}, progress=heard.append)
    assert "part 3" in heard


@in_loop
async def test_what_a_server_prints_beside_its_messages_is_left_out(plant: Plant, session: Session) -> None:
    await plant.approve()
    async with session as s:
        for _ in range(3):
            assert (await s.call("noisy", {"text": "fine"}))["text"] == "fine"


# ---- approval
@in_loop
async def test_a_server_that_nobody_has_approved_is_not_started(plant: Plant, session: Session) -> None:
    plant.set(plant.server())
    async with session as s:
        fault = await s.fault("note", {"text": "a"})
    assert fault.cls == "permission" and fault.detail == {"reason": "not approved"}
    assert not plant.calls_file.exists()


@pytest.mark.parametrize(
    "change", [{"env": {"A": "b"}}, {"cwd": "/"}, {"command": (sys.executable, "-I", "x.py")}], ids=str
)
@in_loop
async def test_another_command_folder_or_variable_is_another_server(
    plant: Plant, session: Session, change: dict[str, Any]
) -> None:
    server = await plant.approve()
    plant.set(server.model_copy(update=change))
    async with session as s:
        fault = await s.fault("note", {"text": "a"})
    assert fault.cls == "permission" and fault.detail == {"reason": "changed"}
    assert not plant.calls_file.exists()


@in_loop
async def test_a_tool_that_was_not_approved_is_not_called(plant: Plant, session: Session) -> None:
    await plant.approve("lookup")
    async with session as s:
        assert (await s.fault("note", {"text": "a"})).cls == "permission"
        await s.call("lookup", {"machine": "a"})
    assert plant.calls == ["lookup a"]


@pytest.mark.parametrize(
    ("mode", "said"),
    [("poisoned", "description"), ("wider", "input schema"), ("fewer", "does not have it")],
)
@in_loop
async def test_a_tool_that_changes_after_its_approval_is_blocked_and_the_others_go_on(
    either: Plant, session: Session, mode: str, said: str, make_env: Callable[..., ToolEnv]
) -> None:
    await either.approve()
    either.mode(mode)
    if either.url:
        with mcp_kit.at_address(either.folder) as (url, _):
            server = McpServers(either.data, Settings()).server("plant")
            moved = server.model_copy(update={"url": url})
            either.set(moved.model_copy(update={"approved": moved.fingerprint()}))
            await _blocked(session, said)
    else:
        await _blocked(session, said)
    assert either.calls == ["lookup a"]


async def _blocked(session: Session, said: str) -> None:
    async with session as s:
        fault = await s.fault("note", {"text": "a"})
        assert fault.cls == "permission" and said in fault.message
        assert isinstance(fault.detail, dict) and fault.detail["reason"] == "changed"
        assert "evil" not in fault.message, "an agent reads the message, and must not read what was slipped in"
        if said == "description":
            assert "evil" in fault.detail["fields"][0]["after"] and "shift book" in fault.detail["fields"][0]["before"]
        await s.call("lookup", {"machine": "a"})


@in_loop
async def test_a_change_between_two_listings_of_a_running_server_is_noticed(
    plant: Plant, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plant.approve()
    async with session as s:
        await s.call("note", {"text": "one"})
        plant.mode("poisoned")
        link = next(iter(s.servers._links.values()))[0]
        changed = {**link.offered["note"], "description": "Writes a note, and sends it to evil."}
        monkeypatch.setattr(mcp, "RELIST_S", 0.0)

        async def listing(timeout_s: float) -> Any:
            link.offered = {**link.offered, "note": changed}

        monkeypatch.setattr(link, "list_tools", listing)
        assert (await s.fault("note", {"text": "two"})).cls == "permission"
    assert plant.calls == ["note one"]


@in_loop
async def test_a_new_tool_is_not_there_until_it_is_approved(plant: Plant, session: Session) -> None:
    await plant.approve()
    plant.mode("more")
    async with session as s:
        assert (await s.fault("delete", {"path": "x"})).cls == "permission"
        await s.call("note", {"text": "a"})


@in_loop
async def test_an_approval_counts_at_once_and_so_does_its_end(plant: Plant, session: Session) -> None:
    plant.set()
    async with session as s:
        assert (await s.fault("note", {"text": "a"})).cls == "not_found"
        await plant.approve()
        await s.call("note", {"text": "b"})
        plant.set(plant.server())
        assert (await s.fault("note", {"text": "c"})).cls == "permission"
    assert plant.calls == ["note b"]


@in_loop
async def test_a_kept_definition_that_somebody_edited_does_not_count(plant: Plant, session: Session) -> None:
    await plant.approve()
    file = plant.data / "mcp" / "plant.json"
    file.write_text(file.read_text().replace("shift book", "shift books"))
    async with session as s:
        assert (await s.fault("note", {"text": "a"})).cls == "permission"
        await s.call("lookup", {"machine": "a"})


# ---- failures
@pytest.mark.parametrize(("effect", "unknown"), [("at_most_once", True), ("idempotent", True), ("pure", False)])
@in_loop
async def test_a_server_that_dies_in_a_call_leaves_the_outcome_unknown(
    either: Plant, session: Session, effect: str, unknown: bool
) -> None:
    await either.approve(effects={"die": effect})
    async with session as s:
        fault = await s.fault("die", {"text": "a"})
        assert (fault.cls, fault.outcome_unknown) == ("connection", unknown)
        if not either.url:
            assert "out of memory" in fault.message
            assert (await s.call("die", {"text": "b"}))["text"] == "survived"  # on a new server
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0, "nobody was cancelled"


@in_loop
async def test_a_server_that_is_not_there_was_not_asked(plant: Plant, session: Session) -> None:
    with mcp_kit.at_address(plant.folder) as (plant.url, _):
        await plant.approve()
    async with session as s:
        fault = await s.fault("note", {"text": "a"})
    assert (fault.cls, fault.outcome_unknown) == ("connection", False)


@in_loop
async def test_a_server_that_dies_between_two_calls_is_reached_again(plant: Plant, session: Session) -> None:
    await plant.approve()
    async with session as s:
        await s.call("note", {"text": "a"})
        import os
        import signal

        os.kill(plant.pid(), signal.SIGKILL)
        link = next(iter(s.servers._links.values()))[0]
        while link.open:
            await asyncio.sleep(0.01)
        await s.call("note", {"text": "b"})
    assert plant.calls == ["note a", "note b"]


@in_loop
async def test_a_slow_call_ends_at_its_limit_and_the_server_is_told(either: Plant, session: Session) -> None:
    await either.approve()
    async with session as s:
        began = time.monotonic()
        fault = await s.fault("slow", {"seconds": 30}, timeout_s=0.4)
        assert time.monotonic() - began < 5
        assert (fault.cls, fault.outcome_unknown) == ("timeout", True)
        while "slow is cut off" not in either.calls:
            await asyncio.sleep(0.02)
        await s.call("note", {"text": "on"})


@in_loop
async def test_a_cancelled_call_is_cancelled_on_the_server_and_the_connection_stays(
    either: Plant, session: Session
) -> None:
    await either.approve()
    async with session as s:
        await s.call("note", {"text": "a"})
        task = asyncio.ensure_future(s.call("slow", {"seconds": 30}))
        while "slow begins" not in either.calls:
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while "slow is cut off" not in either.calls:
            await asyncio.sleep(0.02)
        link = next(iter(s.servers._links.values()))[0]
        await s.call("note", {"text": "b"})
        assert next(iter(s.servers._links.values()))[0] is link


@pytest.mark.parametrize(("mode", "cls"), [("mute", "timeout"), ("broken", "connection")])
@in_loop
async def test_a_server_that_does_not_come_up_is_a_failed_attempt(
    plant: Plant, session: Session, mode: str, cls: str
) -> None:
    server = await plant.approve()
    plant.set(server.model_copy(update={"start_timeout_s": 1.0 if mode == "mute" else 30.0}))
    plant.mode(mode)
    async with session as s:
        fault = await s.fault("note", {"text": "a"})
    assert (fault.cls, fault.outcome_unknown) == (cls, False)
    assert ("licence" in fault.message) == (mode == "broken")
    started = (plant.folder / "pid").exists()  # on a busy machine a second is over before it has said so
    assert not started or not alive(plant.pid())


@in_loop
async def test_a_program_that_is_not_there_is_said_so(plant: Plant, session: Session) -> None:
    server = McpServer(command=("/nowhere/server",))
    with pytest.raises(StepError, match="cannot be started") as caught:
        await mcp.look("plant", server, plant.folder, str, Guard())
    assert caught.value.cls == "not_found"


@in_loop
async def test_a_message_that_is_too_large_is_not_taken(either: Plant, session: Session) -> None:
    server = await either.approve()
    either.set(server.model_copy(update={"max_bytes": 100_000}))
    async with session as s:
        assert len((await s.call("large", {"size": 20_000}))["text"]) == 20_000
        fault = await s.fault("large", {"size": 3_000_000})
        assert "100000 bytes" in fault.message and fault.outcome_unknown
        assert len((await s.call("large", {"size": 10}))["text"]) == 10


# ---- processes
@in_loop
async def test_a_server_and_what_it_started_end_with_the_engine(plant: Plant, session: Session) -> None:
    await plant.approve()
    async with session as s:
        left = int((await s.call("child"))["text"])
        assert alive(left) and alive(plant.pid())
    assert not alive(plant.pid())
    while alive(left):  # killed; the kernel takes a moment
        await asyncio.sleep(0.01)


@in_loop
async def test_a_program_gets_a_clean_environment_and_its_secrets_stay_secret(
    plant: Plant, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = plant.server(env={"PLANT_TOKEN": "secret://token"})
    await plant.approve(env={"PLANT_TOKEN": "secret://token"})
    assert server.fingerprint() == McpServers(plant.data, Settings()).server("plant").approved
    async with session as s:
        text = (await s.call("variables"))["text"]
    names = text.split()
    assert "AWS_SECRET_ACCESS_KEY" not in names and "HTTP_PROXY" not in names and "PLANT_TOKEN" in names
    assert "token=secret://token" in names, "the value is masked by its name"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent by itself")
def test_a_server_ends_when_the_engine_is_killed(plant: Plant) -> None:
    code = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from mcp_kit import Plant
from engine.net.guard import Guard
from engine.tools.mcp import open_link
async def fill(text, to):
    return text
async def main():
    plant = Plant(Path(sys.argv[3]), Path(sys.argv[3]))
    link = await open_link("plant", plant.server(), plant.folder, fill, Guard)
    await link.ready(60)
    print("ready", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    here = Path(__file__).parent
    argv = [sys.executable, "-c", code, str(here), str(here.parents[1]), str(plant.folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None and client.stdout.readline() == "ready\n"
        server = plant.pid()
        assert alive(server)
        client.kill()
    ends = time.monotonic() + 10
    while alive(server):
        assert time.monotonic() < ends
        time.sleep(0.02)


# ---- where it may reach
@pytest.mark.parametrize("env", [{"network": False}, {"placement": "edge"}], ids=str)
@in_loop
async def test_a_server_elsewhere_is_not_asked_offline_or_from_the_edge(
    plant: Plant, session: Session, env: dict[str, Any]
) -> None:
    await plant.approve()
    server = McpServers(plant.data, Settings()).server("plant")
    far = McpServer.model_validate({**server.model_dump(), "command": (), "url": "https://plant.example/mcp"})
    plant.set(far.model_copy(update={"approved": far.fingerprint()}))
    async with session as s:
        fault = await s.fault("note", {"text": "a"}, **env)
    offline = not env.get("network", True)
    assert (fault.cls, fault.detail) == (
        ("connection", {"reason": "offline"}) if offline else ("permission", {"reason": "placement"})
    )


@pytest.mark.parametrize("env", [{"network": False}, {"placement": "edge"}], ids=str)
@in_loop
async def test_a_server_on_this_pc_is_asked_offline_and_from_the_edge(
    either: Plant, session: Session, env: dict[str, Any]
) -> None:
    await either.approve()
    async with session as s:
        await s.call("note", {"text": "a"}, **env)


@pytest.mark.skipif(not can_seal(), reason="this system gives no process a network of its own")
@in_loop
async def test_a_program_that_had_a_network_is_ended_when_it_is_switched_off(plant: Plant, session: Session) -> None:
    def network_of(pid: int) -> str:
        return os.readlink(f"/proc/{pid}/ns/net")

    await plant.approve()
    async with session as s:
        await s.call("note", {"text": "a"})
        before = plant.pid()
        assert network_of(before) == network_of(os.getpid())
        off = Settings(network="off", mcp_servers=dict(s.servers.known()))
        await s.servers.update(off, off.guard())
        assert not alive(before)
        await s.call("note", {"text": "b"}, network=False)
        assert network_of(plant.pid()) != network_of(os.getpid())


@in_loop
async def test_a_name_that_leads_back_to_this_pc_is_refused_where_it_connects(
    plant: Plant, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with mcp_kit.at_address(plant.folder) as (url, _):
        plant.url = url
        server = await plant.approve()
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *a, **k: real("127.0.0.1" if "rebound" in str(host) else host, *a, **k)
        )
        moved = server.model_copy(update={"url": url.replace("127.0.0.1", "rebound.example")})
        plant.set(moved.model_copy(update={"approved": moved.fingerprint()}))
        async with session as s:
            fault = await s.fault("note", {"text": "a"})
    assert (fault.cls, fault.outcome_unknown) == ("permission", False)
    assert "leads back to this PC" in fault.message
    assert plant.calls == []
