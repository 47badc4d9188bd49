"""MQTT tools against the broker in the box, and the broker against another client (paho)."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import certificates
import paho.mqtt.client as paho
import pytest
from conftest import until
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from engine.errors import StepError
from engine.tools.devices.box.broker import Broker
from engine.tools.devices.box.mqtt_packets import matches, valid_filter
from engine.tools.registry import tools

PROTOCOLS = ("mqtt",)
VERSIONS = ["5", "3.1.1"]


@contextmanager
def broker(tls: ssl.SSLContext | None = None, **how: Any) -> Iterator[tuple[Broker, int]]:
    ready, found = threading.Event(), []

    async def serve() -> None:
        one, ended = Broker(**how), asyncio.Event()
        port = await one.listen("127.0.0.1", 0, tls)
        found.append((one, port, asyncio.get_running_loop(), ended))
        ready.set()
        await ended.wait()
        await one.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    one, port, loop, ended = found[0]
    try:
        yield one, port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)


class Client:
    """paho in its own thread, as other programs use it."""

    def __init__(self, port: int, version: str = "5", **will: Any) -> None:
        self.messages: list[Any] = []
        self.subscribed: list[Any] = []
        self.refused = ""
        protocol = paho.MQTTv5 if version == "5" else paho.MQTTv311
        self.paho = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=protocol)
        self.paho.on_message = lambda client, data, message: self.messages.append(message)
        self.paho.on_subscribe = lambda client, data, mid, reasons, more: self.subscribed.append(reasons)
        if will:
            self.paho.will_set(**will)
        self.paho.connect("127.0.0.1", port)
        self.paho.loop_start()
        until(self.paho.is_connected)

    def reads(self, topic: str, qos: int = 2) -> None:
        count = len(self.subscribed)
        self.paho.subscribe(topic, qos)
        until(lambda: len(self.subscribed) > count)

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_message_arrives_whole(call: Callable[..., Any], version: str, qos: int) -> None:
    with broker() as (_, port):
        other = Client(port, version)
        other.reads("orders/#")
        at = {"broker": f"mqtt://127.0.0.1:{port}", "version": version}
        more = {"properties": {"line": "2"}} if version == "5" else {}
        told = call("mqtt.publish", **at, topic="orders/new", payload={"text": "Prüfung"}, qos=qos, **more)
        assert told == {"topic": "orders/new", "bytes": 20, "confirmed": qos > 0}
        until(lambda: bool(other.messages))
        got = other.messages[0]
        assert json.loads(got.payload) == {"text": "Prüfung"} and (got.qos, got.topic) == (qos, "orders/new")
        if version == "5":
            assert got.properties.UserProperty == [("line", "2")]
        other.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_retained_message_and_the_next_ones_are_read(call: Callable[..., Any], version: str) -> None:
    with broker() as (_, port):
        at = {"broker": f"mqtt://127.0.0.1:{port}", "version": version, "timeout_s": 5}
        call("mqtt.publish", **at, topic="a/state", payload={"on": True}, retain=True)
        assert call("mqtt.read", **at, topic="a/+") == [
            {"topic": "a/state", "value": {"on": True}, "retained": True, "properties": {}}
        ]
        other = Client(port, version)
        stop = threading.Event()

        def chatter() -> None:
            while not stop.wait(0.02):
                other.paho.publish("a/state", "plain text", 1)

        thread = threading.Thread(target=chatter)
        thread.start()
        try:
            rows = call("mqtt.read", **at, topic="a/#", take="next", count=2)
        finally:
            stop.set()
            thread.join()
            other.close()
        assert [(row["value"], row["retained"]) for row in rows] == [("plain text", False)] * 2
        call("mqtt.publish", **at, topic="a/state", payload="", retain=True)  # an empty one takes it away
        assert call("mqtt.read", **{**at, "timeout_s": 0.1}, topic="a/+", fewer=True) == []


FAULTS = {
    "silent": ("timeout", True, 0),
    "late": ("timeout", True, 1),
    "dropped": ("connection", True, 1),
    "cut": ("connection", True, 0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_message_that_is_not_confirmed_may_have_arrived(
    fails: Callable[..., StepError], box: Any, fault: Any
) -> None:
    cls, unknown, arrived = FAULTS[fault]
    box.plant.set_fault(fault, 1, writes_only=True)
    asked = {"broker": box.at["mqtt"], "topic": "plant/speed_set/set", "payload": 1300, "timeout_s": 0.3}
    error = fails("mqtt.publish", **asked)
    assert (error.cls, error.outcome_unknown) == (cls, unknown), error.message
    if arrived:
        until(lambda: box.written() == [("speed_set", 1300.0)])
    assert len(box.written()) == arrived


def test_publishing_is_at_most_once_unless_the_author_says_more() -> None:
    tool = tools()["mqtt.publish"]
    plain = {"broker": "mqtt://b", "topic": "t", "payload": 1}
    assert [
        tool.effect(tool.args.model_validate({**plain, **more}))
        for more in ({}, {"qos": 2}, {"effect": "idempotent"}, {"effect": "checkable"})
    ] == ["at_most_once", "at_most_once", "idempotent", "at_most_once"]


def test_a_silent_broker_and_none_at_all_change_nothing(fails: Callable[..., StepError], box: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = f"mqtt://127.0.0.1:{silent.getsockname()[1]}"
        error = fails("mqtt.publish", broker=at, topic="t", payload=1, timeout_s=0.2)
    assert (error.cls, error.outcome_unknown) == ("timeout", False)
    error = fails("mqtt.publish", broker="mqtt://127.0.0.1:1", topic="t", payload=1)
    assert (error.cls, error.outcome_unknown) == ("connection", False)
    error = fails("mqtt.read", broker=box.at["mqtt"], topic="nothing", timeout_s=0.1)
    assert error.cls == "timeout" and "no 1 messages on nothing" in error.message
    with pytest.raises(ValueError, match="topic"):
        tools()["mqtt.publish"].args.model_validate({"broker": "mqtt://b", "topic": "a/+", "payload": 1})


def test_a_password_goes_to_its_broker_and_nowhere_else(
    call: Any, fails: Callable[..., StepError], make_env: Any
) -> None:
    given: list[tuple[str, str]] = []

    def secret(name: str, to: str) -> str:
        given.append((name, to))
        return "s3cret-word"

    with broker(users={"ann": "s3cret-word"}) as (_, port):
        at = {"broker": f"mqtt://127.0.0.1:{port}", "user": "ann", "password": "secret://mqtt"}
        around = {"around": {"secret": secret}}
        assert call("mqtt.publish", **at, **around, topic="t", payload="s3cret-word?")["confirmed"]
        assert given == [("mqtt", f"mqtt://127.0.0.1:{port}")]
        wrong = fails("mqtt.publish", **{**at, "user": "bea"}, **around, topic="t", payload=1)
        assert (wrong.cls, wrong.retryable) == ("permission", False) and "s3cret" not in wrong.message
        call("mqtt.publish", **at, **around, topic="leak", payload={"text": "it is s3cret-word"}, retain=True)
        read = call("mqtt.read", **at, **around, topic="leak")
        assert "s3cret-word" not in json.dumps(read)


def test_tls_is_checked_against_the_name(call: Any, fails: Callable[..., StepError], workspace: Path) -> None:
    certificates.write(workspace, "broker", "urn:test:broker")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(workspace / "broker.crt", workspace / "broker.pem")
    with broker(tls=context) as (_, port):
        at = {"broker": f"mqtts://localhost:{port}", "topic": "t", "payload": 1}
        error = fails("mqtt.publish", **at)
        assert error.cls == "permission" and "certificate" in error.message.lower(), error.message
        assert call("mqtt.publish", **at, ca_file="broker.crt")["confirmed"]


def test_with_the_network_off_only_this_pc_is_asked(fails: Callable[..., StepError]) -> None:
    error = fails("mqtt.read", around={"network": False}, broker="mqtt://broker.plant", topic="t")
    assert error.message.startswith("The network is off")


def test_who_waits_for_an_answer_lets_others_publish_to_the_broker(make_env: Any, box: Any) -> None:
    found = tools()
    read = {"broker": box.at["mqtt"], "topic": "line/answer", "take": "next", "timeout_s": 20}
    said = {"broker": box.at["mqtt"], "topic": "line/answer", "payload": "yes", "timeout_s": 5}
    args = found["mqtt.read"].args.model_validate(read)
    message = found["mqtt.publish"].args.model_validate(said)
    assert found["mqtt.read"].lane(args) != found["mqtt.publish"].lane(message)

    async def both() -> Any:
        waiting = asyncio.ensure_future(found["mqtt.read"].call(args, make_env()))
        while not waiting.done():
            await asyncio.wait_for(found["mqtt.publish"].call(message, make_env()), 10)
        return waiting.result()

    assert asyncio.run(both())[0]["value"] == "yes"


def test_certificates_that_are_not_there_are_named(fails: Callable[..., StepError], box: Any) -> None:
    broker = box.at["mqtt"].replace("mqtt://", "mqtts://")
    error = fails("mqtt.read", broker=broker, topic="t", ca_file="plant-ca.pem", timeout_s=2)
    assert (error.cls, error.retryable) == ("not_found", False) and "plant-ca.pem" in error.message


def test_a_filter_that_is_none_is_said(fails: Callable[..., StepError], box: Any) -> None:
    for topic in ("a/#/b", "a+/b"):
        error = fails("mqtt.read", broker=box.at["mqtt"], topic=topic, timeout_s=2)
        assert (error.cls, error.retryable) == ("invalid", False) and topic in error.message


def test_a_cancelled_read_ends_its_thread(make_env: Any, box: Any) -> None:
    tool = tools()["mqtt.read"]
    args = tool.args.model_validate({"broker": box.at["mqtt"], "topic": "nothing", "timeout_s": 60})

    async def cut_off() -> None:
        task = asyncio.ensure_future(tool.call(args, make_env()))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    asyncio.run(cut_off())


# ---- the broker, by another client
def test_a_client_that_is_cut_off_leaves_its_will() -> None:
    with broker() as (_, port):
        other = Client(port)
        other.reads("wills")
        dying = Client(port, topic="wills", payload="gone", qos=1)
        dying.paho.loop_stop()
        dying.paho.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        until(lambda: [message.payload for message in other.messages] == [b"gone"])
        dying.paho._sock_close()
        other.close()


def test_readers_get_each_message_once_and_none_after_they_have_left() -> None:
    with broker() as (one, port):
        other = Client(port)
        other.reads("a/#", 0)
        other.reads("a/+", 2)
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "text/plain"
        for qos in (0, 1, 2):
            other.paho.publish("a/b", str(qos), qos, properties=properties)
        until(lambda: len(other.messages) == 3)
        assert sorted((message.payload, message.qos) for message in other.messages) == [(b"0", 0), (b"1", 1), (b"2", 2)]
        assert {message.properties.ContentType for message in other.messages} == {"text/plain"}
        other.paho.unsubscribe(["a/#", "a/+"])
        other.paho.publish("a/b", "late", 1)
        other.reads("done")
        other.paho.publish("done", "", 1)
        until(lambda: len(other.messages) == 4)
        assert other.messages[-1].topic == "done"
        other.close()
        until(lambda: not one.sessions)


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff", b"\x30\x00", b"\x10\x04\x00\x06MQ"]
)
def test_what_is_no_mqtt_is_hung_up_on(data: bytes) -> None:
    with broker() as (_, port), socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


@pytest.mark.parametrize(
    ("wanted", "topic", "taken"),
    [
        ("a/b", "a/b", True), ("a/b", "a/B", False), ("+", "a", True), ("+", "a/b", False), ("a/+/c", "a/b/c", True),
        ("a/#", "a", True), ("a/#", "a/b/c", True), ("#", "a/b", True), ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True), ("a/+", "a/", True), ("/+", "/a", True), ("+/+", "/a", True), ("+", "/a", False),
    ],
)  # fmt: skip
def test_filters_take_topics_as_the_standard_says(wanted: str, topic: str, taken: bool) -> None:
    assert matches(wanted, topic) is taken


@pytest.mark.parametrize(
    ("wanted", "good"), [("a/#", True), ("a/#/b", False), ("a#", False), ("a+/b", False), ("", False)]
)
def test_only_filters_with_their_signs_in_place_are_taken(wanted: str, good: bool) -> None:
    assert valid_filter(wanted) is good
