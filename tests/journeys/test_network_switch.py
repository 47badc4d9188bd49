"""The switch that keeps everything on this PC, turned while an engine is at work."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest
from template_kit import Life, Site, in_loop

from engine.net import asked, belt
from engine.platform import can_seal
from engine.settings import Settings, save
from engine.store.condition import condition

CALL = """
format: 1
name: caller
nodes:
  call:
    type: http.request
    params: {{url: "{url}"}}
    policy: {{max_attempts: 1, on_error: {on_error}}}
  instead:
    type: data.set
    params: {{values: {{why: "{{{{ input.input.class }}}}"}}}}
edges:
  - call.error -> instead.input
outputs: {{why: "{{{{ steps.instead.output.why }}}}"}}
"""
MODEL = """
format: 1
name: asker
nodes:
  rate:
    type: model.choose
    params: {role: far, labels: [low, high], text: "bearing temperature 96 C, limit 90 C"}
    policy: {max_attempts: 1}
outputs: {label: "{{ steps.rate.output }}"}
"""


def calling(url: str, on_error: str = "route") -> str:
    return CALL.format(url=url, on_error=on_error)


async def taken(site: Site, life: Life, word: str) -> None:
    """Wait until the engine's settings say so."""
    while life.app.settings.network != word:
        await life.turn()


@in_loop
async def test_off_counts_at_once_and_the_error_path_is_taken(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    async with site.life() as life:
        save(Settings(network="off", poll_ms=1), site.data)
        await taken(site, life, "off")
        run = await life.start_text(calling("https://plant.example/x?token=1"))
        end = await life.end(run)
        assert (end.kind, end.outputs) == ("RunCompleted", {"why": "connection"})
        failed = next(event for event in life.store.journal.events(run) if event.kind == "AttemptFailed")
        assert "The network is off, so plant.example is not asked" in failed.error.message
        with pytest.raises(OSError, match="network is off"), socket.socket() as probe:
            probe.connect(("10.255.0.1", 9))
        with pytest.raises(OSError, match="network is off"):
            socket.getaddrinfo("plant.example", 443)
        assert socket.getaddrinfo("localhost", 80)
        save(Settings(network="on", poll_ms=1), site.data)
        await taken(site, life, "on")
    known = [(one["host"], one["port"], one["what"], one["outcome"]) for one in asked.read(site.data)]
    assert ("plant.example", 443, "http.request", "offline") in known
    assert "token" not in (site.data / asked.FILE).read_text()


@in_loop
@pytest.mark.logs("settings not taken")
async def test_broken_settings_change_nothing_and_say_so(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    async with site.life(network="off") as life:
        (site.data / "settings.json").write_text('{"network": "on", "netwrok": 1}')
        while (said := condition(site.data)) is None or "settings are not taken" not in said.reason:
            await life.turn()
        assert life.app.settings.network == "off"
        (site.data / "settings.json").write_text('{"network": "on"}')
        await taken(site, life, "on")
        while (said := condition(site.data)) is None or said.reason:
            await life.turn()


@pytest.mark.needs_llama
@in_loop
async def test_a_role_falls_over_to_the_model_on_this_pc_with_the_reason(tmp_path: Path) -> None:
    roles = {"far": {"model": "large", "url": "https://models.example.com/v1", "fallback": ["small"]}}
    site = Site(tmp_path / "data")
    async with site.life(network="off", roles=Settings.model_validate({"roles": roles}).roles) as life:
        run = await life.start_text(MODEL)
        assert (await life.end(run)).kind == "RunCompleted"
        switched = [event for event in life.store.journal.events(run) if event.kind == "ModelSwitched"]
        assert [(one.from_model, one.to_model) for one in switched] == [("far", "small")]
        assert "the network is off" in switched[0].why.lower()


LISTEN = """
import json, socket
def reach(place):
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect(place)
        except OSError as error:
            return error.errno
        return 0
print(json.dumps([reach(("127.0.0.1", {port})), reach(("192.0.2.1", 80))]))
"""


@in_loop
@pytest.mark.skipif(not can_seal(), reason="this system gives no process a network of its own")
async def test_a_program_gets_no_network_while_it_is_off(tmp_path: Path) -> None:
    text = """
format: 1
name: programs
nodes:
  look:
    type: command.run
    params: {{argv: [{python}, "-c", {code}], parse: json}}
outputs: {{reached: "{{{{ steps.look.output }}}}"}}
"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = LISTEN.format(port=server.getsockname()[1])
        workflow = text.format(python=json.dumps(sys.executable), code=json.dumps(code))
        async with Site(tmp_path / "data").life(network="off") as life:
            end = await life.end(await life.start_text(workflow))
            assert end.kind == "RunCompleted", end
            reached = end.outputs["reached"]
            assert 0 not in reached, "neither this PC's loopback nor anybody else"


def test_the_belt_lets_this_pc_through_and_is_open_when_nobody_wants_it() -> None:
    me = object()
    with socket.create_server(("127.0.0.1", 0)) as server:
        belt.shut(me, True)
        try:
            with socket.create_connection(server.getsockname(), timeout=5):
                pass
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, pytest.raises(OSError, match="is off"):
                probe.sendto(b"x", ("192.0.2.1", 9))
            with socket.socket(socket.AF_INET6) as probe, pytest.raises(OSError, match="is off"):
                probe.connect(("2001:db8::1", 9))
            if hasattr(socket, "AF_UNIX"):
                left, right = socket.socketpair()
                left.close(), right.close()
        finally:
            belt.shut(me, False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", 9))
