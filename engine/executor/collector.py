"""The garbage collector in an engine: what an engine holds lives as long as its runs, so it is looked at less often.

With the usual thresholds, a fifth of a busy engine's time went into walking live states and finding nothing.
"""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 50)


def rest() -> None:
    """Leave out what is loaded by now, and collect after many more new objects than usual; twice is harmless."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
