"""The system's keyring (Windows Credential Locker, macOS Keychain, Secret Service): it keeps one small key for us.

Everything is asked in a thread of its own with a time limit: a keyring may wait for a dialog that nobody sees.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import importlib
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from engine.errors import Refused
from engine.keys.sealed import KEY_BYTES

SERVICE = "Signalbox"
TRUSTED = {
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Locker",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    "keyring.backends.SecretService.Keyring": "Secret Service",
    "keyring.backends.libsecret.Keyring": "Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
}
_OWN = {"win32": ("Windows", "win32ctypes.pywin32"), "darwin": ("macOS", "")}
"""By system the keyring that comes with it, and the package that speaks to it; elsewhere the Secret Service."""
_T = TypeVar("_T")


class Unusable(Refused):
    """There is no keyring that keeps a key safely, or it does not answer."""


def name_of(backend: Any) -> str:
    """A trusted backend's name for people; "" for all others."""
    names = (f"{one.__module__}.{one.__qualname__}" for one in type(backend).__mro__)
    return next((TRUSTED[name] for name in names if name in TRUSTED), "")


def label(wait_s: float) -> str:
    """The name of the keyring that is used here; Unusable when there is none."""
    return _asked(name_of, wait_s)


def offered() -> list[str]:
    """The keyrings that this copy can ask, on whatever system it runs; ImportError when this one's is not with it."""
    from importlib.metadata import entry_points

    own, library = _OWN.get(sys.platform, ("SecretService", "secretstorage"))
    found = [one.name for one in entry_points(group="keyring.backends") if one.name != "chainer" and one.load()]
    if own not in found:
        raise ImportError(f"The keyring library does not know {own}.")
    if library:
        importlib.import_module(library)
    return sorted(found)


def load(vault: str, wait_s: float) -> bytes | None:
    """The key of a vault; None when this user's keyring has none. Unusable when it cannot be asked."""
    found = _asked(lambda backend: backend.get_password(SERVICE, vault), wait_s)
    try:
        key = base64.b64decode(found or "", validate=True)
    except binascii.Error:
        return None
    return key if len(key) == KEY_BYTES else None


def keep(vault: str, key: bytes, wait_s: float) -> None:
    """Put a key there, and see that it can be read back. Unusable when not."""
    text = base64.b64encode(key).decode()

    def work(backend: Any) -> None:
        backend.set_password(SERVICE, vault, text)
        if backend.get_password(SERVICE, vault) != text:
            raise Unusable(f"{name_of(backend)} does not give back what was put into it.")

    _asked(work, wait_s)


def forget(vault: str, wait_s: float) -> None:
    """Take a key out; it does not matter when that fails."""
    with contextlib.suppress(Unusable):
        _asked(lambda backend: backend.delete_password(SERVICE, vault), wait_s)


def _asked(work: Callable[[Any], _T], wait_s: float) -> _T:
    outcome: list[Any] = []
    heard: list[str] = []

    def job() -> None:
        try:
            backend = _backend()
            heard.append(name_of(backend))
            outcome.append((work(backend), None))
        except Unusable as error:
            outcome.append((None, error))
        except Exception as error:  # a backend's own: every one of them means that it cannot be used
            outcome.append((None, Unusable(_why(error, heard[0] if heard else "The keyring"))))

    # a thread that still waits for a dialog must not keep the program from ending
    thread = threading.Thread(target=job, name="keyring", daemon=True)
    thread.start()
    thread.join(wait_s)
    if not outcome:
        who = heard[0] if heard else "The keyring"
        raise Unusable(f"{who} did not answer within {wait_s:g} s; it may be waiting for somebody to unlock it.")
    value, error = outcome[0]
    if error is not None:
        raise error
    found: _T = value
    return found


def _backend() -> Any:
    import keyring

    chosen = keyring.get_keyring()
    several = getattr(chosen, "backends", None) or [chosen]
    for one in several:
        if name_of(one):
            return one
    kind = type(chosen)
    if kind.__module__ in ("keyring.backends.fail", "keyring.backends.chainer"):
        raise Unusable("This system has no keyring (on Linux: no Secret Service on the session's D-Bus).")
    raise Unusable(f"The keyring here, {kind.__module__}.{kind.__qualname__}, is none that keeps keys safely.")


def _why(error: Exception, who: str) -> str:
    said = " ".join(str(error).split()).rstrip(".")[:200]
    if type(error).__name__ == "KeyringLocked":
        return f"{who} is locked" + (f": {said}." if said else ".")
    return f"{who} cannot be used: {type(error).__name__}" + (f": {said}." if said else ".")
