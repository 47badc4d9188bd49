"""Workflow files: read in whole or not at all, written in whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from designer.resources import tr
from engine.errors import Refused
from engine.workflow.canonical import to_json
from engine.workflow.file import MAX_BYTES, dump_text, load_text
from engine.workflow.model import Workflow

SUFFIX = ".workflow.yaml"


def import_file(path: Path) -> Workflow:
    """The workflow in a file; Refused with one sentence when it cannot be read or holds none."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refused(tr("The file cannot be read: {why}.").format(why=_reason(error)), where=path.name) from None
    return load_text(data, where=path.name)


def export_file(workflow: Workflow, path: Path) -> bool:
    """Write the workflow; False when the file says the same already, and is left as it is, comments and all."""
    if _says_the_same(workflow, path):
        return False
    target = path.resolve()  # a link keeps pointing to the file that is written
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(
            "wb", dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
        ) as file:
            temporary = file.name
            file.write(dump_text(workflow).encode())
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        else:
            os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise Refused(tr("The file cannot be written: {why}.").format(why=_reason(error)), where=path.name) from None
    return True


def _says_the_same(workflow: Workflow, path: Path) -> bool:
    try:
        return path.is_file() and to_json(import_file(path)) == to_json(workflow)
    except (Refused, OSError):
        return False


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).rstrip(".")
