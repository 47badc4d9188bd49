"""The model process: `python -m engine.models.worker <pid of the engine>`. One model file, one request at a time.

Native code may end this process at any time; the engine sees a failed attempt and starts another. The main thread owns
the model; a second thread reads requests, so that a cancel is heard while the model computes. When input ends, the
engine is gone and this process ends at once, whatever it is doing.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from engine import platform
from engine.errors import StepError
from engine.models import protocol
from engine.net import belt

if TYPE_CHECKING:
    from engine.models.asks import Ask
    from engine.models.llama import Llama
    from engine.models.onnx import Onnx

KEEP_S = 1.5
"""How long the engine's end waits for what is written to disk just now; less than the engine waits for this process."""
TEMPLATE_S = float(os.environ.get("SIGNALBOX_TEMPLATE_S", "15"))
"""A chat template that renders for longer is taken for hostile; only ending the process stops it."""


class _Port:
    """The two pipes, and which requests wait, run or are cancelled."""

    def __init__(self, source: IO[bytes], target: IO[bytes]) -> None:
        self._source, self._target = source, target
        self._sending, self._turn = threading.Lock(), threading.Lock()
        self._waiting: set[int] = set()
        self._running, self.cancelled = -1, threading.Event()
        self.requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.keeping = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        line = protocol.encode(message)
        with self._sending:
            self._target.write(line)
            self._target.flush()

    def fail(self, request: int, fault: StepError) -> None:
        self.send({"id": request, "error": protocol.error(fault)})

    def read_for_ever(self) -> None:
        """The reading thread: never returns."""
        try:
            for line in self._source:
                message = json.loads(line)
                if message["op"] == "cancel":
                    self._cancel(message["id"])
                else:
                    self._waiting.add(message["id"])
                    self.requests.put(message)
        finally:
            self.keeping.acquire(timeout=KEEP_S)
            os._exit(0)  # without clean-up: native code may be in the middle of something

    def _cancel(self, request: int) -> None:
        with self._turn:
            if request == self._running:
                self.cancelled.set()
            if request not in self._waiting:
                return
            self._waiting.remove(request)
        self.fail(request, StepError("stopped", "Cancelled before it began."))

    def begin(self, request: int) -> bool:
        """Whether this request, next in line, still wants an answer; `cancelled` is about it from now on."""
        with self._turn:
            self._running = request
            self.cancelled.clear()
            wanted = request in self._waiting
            self._waiting.discard(request)
            return wanted

    def end(self) -> None:
        with self._turn:
            self._running = -1


class _Text:
    """Collects an answer's new text and sends it now and then."""

    def __init__(self, port: _Port, request: int) -> None:
        self._port, self._request, self._sent = port, request, time.monotonic()
        self._parts: list[str] = []

    def __call__(self, text: str) -> None:
        if text:
            self._parts.append(text)
        if self._parts and time.monotonic() - self._sent >= protocol.DELTA_S:
            self.flush()

    def flush(self) -> None:
        if self._parts:
            self._port.send({"id": self._request, "delta": "".join(self._parts)})
            self._parts.clear()
            self._sent = time.monotonic()


def _load(request: dict[str, Any]) -> Llama | Onnx:
    if request.get("v") != protocol.VERSION:
        raise StepError("internal", "The engine and its model process are of different versions.", retryable=False)
    path, threads = Path(request["path"]), request["threads"]
    if request["kind"] == "onnx":
        from engine.models.onnx import Onnx

        return Onnx(path, threads=threads, providers=request.get("providers"))
    from engine.models.llama import Llama

    model = Llama(path, n_ctx=request["n_ctx"], threads=threads)
    self_test = path.with_suffix(".selftest.json")
    if self_test.is_file():
        model.self_test(self_test)
    return model


def _ask(model: Llama, request: dict[str, Any], port: _Port) -> dict[str, Any]:
    from engine.models.asks import Ask

    names = ("messages", "grammar", "choice", "sure", "max_tokens", "temperature", "seed", "adapters", "fixed", "cache")
    ask = Ask(**{name: request[name] for name in names if name in request})
    prompt = _prompt(model, ask, request["id"], port)
    if not request.get("stream"):
        return model.answer(prompt, ask, lambda _: None, port.cancelled)
    text = _Text(port, request["id"])
    answer = model.answer(prompt, ask, text, port.cancelled)
    text.flush()
    return answer


def _prompt(model: Llama, ask: Ask, request: int, port: _Port) -> list[int]:
    def stuck() -> None:
        said = "The chat template inside the model file does not come to an end."
        port.fail(request, StepError("invalid", said, retryable=False))
        os._exit(3)

    watch = threading.Timer(TEMPLATE_S, stuck)
    watch.daemon = True
    watch.start()
    try:
        return model.prompt(ask)
    finally:
        watch.cancel()


def _serve(port: _Port) -> None:
    model: Any = None
    while True:
        request = port.requests.get()
        if not port.begin(request["id"]):
            continue
        try:
            if request["op"] == "load":
                model = _guarded(_load, request)
                done = model.describe()
            elif request["op"] == "ask":
                done = _guarded(_ask, model, request, port)
            else:
                done = _guarded(_infer, model, request)
            with port.keeping:
                _guarded(port.send, {"id": request["id"], "ok": done})
                if request["op"] == "ask":
                    model.prefix.keep()
        except StepError as fault:
            port.fail(request["id"], fault)
            if model is None:
                return
        finally:
            port.end()


def _infer(model: Onnx, request: dict[str, Any]) -> dict[str, Any]:
    return {**model.infer(request["inputs"], request["files"]), "provider": model.describe()["provider"]}


def _guarded(work: Callable[..., Any], *args: Any) -> Any:
    """What goes wrong in there is a failed attempt; its traceback is for the log."""
    try:
        return work(*args)
    except StepError:
        raise
    except MemoryError:
        raise StepError("server", "There is not enough memory for this model.") from None
    except Exception as fault:
        traceback.print_exc(file=sys.stderr)
        raise StepError("internal", f"The model process failed: {type(fault).__name__}: {str(fault)[:300]}") from None


def main() -> None:
    """Serve until input ends."""
    if len(sys.argv) > 1 and sys.argv[-1].isdigit():
        platform.die_with_parent(int(sys.argv[-1]))
    belt.shut("model", True)  # a model file is code-like input, and needs nobody
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the engine, which then ends us in order
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # native code prints to descriptor 1, which must not get between our lines
    port = _Port(sys.stdin.buffer, target)
    threading.Thread(target=port.read_for_ever, name="requests", daemon=True).start()
    _serve(port)


if __name__ == "__main__":
    main()
