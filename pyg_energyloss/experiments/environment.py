"""Versions, machine, date and peak memory, for anyone who wants to repeat the figures."""

from __future__ import annotations

import os
import platform
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from pyg_energyloss._version import __version__

VERSIONED = ("torch", "torch-geometric", "lightning", "e3nn", "ase", "tblite", "rdkit", "numba")

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def environment() -> dict[str, Any]:
    """Versions of what matters, machine, and date, as plain values."""
    import torch

    return {
        "pyg_energyloss": __version__,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in VERSIONED},
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
    }


def reset_peak_memory() -> None:
    """Start a new measurement; does nothing where the system has no such counter."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        return
    try:
        _CLEAR.write_text("5")  # Linux: reset the peak resident set size of this process
    except OSError:
        return


def peak_memory_mib() -> float:
    """Peak since the last reset in MiB: CUDA allocations, or the process's resident set on a CPU.

    NaN where neither can be read (a CPU-only machine without /proc).
    """
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    try:
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return float("nan")


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
