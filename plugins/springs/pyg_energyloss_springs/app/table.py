"""Tables to learn from: a CSV file, or the one that scikit-learn carries."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.files import npz_bytes, write_bytes

Array = NDArray[np.float64]
Table = tuple[tuple[str, ...], tuple[str, ...], Array, Array]
#: Fewer rows cannot be parted into training, validation and test.
FEWEST_ROWS = 20


def diabetes() -> Table:
    """Ten measurements of 442 patients and the progress of their diabetes a year later.

    Source: Efron, Hastie, Johnstone, Tibshirani, Annals of Statistics 32, 407 (2004); the copy
    inside scikit-learn.
    """
    from sklearn.datasets import load_diabetes

    found = load_diabetes()
    return tuple(found.feature_names), ("progression",), found.data, found.target[:, None]


def read_csv(path: Path, target: list[str], features: list[str] | None = None) -> Table:
    """Read numeric columns of a CSV file with a header line.

    Args:
        path: the file.
        target: columns to learn.
        features: columns to learn from; all other numeric columns if None.

    Returns:
        Names of features and targets, and their values [num_rows, ...]. Rows with an empty or
        non-numeric entry in one of these columns are left out.

    Raises:
        UserError: the file, a column or the numbers are not there.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            sample = stream.read(4096)
            stream.seek(0)
            rows = list(csv.reader(stream, _dialect(sample)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"cannot read --csv {path}: {reason}") from error
    if len(rows) < 2:  # noqa: PLR2004 - a header and a row
        raise UserError(f"--csv {path} must have a header line and rows of numbers")
    header = [name.strip() for name in rows[0]]
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise UserError(f"--csv {path} has two columns called {doubled[0]!r}; rename one")
    for name in [*target, *(features or [])]:
        if name not in header:
            raise UserError(
                f"--csv {path} has no column {name!r}; its columns are {', '.join(header)}"
            )
    body = [row for row in rows[1:] if len(row) == len(header)]
    numbers = np.array([[_number(cell) for cell in row] for row in body]).reshape(-1, len(header))
    if features is None:
        mostly = np.isfinite(numbers).mean(axis=0) > 0.5  # noqa: PLR2004 - a numeric column
        features = [n for n, ok in zip(header, mostly, strict=True) if ok and n not in target]
    if not features:
        raise UserError(f"--csv {path} has no numeric column besides the target")
    chosen = [header.index(name) for name in [*features, *target]]
    numbers = numbers[:, chosen]
    numbers = numbers[np.isfinite(numbers).all(axis=1)]
    if len(numbers) < FEWEST_ROWS:
        raise UserError(
            f"--csv {path} has {len(numbers)} rows with numbers in {', '.join(features)} and "
            f"{', '.join(target)}; at least {FEWEST_ROWS} are needed"
        )
    split = len(features)
    return tuple(features), tuple(target), numbers[:, :split], numbers[:, split:]


def packed(table: Table, folder: Path) -> str:
    """Write a table where the runs of a study find it; its name tells tables apart."""
    features, target, inputs, values = table
    arrays = {"features": np.array(features), "target": np.array(target)}
    content = npz_bytes({**arrays, "inputs": inputs, "values": values})
    name = f"table-{hashlib.sha256(content).hexdigest()[:8]}.npz"
    write_bytes(folder / name, content)
    return name


def unpacked(arrays: Mapping[str, NDArray[Any]]) -> Table:
    """The table that `packed` wrote."""
    features, target = (tuple(arrays[name].tolist()) for name in ("features", "target"))
    return features, target, arrays["inputs"], arrays["values"]


def _dialect(sample: str) -> type[csv.Dialect] | csv.Dialect:
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t")
    except csv.Error:
        return csv.excel


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
