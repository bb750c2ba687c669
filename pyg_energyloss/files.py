"""Files that are either whole or absent: written beside the target, then renamed over it."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write ``content`` to ``path`` atomically: a reader or a kill never sees a torn file.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files for the owner alone; results are to be shared as the umask says.
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def npz_bytes(arrays: Mapping[str, Any]) -> bytes:
    """The content of a compressed npz file with these arrays."""
    import numpy as np

    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def write_text(path: str | os.PathLike[str], content: str) -> Path:
    """Write UTF-8 text atomically."""
    return write_bytes(path, content.encode())


def write_json(path: str | os.PathLike[str], document: Any) -> Path:
    """Write JSON atomically; NaN and infinities become null, so that every parser reads it."""
    return write_text(path, json.dumps(_plain(document), indent=1, allow_nan=False) + "\n")


def write_csv(
    path: str | os.PathLike[str], columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> Path:
    """Write rows as CSV atomically; a row without a column leaves the cell empty."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return write_text(path, stream.getvalue())


def _plain(value: Any) -> Any:
    """JSON's own types for tensors, arrays, paths and non-finite numbers."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    raise TypeError(f"`document` holds a {type(value).__name__}, which JSON cannot express")
