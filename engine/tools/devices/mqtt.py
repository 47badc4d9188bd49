"""`mqtt.publish` and `mqtt.read`: one message for a broker, or the messages of a topic.

Each call is a connection of its own, driven in a thread by short turns, so that it can be stopped at any time. A
message counts as sent from the moment when its first byte may have left.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engine.errors import Refused, StepError
from engine.nodes.context import EffectClass
from engine.nodes.device_args import MqttBroker, MqttPublishArgs, MqttReadArgs
from engine.tools.devices.common import CONNECT_S, Job, Place, in_thread, need, package_health, place_of, talk
from engine.tools.secrets import Secrets
from engine.tools.tool import Tool, ToolEnv, timeout_of
from engine.tools.workspace import resolve
from engine.workflow.values import parse_json

TIMEOUT_S = 10.0
PORTS = {"mqtt": 1883, "mqtts": 8883}
MAX_BYTES = 1024 * 1024
_OK = 0
_BARRED = ("not authorized", "bad user", "banned", "bad authentication")


class _Link:
    """One connection to a broker. What the library calls back is only noted; the turns decide what it means."""

    def __init__(self, asked: _Asked, job: Job) -> None:
        args = asked.args
        need(asked.tool)
        import paho.mqtt.client

        self.mqtt: Any = paho.mqtt.client
        self.asked, self.job = asked, job
        self.connected: Any = None
        self.acknowledged: dict[int, Any] = {}
        self.subscribed: Any = None
        self.messages: list[Any] = []
        protocol = self.mqtt.MQTTv5 if args.version == "5" else self.mqtt.MQTTv311
        clean = {} if args.version == "5" else {"clean_session": True}
        self.client = self.mqtt.Client(self.mqtt.CallbackAPIVersion.VERSION2, protocol=protocol, **clean)
        self.client.connect_timeout = min(CONNECT_S, asked.timeout_s)
        self.client._create_socket = self._dial
        if asked.user or asked.password:
            self.client.username_pw_set(asked.user, asked.password or None)
        self.client.on_connect = lambda client, data, flags, reason, more: setattr(self, "connected", reason)
        self.client.on_publish = lambda client, data, mid, reason, more: self.acknowledged.__setitem__(mid, reason)
        self.client.on_subscribe = lambda client, data, mid, reasons, more: setattr(self, "subscribed", reasons)
        self.client.on_message = lambda client, data, message: self.messages.append(message)

    def _dial(self) -> socket.socket:
        """The socket that the library works with: to the address that was checked, with the certificate of the name."""
        place = self.asked.place
        plain = socket.create_connection((place.ip, place.port), self.client.connect_timeout)
        if place.scheme != "mqtts":
            return plain
        try:
            if self.asked.ca_file is not None and not os.path.isfile(self.asked.ca_file):
                raise StepError("not_found", f"There is no file {self.asked.args.ca_file!r}.", retryable=False)
            context = ssl.create_default_context(cafile=self.asked.ca_file)
            covered = context.wrap_socket(plain, server_hostname=place.host, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        try:
            covered.do_handshake()
        except BaseException:
            covered.close()
            raise
        return covered

    def open(self) -> None:
        """Connect and wait for the broker's welcome."""
        try:
            self.client.connect(self.asked.place.host, self.asked.place.port, keepalive=30)
        except ssl.SSLError as error:
            raise self.fault("permission", f"no encrypted connection: {error}", retryable=False) from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise self.fault("timeout" if isinstance(error, TimeoutError) else "connection", why) from None
        self.turn_until(lambda: self.connected is not None, "the broker does not answer")
        if self.connected.is_failure:
            words = str(self.connected)
            barred = any(part in words.lower() for part in _BARRED)
            raise self.fault("permission" if barred else "server", words, retryable=False if barred else None)

    def turn_until(self, done: Callable[[], bool], why: str) -> None:
        """Let the library work until then; StepError when the time is over or the connection is gone."""
        while not done():
            left = self.job.left()
            if left <= 0:
                raise self.fault("timeout", f"{why} within {self.asked.timeout_s:g} s")
            code = self.client.loop(left)
            if code != _OK and not done():
                if self.connected is not None and self.connected.is_failure:
                    return
                raise self.fault("connection", f"the connection broke off: {self.mqtt.error_string(code)}")

    def close(self) -> None:
        """Say good-bye and close the socket."""
        with contextlib.suppress(OSError, ValueError):
            self.client.disconnect()
            self.client.loop(0.0)
        with contextlib.suppress(OSError, ValueError):
            self.client._sock_close()

    def fault(self, cls: Any, why: str, **more: Any) -> StepError:
        more.setdefault("outcome_unknown", self.job.sent)
        return StepError(cls, self.asked.secrets.hide(f"{why} ({self.asked.place})."), **more)


@dataclass(frozen=True)
class _Asked:
    """One call, with everything that is found out before its thread begins."""

    args: MqttBroker
    tool: str
    place: Place
    secrets: Secrets
    user: str
    password: str
    ca_file: str | None
    timeout_s: float

    @contextmanager
    def link(self, job: Job) -> Iterator[_Link]:
        """A connection for as long as the block takes."""
        link = _Link(self, job)
        try:
            link.open()
            yield link
        finally:
            link.close()


async def _asked(args: MqttBroker, env: ToolEnv, tool: str) -> _Asked:
    place = await place_of(args.broker, PORTS, tool, env)
    secrets = Secrets(env)
    user, password = [await secrets.fill(text, str(place)) for text in (args.user, args.password)]
    file = None if args.ca_file is None else str(resolve(args.ca_file, env))
    return _Asked(args, tool, place, secrets, user, password, file, timeout_of(TIMEOUT_S, args.timeout_s, env))


async def _publish(args: MqttPublishArgs, env: ToolEnv) -> dict[str, Any]:
    asked = await _asked(args, env, "mqtt.publish")
    payload = args.payload if isinstance(args.payload, str) else json.dumps(args.payload, ensure_ascii=False)
    data = payload.encode()
    if len(data) > MAX_BYTES:
        raise StepError("limit", f"The message has {len(data)} bytes; at most {MAX_BYTES} are sent.", retryable=False)
    if "+" in args.topic or "#" in args.topic:
        raise StepError(
            "invalid", f"{args.topic!r} is no topic to publish to: + and # are for reading.", retryable=False
        )

    def work(job: Job) -> dict[str, Any]:
        with asked.link(job) as link:
            more = {"properties": _properties(args)} if args.properties else {}
            job.sent = True
            told = link.client.publish(args.topic, data, qos=args.qos, retain=args.retain, **more)
            if told.rc != _OK:
                raise link.fault("connection", f"the connection broke off: {link.mqtt.error_string(told.rc)}")
            if args.qos == 0:
                link.turn_until(lambda: not link.client.want_write(), "the message could not be handed over")
            else:
                link.turn_until(lambda: told.mid in link.acknowledged, "the broker does not confirm the message")
                reason = link.acknowledged[told.mid]
                if reason.is_failure:
                    raise link.fault("permission", str(reason), retryable=False, outcome_unknown=False)
            return {"topic": args.topic, "bytes": len(data), "confirmed": args.qos > 0}

    async with talk(_lane(args)):
        return dict(await in_thread(work, asked.timeout_s))


async def _read(args: MqttReadArgs, env: ToolEnv) -> list[dict[str, Any]]:
    asked = await _asked(args, env, "mqtt.read")

    def wanted(link: _Link) -> list[Any]:
        kept = {"any": (True, False), "retained": (True,), "next": (False,)}[args.take]
        return [message for message in link.messages if message.retain in kept][: args.count]

    def work(job: Job) -> list[dict[str, Any]]:
        with asked.link(job) as link:
            try:
                code, _ = link.client.subscribe(args.topic, qos=args.qos)
            except ValueError:
                why = f"{args.topic!r} is no topic to read: + stands for a whole level, # for all at the end."
                raise StepError("invalid", why, retryable=False) from None
            if code != _OK:
                raise link.fault("connection", f"the connection broke off: {link.mqtt.error_string(code)}")
            link.turn_until(lambda: link.subscribed is not None, "the broker does not confirm the subscription")
            refused = [reason for reason in link.subscribed if reason.is_failure]
            if refused:
                raise link.fault("permission", f"{args.topic}: {refused[0]}", retryable=False)
            try:
                link.turn_until(lambda: len(wanted(link)) >= args.count, f"no {args.count} messages on {args.topic}")
            except StepError as error:
                if not (args.fewer and error.cls == "timeout" and not job.stopped):
                    raise
            rows = [_row(message, args) for message in wanted(link)]
            hidden: list[dict[str, Any]] = asked.secrets.hide(rows)
            return hidden

    async with talk(_read_lane(args)):
        return list(await in_thread(work, asked.timeout_s))


def _properties(args: MqttPublishArgs) -> Any:
    from paho.mqtt import packettypes
    from paho.mqtt import properties as kinds

    made: Any = kinds.Properties
    properties = made(packettypes.PacketTypes.PUBLISH)
    properties.UserProperty = list(args.properties.items())
    return properties


def _row(message: Any, args: MqttReadArgs) -> dict[str, Any]:
    text = message.payload.decode("utf-8", "replace").replace("\0", "\ufffd")
    value: Any = text
    if args.parse == "json":
        with contextlib.suppress(Refused):
            value = parse_json(message.payload, max_bytes=MAX_BYTES)
    said = getattr(message.properties, "UserProperty", None) or []
    return {"topic": message.topic, "value": value, "retained": bool(message.retain), "properties": dict(said)}


def _lane(args: MqttBroker) -> str:
    return f"device:{args.broker.strip().lower()}"


def _read_lane(args: MqttReadArgs) -> str:
    """Who waits for an answer must not keep others from sending what is answered: a broker is no line."""
    return f"{_lane(args)} {args.topic}"


def _effect(args: MqttPublishArgs) -> EffectClass:
    # A broker keeps no record that could be asked, so `checkable` would promise a look-up that cannot be.
    return "at_most_once" if args.effect == "checkable" else args.effect


_REACH = "Brokers that the step names, as far as this PC's settings allow them."

MQTT_READ = Tool(
    name="mqtt.read",
    summary="Reads messages of an MQTT topic.",
    args=MqttReadArgs,
    effect=lambda args: "pure",
    call=_read,
    lane=_read_lane,
    timeout_s=TIMEOUT_S,
    risk="low",
    chooses=("broker", "topic"),
    reach=_REACH,
    health=package_health("mqtt.read"),
)

MQTT_PUBLISH = Tool(
    name="mqtt.publish",
    summary="Publishes an MQTT message.",
    args=MqttPublishArgs,
    effect=_effect,
    call=_publish,
    lane=_lane,
    timeout_s=TIMEOUT_S,
    risk="high",
    chooses=("broker", "topic"),
    reach=_REACH,
    health=package_health("mqtt.read"),
)
