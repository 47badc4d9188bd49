"""What this PC has, in one sentence that ends the question "will it run here?". Loads no AI library."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from designer.resources import tr

LITTLE_GB = 3.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Processor cores, memory in GB, the kind of graphics processor ("" for none)."""

    cores: int
    memory_gb: float
    gpu: str = ""


def facts() -> Facts:
    """Asks the system; some milliseconds."""
    import psutil

    return Facts(os.cpu_count() or 1, psutil.virtual_memory().total / 2**30, _gpu())


def _gpu() -> str:
    if sys.platform == "darwin":
        return "Apple GPU" if os.uname().machine == "arm64" else ""
    if Path("/dev/nvidia0").exists() or (sys.platform == "win32" and shutil.which("nvidia-smi")):
        return "NVIDIA GPU"
    return "AMD GPU" if Path("/dev/kfd").exists() else ""


def sentence(found: Facts) -> str:
    """ "8 cores, 16 GB, no GPU: fine. Runs offline: no account, key or download." """
    cores = tr("1 core") if found.cores == 1 else tr("{n} cores").format(n=found.cores)
    memory = f"{found.memory_gb:.0f} GB"
    verdict = tr("fine") if found.memory_gb >= LITTLE_GB else tr("enough for the shipped models")
    have = ", ".join((cores, memory, found.gpu or tr("no GPU")))
    return f"{have}: {verdict}. " + tr("Runs offline: no account, key or download.")
