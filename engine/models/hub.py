"""What a person names on a hub of model files, as addresses; what the hub says of a file. Paths as Hugging Face's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from engine.errors import Refused, StepError
from engine.net.address import parse
from engine.settings import HubSetting

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_FILE = re.compile(r"[^\x00-\x1f\\:*?\"<>|]{1,400}")
_SHA = re.compile(r"[0-9a-f]{64}")
SUFFIXES = (".gguf", ".onnx")


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be downloaded: `address` of the file, "" while a repository's file is not chosen; `listing` is where
    the hub says what there is in the repository, "" for a plain address. `name` is the file's name here."""

    address: str
    name: str
    repository: str = ""
    listing: str = ""


def source_of(given: str, file: str, revision: str, hub: HubSetting) -> Source:
    """What SOURCE means: `owner/name` on the hub, or an https:// address. Refused with what is wrong."""
    if given.startswith(("http://", "https://")):
        try:
            parse(given)
            path = unquote(urlsplit(given).path)
        except (StepError, ValueError) as fault:
            raise Refused(f"{given[:200]!r} is no address: {fault}") from None
        return Source(given, _name(file or path.rsplit("/", 1)[-1]))
    if not _REPOSITORY.fullmatch(given) or ".." in given:
        raise Refused(
            f"{given!r} is neither a repository (`owner/name`) nor an https:// address.",
            remedy="Copy either from the model's page.",
        )
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise Refused(f"{revision!r} is no revision: a branch, a tag or a commit.")
    root = hub.url.rstrip("/")
    listing = f"{root}/api/models/{given}/revision/{quote(revision, safe='')}?blobs=true"
    if not file:
        return Source("", "", given, listing)
    if not _FILE.fullmatch(file) or file.startswith("/") or ".." in file.split("/"):
        raise Refused(f"{file!r} cannot be the path of a file in a repository.")
    address = f"{root}/{given}/resolve/{quote(revision, safe='')}/{quote(file)}"
    return Source(address, _name(file.rsplit("/", 1)[-1]), given, listing)


def _name(name: str) -> str:
    if not _FILE.fullmatch(name) or "/" in name or name.startswith(".") or not name.lower().endswith(SUFFIXES):
        raise Refused(
            f"{name[:80]!r} is not the name of a model file (.gguf, .onnx).", remedy="Say which file with --file."
        )
    return name


def only_file(listing: Any, repository: str) -> str:
    """The one model file of a repository. Refused, with what there is, when there are several or none."""
    names = sorted(name for name in _files(listing) if name.lower().endswith(SUFFIXES))
    if len(names) == 1:
        return names[0]
    if not names:
        raise Refused(f"{repository} holds no model file (.gguf, .onnx).", remedy="Look for its GGUF edition.")
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    raise Refused(f"{repository} holds {len(names)} model files: {shown}.", remedy="Say which with --file.")


def sha_of(listing: Any, file: str) -> str:
    """The SHA-256 of a file by the hub's own list; "" when it does not say."""
    lfs = _files(listing).get(file, {}).get("lfs")
    sha = lfs.get("sha256") if isinstance(lfs, Mapping) else None
    return sha if isinstance(sha, str) and _SHA.fullmatch(sha) else ""


def sha_in(headers: Mapping[str, str]) -> str:
    """The SHA-256 that the hub's answer to a file's address states; "" when it does not."""
    tag = headers.get("x-linked-etag", "").removeprefix("W/").strip('"')
    return tag if _SHA.fullmatch(tag) else ""


def _files(listing: Any) -> dict[str, Mapping[str, Any]]:
    said = listing.get("siblings") if isinstance(listing, Mapping) else None
    found = [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
    return {str(one["rfilename"]): one for one in found if isinstance(one.get("rfilename"), str)}


def refusal(status: int, where: str, retry_after: str, repository: str, hub: str) -> Refused:
    """What an answer that is not the file means, in one sentence, and what to do."""
    page = f"{hub.rstrip('/')}/{repository}" if repository else where
    what, remedy = {
        401: ("wants to know who asks", "Store a token as a secret and name it in the settings: `hub.token`."),
        403: ("does not give this file to this account", f"Accept the model's terms on {page}, or use another token."),
        404: ("does not have this file", "Look at the repository, the file's name and the revision again."),
        410: ("does not have this file any more", "Look for another edition."),
        429: ("wants to be left alone for a while", f"Try again {_later(retry_after)}; what is here is kept."),
    }.get(status, ("fails", "Try again later; what is here is kept."))
    return Refused(f"{urlsplit(where).hostname} {what} (HTTP {status}).", where=page, remedy=remedy)


def _later(retry_after: str) -> str:
    return f"in {retry_after} s" if retry_after.isdecimal() and len(retry_after) < 7 else "later"
