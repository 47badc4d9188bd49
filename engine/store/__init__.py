"""The store: one SQLite file, content-addressed blobs, one writer (DESIGN §7)."""

from engine.store.blobs import BlobRef, Blobs
from engine.store.condition import Condition, condition
from engine.store.drafts import Draft, Drafts
from engine.store.errors import (
    Busy,
    Conflict,
    Corrupt,
    DiskFault,
    DiskFull,
    ReadOnly,
    StoreError,
    Unstorable,
)
from engine.store.journal import Batch, Journal, RunRow
from engine.store.lease import DATA_FILE, HeldElsewhere, Holder, Lease
from engine.store.library import Library, Version
from engine.store.presence import Presence, present
from engine.store.progress import Piece, Progress
from engine.store.raw import RawCommits
from engine.store.requests import Reply, Request, Requests
from engine.store.store import Store, open_store
from engine.store.verify import Fault, verify

__all__ = [
    "DATA_FILE",
    "Batch",
    "BlobRef",
    "Blobs",
    "Busy",
    "Condition",
    "Conflict",
    "Corrupt",
    "DiskFault",
    "DiskFull",
    "Draft",
    "Drafts",
    "Fault",
    "HeldElsewhere",
    "Holder",
    "Journal",
    "Lease",
    "Library",
    "Piece",
    "Presence",
    "Progress",
    "RawCommits",
    "ReadOnly",
    "Reply",
    "Request",
    "Requests",
    "RunRow",
    "Store",
    "StoreError",
    "Unstorable",
    "Version",
    "condition",
    "open_store",
    "present",
    "verify",
]
