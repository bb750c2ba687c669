"""Peak memory of a piece of work."""

from __future__ import annotations

from pathlib import Path

import torch

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def reset_peak_memory() -> None:
    """Start a new measurement; does nothing where the system has no such counter."""
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
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    try:
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return float("nan")
