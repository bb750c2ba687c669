"""Files that are either whole or absent: written beside the target, then renamed over it.

What is read back may still be torn, by a full disk or a copy that was cut short: such a file is
named in the error, or set aside under the name ``*.corrupt`` so that it is made again.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import pickle
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

#: Ends the names of files that are being written; one that a kill leaves behind is litter.
UNFINISHED = ".tmp"

#: What readers raise for content that is not whole: JSON, npz, and checkpoints of torch.
UNREADABLE = (
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    zlib.error,
)


class CorruptFileError(ValueError):
    """A file whose content is not whole; the message names it."""


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write ``content`` to ``path`` atomically: a reader or a kill never sees a torn file.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=UNFINISHED, dir=target.parent)
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


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the JSON object in a file.

    Raises:
        FileNotFoundError: there is no such file.
        CorruptFileError: it is empty, cut short, or not an object.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise TypeError(f"expected an object, got {type(document).__name__}")  # noqa: TRY301
    except (ValueError, TypeError) as error:
        raise CorruptFileError(_corrupt(path, error)) from error
    return document


def read_npz(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read all arrays of an npz file; nothing is unpickled.

    Raises:
        FileNotFoundError: there is no such file.
        CorruptFileError: it is empty, cut short, or damaged.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (*UNREADABLE, AttributeError) as error:  # AttributeError: a bare array, not an archive
        raise CorruptFileError(_corrupt(path, error)) from error


def read_or_set_aside(
    path: str | os.PathLike[str],
    read: Callable[[Path], T] = read_json,  # type: ignore[assignment]
) -> T | None:
    """Return what ``read`` makes of a file, None where there is no file or no whole one.

    A file that is not whole is renamed to ``*.corrupt`` with a warning, so that it is made again.

    >>> import pathlib, tempfile, warnings
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "result.json"
    >>> _ = path.write_text('{"cut": ')
    >>> with warnings.catch_warnings(action="ignore"):
    ...     read_or_set_aside(path)
    >>> [found.name for found in path.parent.iterdir()]
    ['result.json.corrupt']

    Args:
        path: The file.
        read: Reads it, such as `read_json`, `read_npz` or a ``torch.load`` with ``weights_only``.
    """
    found = Path(path)
    try:
        return read(found)
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        aside = found.with_name(f"{found.name}.corrupt")
        found.replace(aside)
        text = str(error) if isinstance(error, CorruptFileError) else _corrupt(found, error)
        warnings.warn(f"{text}; it is set aside as {aside.name}", RuntimeWarning, stacklevel=2)
        return None


def _corrupt(path: str | os.PathLike[str], error: Exception) -> str:
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"{os.fspath(path)} is not whole ({reason})"


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
