"""What the device tools take, said once: which device, which of its values, and what repeating a write would do.

Names of brokers, servers and ports stand in the workflow; user names and passwords may be `secret://name`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from engine.nodes.context import EffectClass
from engine.nodes.node_type import Params, ui
from engine.nodes.tool_args import Path, Timeout

Name = Annotated[str, Field(min_length=1, max_length=100)]
Address = Annotated[str, Field(min_length=1, max_length=1024)]
Secret = Annotated[str, Field(max_length=1024)]
ReadBack = Literal["must_match", "report", "none"]
WriteEffect = Literal["checkable", "idempotent", "at_most_once"]

PACKAGES: dict[str, tuple[str, str]] = {
    "mqtt.read": ("paho", "MQTT"),
    "mqtt.publish": ("paho", "MQTT"),
    "modbus.read": ("pymodbus", "Modbus"),
    "modbus.write": ("pymodbus", "Modbus"),
    "opcua.read": ("asyncua", "OPC UA"),
    "opcua.write": ("asyncua", "OPC UA"),
    "serial.exchange": ("serial", "serial lines"),
}
"""Tool -> the package that it needs, and the words for it."""

INSTALL = 'Install Signalbox with "signalbox[devices]".'
"""What to do when one of them is not there."""

_EFFECT = (
    "What is done about a write whose answer is lost. `checkable`: the device is asked, and a person when that does "
    "not tell. `idempotent`: it is written again, which must be harmless. `at_most_once`: a person is always asked."
)


class Line(Params):
    """How a serial line speaks."""

    baud: int = Field(default=9600, ge=50, le=4_000_000, description="Bits a second.")
    parity: Literal["none", "even", "odd"] = Field(default="none", description="The parity bit.")
    stop_bits: Literal[1, 2] = Field(default=1, description="Stop bits.")


# ---- Modbus
ModbusType = Literal["u16", "i16", "u32", "i32", "f32"]


class ModbusPoint(Params):
    """One value in a device."""

    name: Name = Field(description="What the value is called in the result.")
    table: Literal["holding", "input", "coil", "discrete"] = Field(
        default="holding", description="Which of the device's four tables it is in."
    )
    address: int = Field(ge=0, le=65_535, description="The first register or bit, counted from 0.")
    type: ModbusType = Field(default="u16", description="How registers make a number; bits are true or false.")
    word_order: Literal["big", "little"] = Field(default="big", description="Which register of two comes first.")
    scale: float = Field(default=1.0, description="The register times this is the value.")
    unit: str = Field(default="", max_length=40, description="The unit of the value, such as bar; only shown.")

    @model_validator(mode="after")
    def _scale_counts(self) -> ModbusPoint:
        if self.scale == 0:
            raise ValueError("`scale` must not be 0")
        return self


class ModbusSetting(ModbusPoint):
    """One value in a device, and what it becomes."""

    table: Literal["holding", "coil"] = Field(default="holding", description="Only these two can be written.")
    value: float | bool = Field(description="The new value, in the unit of the value: divided by `scale` when written.")


class ModbusDevice(Line):
    """Which device."""

    device: Address = Field(description="modbus://host:port; for a serial line rtu:COM3 or rtu:/dev/ttyUSB0.")
    unit_id: int = Field(default=1, ge=0, le=247, description="The device's number on its line or behind its gateway.")
    parity: Literal["none", "even", "odd"] = Field(default="even", description="The parity bit of a serial line.")
    baud: int = Field(default=19_200, ge=50, le=4_000_000, description="Bits a second of a serial line.")
    timeout_s: Timeout | None = Field(default=None, description="Seconds for the whole exchange.")


class ModbusReadArgs(ModbusDevice):
    """Values of one Modbus device."""

    points: list[ModbusPoint] = Field(min_length=1, max_length=500, description="The values to read.")


class ModbusWriteArgs(ModbusDevice):
    """New values for one Modbus device, one after the other."""

    points: list[ModbusSetting] = Field(min_length=1, max_length=100, description="The values to write, in order.")
    read_back: ReadBack = Field(
        default="must_match",
        description="Each value is read again: another one is a failure, or is only reported. `none`: nothing is read.",
    )
    effect: WriteEffect = Field(default="checkable", description=_EFFECT)

    @model_validator(mode="after")
    def _can_be_checked(self) -> ModbusWriteArgs:
        if self.read_back == "none" and self.effect == "checkable":
            raise ValueError("`read_back: none` needs another `effect` than checkable: a look-up reads")
        return self


class ModbusWriteCall(ModbusDevice):
    """One value to write, as the tool gets it; `before` are the raw registers or bits that the step has read."""

    point: ModbusSetting
    read_back: ReadBack = "must_match"
    effect: WriteEffect = "checkable"
    before: list[int] | None = None


# ---- OPC UA
class OpcuaServer(Params):
    """Which server, as whom, and how safely."""

    server: Annotated[str, Field(pattern=r"^(opc\.tcp://|.*\{\{)", max_length=1024)] = Field(
        description="opc.tcp://host:port/path"
    )
    security: Literal["none", "Basic256Sha256"] = Field(
        default="none", description="Whether what is said is signed and encrypted."
    )
    user: Secret = Field(default="", description="Without one, anonymous; may be secret://name.")
    password: Secret = Field(default="", description="secret://name", json_schema_extra=ui("secret"))
    certificate: Path | None = Field(
        default=None, description="This PC's certificate (DER or PEM).", json_schema_extra=ui("file")
    )
    private_key: Path | None = Field(default=None, description="The key to it (PEM).", json_schema_extra=ui("file"))
    server_certificate: Path | None = Field(
        default=None,
        description="The server's certificate; without it, the one that the server shows is taken.",
        json_schema_extra=ui("file"),
    )
    timeout_s: Timeout | None = Field(default=None, description="Seconds for the whole exchange.")

    @model_validator(mode="after")
    def _has_keys(self) -> OpcuaServer:
        if self.security != "none" and (self.certificate is None or self.private_key is None):
            raise ValueError("`security` needs `certificate` and `private_key`")
        return self


class OpcuaPoint(Params):
    """One variable of a server."""

    name: Name = Field(description="What the value is called in the result.")
    node: Address = Field(description="The node's id, such as ns=2;s=Mixer.Speed.")
    unit: str = Field(default="", max_length=40, description="The unit of the value; only shown.")


class OpcuaSetting(OpcuaPoint):
    """One variable of a server, and what it becomes."""

    value: bool | int | float | str = Field(description="The new value; it is made into the variable's own type.")


class OpcuaReadArgs(OpcuaServer):
    """Values of one OPC UA server."""

    points: list[OpcuaPoint] = Field(min_length=1, max_length=500, description="The values to read.")
    quality: Literal["good", "any"] = Field(
        default="good", description="Whether a value that the server calls uncertain or bad is a failure."
    )


class OpcuaWriteArgs(OpcuaServer):
    """New values for one OPC UA server, one after the other."""

    points: list[OpcuaSetting] = Field(min_length=1, max_length=100, description="The values to write, in order.")
    read_back: ReadBack = Field(
        default="must_match",
        description="Each value is read again: another one is a failure, or is only reported. `none`: nothing is read.",
    )
    effect: WriteEffect = Field(default="checkable", description=_EFFECT)

    @model_validator(mode="after")
    def _can_be_checked(self) -> OpcuaWriteArgs:
        if self.read_back == "none" and self.effect == "checkable":
            raise ValueError("`read_back: none` needs another `effect` than checkable: a look-up reads")
        return self


class OpcuaWriteCall(OpcuaServer):
    """One value to write, as the tool gets it; `before` is [the value that the step has read]."""

    point: OpcuaSetting
    read_back: ReadBack = "must_match"
    effect: WriteEffect = "checkable"
    before: list[Any] | None = None


# ---- MQTT
class MqttBroker(Params):
    """Which broker, as whom, and how."""

    broker: Address = Field(description="mqtt://host:port, or mqtts:// for an encrypted connection.")
    version: Literal["5", "3.1.1"] = Field(default="5", description="Which MQTT the broker speaks.")
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust for mqtts://, instead of the system's (PEM).",
        json_schema_extra=ui("file"),
    )
    user: Secret = Field(default="", description="May be secret://name.")
    password: Secret = Field(default="", description="secret://name", json_schema_extra=ui("secret"))
    timeout_s: Timeout | None = Field(default=None, description="Seconds for the whole exchange.")


class MqttReadArgs(MqttBroker):
    """Messages of a topic."""

    topic: Address = Field(description="The topic; + stands for one level, # for all that follow.")
    take: Literal["next", "retained", "any"] = Field(
        default="any", description="Only messages that come from now on, only the retained ones, or both."
    )
    count: int = Field(default=1, ge=1, le=10_000, description="How many messages.")
    fewer: bool = Field(default=False, description="Whether fewer, or none, will do when the time is over.")
    qos: Literal[0, 1, 2] = Field(default=1, description="How surely the broker hands messages over.")
    parse: Literal["json", "text"] = Field(default="json", description="What messages hold; json keeps other texts.")


class MqttPublishArgs(MqttBroker):
    """One message."""

    topic: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^([^+#]*|[\s\S]*\{\{[\s\S]*)$")] = Field(
        description="The topic, without + and #."
    )
    payload: Any = Field(description="Text stays as it is; anything else is sent as JSON.")
    qos: Literal[0, 1, 2] = Field(
        default=1, description="0: sent, never confirmed. 1: confirmed, may come twice. 2: confirmed, comes once."
    )
    retain: bool = Field(default=False, description="Whether the broker keeps it for whoever comes later.")
    properties: dict[str, str] = Field(default={}, description="User properties; only with version 5.")
    effect: EffectClass = Field(
        default="at_most_once",
        description="What repeating it would do; with `idempotent`, a message that may be lost is sent again.",
    )

    @model_validator(mode="after")
    def _fits_version(self) -> MqttPublishArgs:
        if self.properties and self.version != "5":
            raise ValueError("`properties` need `version: '5'`")
        return self


# ---- serial lines
class SerialArgs(Line):
    """One exchange on a serial line: what is sent, and when the answer is complete."""

    port: Address = Field(description="COM3, /dev/ttyUSB0, or socket://host:port of a serial device server.")
    data_bits: Literal[7, 8] = Field(default=8, description="Data bits.")
    write: str = Field(default="", max_length=100_000, description="What is sent; without it, the line is only read.")
    end: str = Field(default="\r\n", max_length=16, description="Sent after a text.")
    form: Literal["text", "hex"] = Field(default="text", description="Whether both directions are text or hex bytes.")
    until: str = Field(
        default="\n", max_length=64, description="What ends the answer, as a text or in hex; empty: nothing does."
    )
    length: int | None = Field(default=None, ge=0, le=1_000_000, description="How many bytes the answer has; 0: none.")
    timeout_s: Timeout | None = Field(default=None, description="Seconds for the whole exchange.")
    effect: EffectClass = Field(default="at_most_once", description="What sending it again would do.")

    @model_validator(mode="after")
    def _hex_is_hex(self) -> SerialArgs:
        if self.form == "hex":
            for name in ("write", "until"):
                text = getattr(self, name)
                try:
                    if "{{" not in text and not (name == "until" and text == "\n"):
                        bytes.fromhex(text)
                except ValueError:
                    raise ValueError(f"`{name}` is not hex, such as 02 41 0D") from None
        return self
