"""Devices: MQTT brokers, Modbus devices, OPC UA servers, serial lines.

A write of several values is several effects, each with the value that was there before it: done once, checked once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from re import findall
from typing import Any

from engine.nodes import device_examples as examples
from engine.nodes.capability import TOOL_RAW, CapabilityParams
from engine.nodes.context import Context
from engine.nodes.device_args import (
    ModbusReadArgs,
    ModbusWriteArgs,
    MqttPublishArgs,
    MqttReadArgs,
    OpcuaReadArgs,
    OpcuaWriteArgs,
    SerialArgs,
)
from engine.nodes.node_type import Needs, NodeType
from engine.nodes.ports import ERROR, INPUT, TOOL, out


def _needs(*tools: str) -> Any:
    def needs(params: Mapping[str, Any]) -> Needs:
        texts = [text for name in ("user", "password") if isinstance(text := params.get(name), str)]
        names = [name for text in texts for name in findall(r"secret://([A-Za-z0-9_.-]+)", text)]
        return Needs(tools=tools, secrets=tuple(dict.fromkeys(names)))

    return needs


def _rows(result: Any) -> list[Any]:
    """What was read, as a table; a person who settles a doubt may have given something else."""
    return list(result) if isinstance(result, list) else []


def _values(rows: list[Any]) -> dict[str, Any]:
    return {str(row["name"]): row.get("value") for row in rows if isinstance(row, Mapping) and "name" in row}


async def _read(ctx: Context, tool: str, params: ModbusReadArgs | OpcuaReadArgs) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    rows = _rows(await ctx.call_tool(tool, args, timeout_s=params.timeout_s))
    return {"values": _values(rows), "rows": rows}


async def _write(
    ctx: Context,
    family: str,
    params: ModbusWriteArgs | OpcuaWriteArgs,
    seen: Callable[[Any], Any],
    asked: Mapping[str, Any],
) -> dict[str, Any]:
    """Write one point after the other; `seen` takes from a row what stood there before, `asked` is how it is read."""
    device = params.model_dump(exclude={"tool", "points", "read_back", "effect"}, exclude_defaults=True)
    how = {"read_back": params.read_back, "effect": params.effect}
    done = []
    for point in params.points:
        one = point.model_dump(exclude_defaults=True)
        before = None
        if params.read_back != "none":
            bare = {key: value for key, value in one.items() if key != "value"}
            reading = {**device, "points": [bare], **asked}
            rows = _rows(await ctx.call_tool(f"{family}.read", reading, timeout_s=params.timeout_s))
            before = seen(rows[0]) if rows else None
        call = {**device, **how, "point": one, "before": before}
        done.append(await ctx.call_tool(f"{family}.write", call, timeout_s=params.timeout_s))
    return {"result": _written(done)}


# ---- Modbus
class ModbusReadParams(ModbusReadArgs, CapabilityParams):
    """Values of one Modbus device."""


async def _modbus_read(ctx: Context, params: ModbusReadParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return await _read(ctx, "modbus.read", params)


class ModbusWriteParams(ModbusWriteArgs, CapabilityParams):
    """New values for one Modbus device."""


async def _modbus_write(ctx: Context, params: ModbusWriteParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return await _write(ctx, "modbus", params, lambda row: row["raw"], {})


def _written(rows: list[Any]) -> dict[str, Any]:
    told = [row for row in rows if isinstance(row, Mapping) and "name" in row]
    return {
        "equal": len(told) == len(rows) and all(row.get("equal") is not False for row in told),
        "rows": told,
        "before": {str(row["name"]): row.get("before") for row in told},
    }


_READ_OUT = (
    out("values", "object", "{name: value}"),
    out("rows", "table", "One row for each value, with its unit."),
    TOOL,
    ERROR,
)
_WRITE_OUT = (
    out("result", "object", "{equal, before: {name: value}, rows: name, wanted, before, read_back, equal, unit}"),
    TOOL,
    ERROR,
)

MODBUS_READ = NodeType(
    name="modbus.read",
    title="Read Modbus",
    summary="Reads values of a Modbus device, over the network or a serial line.",
    category="Tools",
    params=ModbusReadParams,
    inputs=(INPUT,),
    outputs=_READ_OUT,
    main="values",
    run=_modbus_read,
    gives="tool",
    chooses=("device", "unit_id", "points"),
    raw=TOOL_RAW,
    capability=True,
    needs=_needs("modbus.read"),
    icon="gauge",
    words=("plc", "register", "coil", "device", "machine", "sensor", "rtu", "tcp", "industrial"),
    example=examples.MODBUS_READ,
)

MODBUS_WRITE = NodeType(
    name="modbus.write",
    title="Write Modbus",
    summary="Writes values of a Modbus device, and reads each one back.",
    category="Tools",
    params=ModbusWriteParams,
    inputs=(INPUT,),
    outputs=_WRITE_OUT,
    main="result",
    run=_modbus_write,
    gives="tool",
    chooses=("device", "unit_id", "points"),
    raw=TOOL_RAW,
    capability=True,
    writes=lambda params: True,
    needs=_needs("modbus.read", "modbus.write"),
    icon="sliders-horizontal",
    words=("plc", "register", "coil", "device", "machine", "set-point", "parameter", "industrial"),
    example=examples.MODBUS_WRITE,
)


# ---- OPC UA
class OpcuaReadParams(OpcuaReadArgs, CapabilityParams):
    """Values of one OPC UA server."""


async def _opcua_read(ctx: Context, params: OpcuaReadParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return await _read(ctx, "opcua.read", params)


class OpcuaWriteParams(OpcuaWriteArgs, CapabilityParams):
    """New values for one OPC UA server."""


async def _opcua_write(ctx: Context, params: OpcuaWriteParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return await _write(ctx, "opcua", params, lambda row: [row["value"]], {"quality": "any"})


OPCUA_READ = NodeType(
    name="opcua.read",
    title="Read OPC UA",
    summary="Reads variables of an OPC UA server, with their status.",
    category="Tools",
    params=OpcuaReadParams,
    inputs=(INPUT,),
    outputs=_READ_OUT,
    main="values",
    run=_opcua_read,
    gives="tool",
    chooses=("server", "points"),
    raw=TOOL_RAW,
    capability=True,
    needs=_needs("opcua.read"),
    icon="factory",
    words=("plc", "opc", "scada", "variable", "device", "machine", "sensor", "industrial"),
    example=examples.OPCUA_READ,
)

OPCUA_WRITE = NodeType(
    name="opcua.write",
    title="Write OPC UA",
    summary="Writes variables of an OPC UA server, and reads each one back.",
    category="Tools",
    params=OpcuaWriteParams,
    inputs=(INPUT,),
    outputs=_WRITE_OUT,
    main="result",
    run=_opcua_write,
    gives="tool",
    chooses=("server", "points"),
    raw=TOOL_RAW,
    capability=True,
    writes=lambda params: True,
    needs=_needs("opcua.read", "opcua.write"),
    icon="sliders-horizontal",
    words=("plc", "opc", "scada", "variable", "device", "machine", "set-point", "parameter", "industrial"),
    example=examples.OPCUA_WRITE,
)


# ---- MQTT
class MqttReadParams(MqttReadArgs, CapabilityParams):
    """Messages of a topic."""


async def _mqtt_read(ctx: Context, params: MqttReadParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    rows = _rows(await ctx.call_tool("mqtt.read", args, timeout_s=params.timeout_s))
    return {"value": rows[0]["value"] if rows else None, "rows": rows}


class MqttPublishParams(MqttPublishArgs, CapabilityParams):
    """One message."""


async def _mqtt_publish(ctx: Context, params: MqttPublishParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = {**params.model_dump(exclude={"tool"}, exclude_defaults=True), "payload": params.payload}
    return {"result": await ctx.call_tool("mqtt.publish", args, timeout_s=params.timeout_s)}


MQTT_READ = NodeType(
    name="mqtt.read",
    title="Read MQTT",
    summary="Takes the next messages of an MQTT topic, or the retained one.",
    category="Tools",
    params=MqttReadParams,
    inputs=(INPUT,),
    outputs=(
        out("value", help="What the first message holds; null when there was none."),
        out("rows", "table", "One row for each message: topic, value, retained, properties."),
        TOOL,
        ERROR,
    ),
    main="value",
    run=_mqtt_read,
    gives="tool",
    chooses=("broker", "topic"),
    raw=TOOL_RAW,
    capability=True,
    needs=_needs("mqtt.read"),
    icon="rss",
    words=("broker", "topic", "subscribe", "sensor", "message", "iot", "device", "industrial"),
    example=examples.MQTT_READ,
)

MQTT_PUBLISH = NodeType(
    name="mqtt.publish",
    title="Publish MQTT",
    summary="Publishes one message to an MQTT topic.",
    category="Tools",
    params=MqttPublishParams,
    inputs=(INPUT,),
    outputs=(out("result", "object", "{topic, bytes, confirmed}"), TOOL, ERROR),
    main="result",
    run=_mqtt_publish,
    gives="tool",
    chooses=("broker", "topic"),
    raw=TOOL_RAW,
    capability=True,
    writes=lambda params: True,
    needs=_needs("mqtt.publish"),
    icon="megaphone",
    words=("broker", "topic", "send", "message", "iot", "device", "industrial"),
    example=examples.MQTT_PUBLISH,
)


# ---- serial lines
class SerialParams(SerialArgs, CapabilityParams):
    """One exchange on a serial line."""


async def _serial(ctx: Context, params: SerialParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    result = await ctx.call_tool("serial.exchange", args, timeout_s=params.timeout_s)
    answer = result.get("answer") if isinstance(result, Mapping) else result
    return {"answer": answer, "result": result}


SERIAL = NodeType(
    name="serial.exchange",
    title="Serial line",
    summary="Sends bytes on a serial line and reads the answer.",
    category="Tools",
    params=SerialParams,
    inputs=(INPUT,),
    outputs=(
        out("answer", help="The answer without its end, as text or as hex bytes."),
        out("result", "object", "{answer, bytes}"),
        TOOL,
        ERROR,
    ),
    main="answer",
    run=_serial,
    gives="tool",
    chooses=("port", "write"),
    raw=TOOL_RAW,
    capability=True,
    writes=lambda params: bool(params.get("write")) and params.get("effect") != "pure",
    needs=_needs("serial.exchange"),
    icon="plug-zap",
    words=("rs232", "rs485", "com", "port", "usb", "scale", "scanner", "device", "instrument"),
    example=examples.SERIAL,
)

TYPES = (MODBUS_READ, MODBUS_WRITE, OPCUA_READ, OPCUA_WRITE, MQTT_READ, MQTT_PUBLISH, SERIAL)
