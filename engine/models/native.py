"""Opens llama.cpp's C interface, in the worker process only: a fault in native code ends the process it runs in."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from pathlib import Path
from typing import Any

_ERROR_LEVEL, _WARNING_LEVEL = 4, 3
_keep: list[Any] = []  # native code calls these as long as the process lives
last_errors: list[str] = []
"""What native code complained about lately; the newest last, five at most."""


def open_llama() -> Any:
    """The module of C functions, with its backends loaded and its log on stderr."""
    native: Any = importlib.import_module("llama_cpp.llama_cpp")
    library = native._lib
    if hasattr(library, "ggml_backend_load_all_from_path"):
        # Through libllama's own handle: another handle would fill the registry of a second copy of ggml.
        load = library.ggml_backend_load_all_from_path
        load.argtypes, load.restype = [ctypes.c_char_p], None
        load(os.fsencode(Path(native.__file__).parent / "lib"))
    callback = native.llama_log_callback(_log)
    _keep.append(callback)
    native.llama_log_set(callback, ctypes.c_void_p(0))
    native.llama_backend_init()
    return native


def _log(level: int, text: bytes, user_data: Any) -> None:
    if level not in (_WARNING_LEVEL, _ERROR_LEVEL):
        return
    line = text.decode("utf-8", "replace").strip()
    if level == _ERROR_LEVEL and line:
        last_errors.append(line)
        del last_errors[:-5]
    sys.stderr.write(line + "\n")
