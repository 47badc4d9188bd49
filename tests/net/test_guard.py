"""The policy by itself: who may be asked, by what right, and what an edge is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.errors import StepError
from engine.net.address import written
from engine.net.guard import Guard, connect_check
from engine.net.rules import rule


@dataclass(frozen=True)
class Env:
    """What a tool hands over."""

    guard: Guard = field(default_factory=Guard)
    network: bool = True
    placement: str = "either"


def refusal(host: str, port: int = 1883, **env: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        asyncio.run(connect_check(host, port, "mqtt.publish", Env(**env)))
    return caught.value


def test_a_device_is_connected_to_at_the_address_that_was_checked() -> None:
    listed = Guard(allow=(rule("10.1.0.0/16:1883"), rule("[fd12::5]:502")))
    assert asyncio.run(connect_check("10.1.2.3", 1883, "mqtt.publish", Env(listed))) == "10.1.2.3"
    assert asyncio.run(connect_check("[FD12::5]", 502, "modbus.read", Env(listed))) == "fd12::5"
    assert asyncio.run(connect_check("localhost", 9, "modbus.read", Env(network=False))) == "127.0.0.1"
    assert refusal("10.1.2.3", 1884, guard=listed).detail == {"reason": "not_allowed", "host": "10.1.2.3", "port": 1884}
    assert refusal("10.1.2.3", guard=listed, network=False).cls == "connection"
    assert refusal("0x7f.1").cls == "invalid"


@pytest.mark.parametrize("host", ["8.8.8.8", "broker.example.com", "2001:db8::1", "172.32.0.1"])
def test_the_edge_ends_where_the_site_does(host: str) -> None:
    everything = Guard(allow=(rule("0.0.0.0/0"), rule("::/0"), rule("*.example.com")))
    fault = refusal(host, guard=everything, placement="edge")
    assert (fault.cls, fault.retryable, fault.detail["reason"]) == ("permission", False, "edge")  # type: ignore[index]
    assert everything.right(host, 1883, "mqtt.publish") == "named"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://a.example/{{ input }}", {("a.example", 443)}),
        ("http://a.example:81?x", {("a.example", 81)}),
        ("https://a.example{{ input }}/", set()),
        ("https://a.example:{{ input }}/", set()),
        ("https://{{ input }}.a.example/", set()),
        ("{{ 'https://a.example/' }}", set()),
        ("see https://a.example/", set()),
        ("https://good.example@a.example/", {("a.example", 443)}),
        ("postgresql://u:secret%3A@db.lan/x", {("db.lan", 5432)}),
        ("mqtt://broker.lan", {("broker.lan", 1883)}),
        ("opc.tcp://plc:4841/a/b", {("plc", 4841)}),
        ("ftp://a.example/", set()),
    ],
)
def test_an_author_has_written_a_host_where_nothing_can_change_it_any_more(text: str, found: set[Any]) -> None:
    assert written({"deep": [{"url": text}]}) == found


def test_whatever_is_asked_or_refused_is_told_without_paths() -> None:
    told: list[Any] = []
    guard = Guard(allow=(rule("10.0.0.0/8"),)).telling(lambda *one: told.append(one))
    asyncio.run(connect_check("10.0.0.1", 502, "modbus.read", Env(guard)))
    refusal("plc.example", 502, guard=guard, network=False)
    refusal("169.254.169.254", 502, guard=guard)
    assert told == [
        ("10.0.0.1", 502, "modbus.read", "asked"),
        ("plc.example", 502, "mqtt.publish", "offline"),
        ("169.254.169.254", 502, "mqtt.publish", "address"),
    ]


def test_a_switch_or_a_stricter_call_never_widens_what_is_open() -> None:
    closed = Guard(offline=True, listed_only=True, written=frozenset({("a.example", 80)}))
    assert refusal("a.example", 80, guard=closed).detail["reason"] == "offline"  # type: ignore[index]
    listed = Guard(listed_only=True, written=frozenset({("a.example", 80)}))
    assert refusal("a.example", 80, guard=listed).detail["reason"] == "not_allowed"  # type: ignore[index]
