"""Encryption of one text under a 32-byte key (AES-256-GCM), and keys from passphrases (argon2id).

The libraries are loaded when they are used: a workflow without secrets needs none of them.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from engine.errors import Refused
from engine.settings.base import Frozen

KEY_BYTES = 32
_NONCE_BYTES = 12


class Argon(Frozen):
    """How a key was made of a passphrase; the bounds keep a strange file from using up the PC."""

    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    time: Annotated[int, Field(ge=1, le=20)] = 3
    memory_kib: Annotated[int, Field(ge=8192, le=1024 * 1024)] = 64 * 1024
    lanes: Annotated[int, Field(ge=1, le=16)] = 4


class Sealed(Frozen):
    """An encrypted text: nonce and cipher text with its tag, both base64."""

    nonce: Annotated[str, Field(max_length=64)]
    data: Annotated[str, Field(max_length=1_000_000)]


def new_key() -> bytes:
    """A key by chance."""
    return secrets.token_bytes(KEY_BYTES)


def new_argon() -> Argon:
    """Parameters for a new passphrase: RFC 9106's second choice, 64 MiB."""
    return Argon(salt=secrets.token_hex(16))


def derive(passphrase: str, argon: Argon) -> bytes:
    """The key of a passphrase. Takes a tenth of a second and up, on purpose."""
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        passphrase.encode("utf-8", "surrogatepass"),
        bytes.fromhex(argon.salt),
        time_cost=argon.time,
        memory_cost=argon.memory_kib,
        parallelism=argon.lanes,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


def seal(key: bytes, text: str, about: Sequence[Any]) -> Sealed:
    """The text encrypted; `about` is JSON that is not hidden and cannot be changed either."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    data = AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), _bytes(about))
    return Sealed(nonce=base64.b64encode(nonce).decode(), data=base64.b64encode(data).decode())


def unseal(key: bytes, sealed: Sealed, about: Sequence[Any]) -> str | None:
    """The text; None when it was not sealed with this key and about this."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        nonce, data = (base64.b64decode(part, validate=True) for part in (sealed.nonce, sealed.data))
        return AESGCM(key).decrypt(nonce, data, _bytes(about)).decode("utf-8", "surrogatepass")
    except (InvalidTag, binascii.Error, ValueError):
        return None


def _bytes(about: Sequence[Any]) -> bytes:
    return json.dumps(about, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def check_passphrase(passphrase: str) -> str:
    """The passphrase; Refused when anybody could guess it."""
    if len(passphrase) < 10:
        raise Refused("A passphrase has at least 10 characters.", remedy="Several words are easy to remember.")
    return passphrase
