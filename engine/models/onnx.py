"""One ONNX model in the worker process: nested lists and images in, nested lists out, checked before it runs."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import StepError
from engine.models.image import image_tensor

_CPU = "CPUExecutionProvider"
_TRIED = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "DmlExecutionProvider")
_SILENT = 4  # only fatal faults: a provider that cannot start is no news, its absence is reported
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int8)": np.int8,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
    "tensor(uint16)": np.uint16,
    "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.str_,
}
_IMAGE_TYPES = (np.float32, np.float64, np.float16, np.uint8)
MAX_ELEMENTS = 50_000_000


class Onnx:
    """A loaded model. Raises StepError when the file cannot be loaded or its inputs do not fit."""

    def __init__(self, path: Path, *, threads: int, providers: Sequence[str] | None = None) -> None:
        # Else it makes a device id in the home folder and sends what it is used for to its maker (docs/decisions/0010).
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime as runtime

        runtime.set_default_logger_severity(_SILENT)
        self.path, self.threads, self.runtime = path, threads, runtime
        available = runtime.get_available_providers()
        wanted = [name for name in providers or _TRIED if name in available and name != _CPU]
        self.session = self._session(wanted)
        self.inputs = {item.name: item for item in self.session.get_inputs()}
        self.outputs = [item.name for item in self.session.get_outputs()]

    def _session(self, wanted: Sequence[str]) -> Any:
        """The first provider that really starts a session with this model; the CPU always can."""
        options = self.runtime.SessionOptions()
        options.log_severity_level = _SILENT
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        if self.threads > 1:
            # Idle threads would otherwise spin and take the cores from everything else.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        for name in wanted:
            try:
                session = self.runtime.InferenceSession(self.path, options, providers=[name, _CPU])
            except Exception:  # whatever it was, this provider does not work here
                continue
            if name in session.get_providers():
                return session
        try:
            return self.runtime.InferenceSession(self.path, options, providers=[_CPU])
        except Exception as fault:
            reason = str(fault).splitlines()[0][:300]
            raise StepError(
                "invalid", f"The model {self.path.name} cannot be loaded: {reason}", retryable=False
            ) from None

    def describe(self) -> dict[str, Any]:
        """What runs: for the run record. `provider` is what the session says, not what was wished for."""
        return {
            "provider": self.session.get_providers()[0],
            "runtime": f"onnxruntime {self.runtime.__version__}",
            "threads": self.threads,
            "inputs": {name: {"type": item.type, "shape": list(item.shape)} for name, item in self.inputs.items()},
            "outputs": self.outputs,
        }

    def infer(self, inputs: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
        """One inference: {outputs, usage}. `files` holds the bytes of file values by their hash, as base64."""
        missing, extra = sorted(set(self.inputs) - set(inputs)), sorted(set(inputs) - set(self.inputs))
        if missing or extra:
            fault = f"lacks the input `{missing[0]}`" if missing else f"has no input `{extra[0]}`"
            subject = "This request" if missing else "The model"
            raise _misfit(f"{subject} {fault}; the model's inputs are {', '.join(self.inputs)}.")
        feed = {name: _given(self.inputs[name], value, files) for name, value in inputs.items()}
        begin = time.perf_counter()
        try:
            results = self.session.run(self.outputs, feed)
        except Exception as fault:
            if self.session.get_providers()[0] == _CPU:
                reason = str(fault).splitlines()[0][:300]
                raise StepError("invalid", f"The model cannot compute this: {reason}", retryable=False) from None
            self.session = self._session([])  # it started on the accelerator but does not run there
            return self.infer(inputs, files)
        took = round(time.perf_counter() - begin, 6)
        named = zip(self.outputs, results, strict=True)
        return {"outputs": {name: _plain(name, value) for name, value in named}, "usage": {"infer_s": took}}


def _misfit(text: str) -> StepError:
    return StepError("schema", text, retryable=False)


def _given(item: Any, value: Any, files: Mapping[str, str]) -> Any:
    """A tensor from nested lists, or from one file value or a list of them: images."""
    references = [value] if isinstance(value, dict) else value
    if not isinstance(references, list) or not references or not all(isinstance(one, dict) for one in references):
        return _tensor(item, value)
    images = [base64.b64decode(files.get(str(one.get("$blob")), "")) for one in references]
    kind = _TYPES.get(item.type)
    if kind not in _IMAGE_TYPES:
        raise _misfit(f"The input `{item.name}` is of type {item.type}, which takes no image.")
    return image_tensor(item.name, list(item.shape), kind, images)


def _tensor(item: Any, value: Any) -> Any:
    """Nested lists as the array that the input wants; numbers are never rounded or cut off silently."""
    kind = _TYPES.get(item.type)
    if kind is None:
        raise _misfit(f"The input `{item.name}` is of type {item.type}, which cannot be given.")
    try:
        given = np.array(value)
    except (ValueError, TypeError, OverflowError):
        raise _misfit(f"The input `{item.name}` must be evenly nested lists of numbers.") from None
    fits = given.dtype.kind in {"f": "fiub", "i": "iu", "u": "iu", "b": "b", "U": "U"}[np.dtype(kind).kind]
    if not fits and given.size:
        raise _misfit(f"The input `{item.name}` must hold {item.type[7:-1]} values, not {given.dtype}.")
    if given.size > MAX_ELEMENTS:
        raise _misfit(f"The input `{item.name}` has {given.size:,} values; the most is {MAX_ELEMENTS:,}.")
    _check_shape(item, given.shape)
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise _misfit(f"The input `{item.name}` holds a value that is not a finite number.")
    if np.dtype(kind).kind in "iu" and given.size:
        limits = np.iinfo(kind)
        if int(given.min()) < limits.min or int(given.max()) > limits.max:
            raise _misfit(f"The input `{item.name}` holds a value outside of {item.type[7:-1]}.")
    with np.errstate(over="ignore"):
        made: Any = given.astype(object if kind is np.str_ else kind)
    if np.dtype(kind).kind == "f" and not np.isfinite(made).all():
        raise _misfit(f"The input `{item.name}` holds a value too large for {item.type[7:-1]}.")
    return made


def _check_shape(item: Any, shape: tuple[int, ...]) -> None:
    wanted = list(item.shape)
    if len(wanted) == len(shape) and all(
        not isinstance(want, int) or want == have for want, have in zip(wanted, shape, strict=True)
    ):
        return
    text = " × ".join(str(side) if isinstance(side, int) else "any" for side in wanted)
    raise _misfit(
        f"The input `{item.name}` must have the shape {text}, not {' × '.join(map(str, shape)) or 'one value'}."
    )


def _plain(name: str, value: Any) -> Any:
    if not hasattr(value, "dtype"):
        raise StepError("invalid", f"The output `{name}` is no tensor, which cannot be recorded.", retryable=False)
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise StepError("invalid", f"The output `{name}` holds a value that is not a finite number.", retryable=False)
    return value.tolist()
