"""Long work on many structures, done in parts: what is finished is not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

#: Called with (parts done, parts) after each part.
Report = Callable[[int, int], None]


def make_parts(
    make: Callable[..., None],
    jobs: Mapping[Path, tuple[Any, ...]],
    *,
    workers: int | None = None,
    report: Report | None = None,
    context: BaseContext | None = None,
) -> None:
    """Call ``make(*arguments)`` in processes for each part whose file is not there.

    Args:
        make: makes a part; writes its file last, atomically.
        jobs: file of each part -> arguments of ``make``.
        workers: processes; None for one per core.
        report: called after each part.
        context: how processes are started; None for the platform's way.
    """
    missing = [file for file in jobs if not file.exists()]
    done = len(jobs) - len(missing)
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        running = [pool.submit(make, *jobs[file]) for file in missing]
        try:
            for job in as_completed(running):
                job.result()
                done += 1
                if report is not None:
                    report(done, len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def parts_folder(target: Path, key: object) -> Iterator[Path]:
    """A folder beside ``target`` for the parts of one job; removed when all went well.

    Args:
        target: where the whole goes.
        key: what the parts depend on, for JSON; another key is another folder.
    """
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]
    folder = target.with_name(f".{target.stem}.{digest}.parts")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
