"""`serial.exchange`: bytes out on a serial line, and the answer until its end."""

from __future__ import annotations

import contextlib
from typing import Any

from engine.errors import StepError
from engine.nodes.context import EffectClass
from engine.nodes.device_args import SerialArgs
from engine.tools.devices.common import Job, in_thread, need, package_health, place_of, talk
from engine.tools.tool import Tool, ToolEnv, timeout_of

TIMEOUT_S = 5.0
MAX_BYTES = 1_000_000
_SOCKET = "socket://"
_PARITY = {"none": "N", "even": "E", "odd": "O"}


async def _call(args: SerialArgs, env: ToolEnv) -> dict[str, Any]:
    timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
    opened = args.port
    if "://" in args.port:
        place = await place_of(args.port, {"socket": 4001}, "serial.exchange", env)
        opened = f"{_SOCKET}{f'[{place.ip}]' if ':' in place.ip else place.ip}:{place.port}"
    sent, until = _bytes(args, args.write, args.end), _bytes(args, args.until, "")
    async with talk(_lane(args)):
        data = await in_thread(lambda job: _exchange(args, opened, sent, until, job, timeout_s), timeout_s)
    if args.form == "hex":
        return {"answer": data.hex(" ").upper(), "bytes": len(data)}
    text = data.removesuffix(until) if until else data
    return {"answer": text.decode("utf-8", "replace").replace("\0", "\ufffd").rstrip("\r"), "bytes": len(data)}


def _exchange(args: SerialArgs, opened: str, sent: bytes, until: bytes, job: Job, timeout_s: float) -> bytes:
    need("serial.exchange")
    import serial as library

    try:
        port = library.serial_for_url(
            opened,
            baudrate=args.baud,
            bytesize=args.data_bits,
            parity=_PARITY[args.parity],
            stopbits=args.stop_bits,
            timeout=0.05,
            write_timeout=timeout_s,
            exclusive=True,  # elsewhere than on Windows two programs would read each other's answers
        )
    except (library.SerialException, OSError, ValueError) as error:
        raise _unopened(args, error) from None
    try:
        with contextlib.suppress(library.SerialException, OSError):
            port.reset_input_buffer()  # what came before belongs to no question of ours
        if job.left() <= 0:
            raise StepError("timeout", f"{args.port}: stopped before anything was sent.")
        if sent:
            job.sent = True
            port.write(sent)
            if not args.port.startswith(_SOCKET):
                port.flush()
        return _answer(args, port, until, job, timeout_s)
    except library.SerialTimeoutException:
        raise _fault("timeout", f"{args.port}: the line does not take what is sent", job) from None
    except (library.SerialException, OSError) as error:
        raise _fault("connection", f"{args.port}: {error}", job) from None
    finally:
        with contextlib.suppress(library.SerialException, OSError):
            port.close()


def _answer(args: SerialArgs, port: Any, until: bytes, job: Job, timeout_s: float) -> bytes:
    if args.length == 0 or (args.length is None and not until and not args.timeout_s):
        return b""
    data = bytearray()
    while args.length is None or len(data) < args.length:
        if until and args.length is None and data.endswith(until):
            return bytes(data)
        if job.left() <= 0:
            if not until and args.length is None and not job.stopped:
                return bytes(data)  # whatever came in this time is what was asked for
            what = f"{len(data)} bytes and not the end" if data else "no answer"
            raise _fault("timeout", f"{args.port}: {what} within {timeout_s:g} s", job)
        data += port.read(1 if until or args.length is not None else 4096)
        if len(data) > MAX_BYTES:
            raise _fault("limit", f"{args.port}: the answer has more than {MAX_BYTES} bytes", job)
    return bytes(data)


def _bytes(args: SerialArgs, text: str, end: str) -> bytes:
    if not text:
        return b""
    if args.form == "text" or text == "\n":
        return (text + end).encode()
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise StepError("invalid", f"{text[:100]!r} is not hex, such as 02 41 0D.", retryable=False) from None


def _unopened(args: SerialArgs, error: Exception) -> StepError:
    number = getattr(error, "errno", None)
    said = str(error)
    if number == 13 or "PermissionError" in said or "Access is denied" in said or "exclusively" in said:
        return StepError("permission", f"{args.port} may not be opened: it is in use, or not yours.", retryable=False)
    if number == 2 or "FileNotFoundError" in said or "could not find" in said:
        return StepError("not_found", f"There is no serial port {args.port}.", retryable=False)
    return StepError("connection", f"{args.port}: {said[:300]}")


def _fault(cls: Any, why: str, job: Job) -> StepError:
    return StepError(cls, f"{why}.", outcome_unknown=job.sent)


def _effect(args: SerialArgs) -> EffectClass:
    if not args.write:
        return "pure"
    return "at_most_once" if args.effect == "checkable" else args.effect  # a line has nothing that could be asked


def _lane(args: SerialArgs) -> str:
    return f"device:{args.port.strip().lower().removeprefix(_SOCKET)}"


SERIAL_EXCHANGE = Tool(
    name="serial.exchange",
    summary="Sends bytes on a serial line and reads the answer.",
    args=SerialArgs,
    effect=_effect,
    call=_call,
    lane=_lane,
    timeout_s=TIMEOUT_S,
    placement="edge",
    risk="high",
    chooses=("port", "write"),
    reach="The serial ports of this PC, and device servers as far as this PC's settings allow them.",
    health=package_health("serial.exchange"),
)
