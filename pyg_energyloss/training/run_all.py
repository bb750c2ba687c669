"""The loop that every comparison has: jobs over processes, progress, what to do with each end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from pyg_energyloss.training.jobs import Event, Job, run_jobs
from pyg_energyloss.training.progress import JobProgress


def run_all(
    jobs: Sequence[Job],
    *,
    done: Callable[[Event], str],
    errors: dict[str, str],
    save: Callable[[], None],
    total: int,
    workers: int,
    threads: int,
) -> None:
    """Run jobs and show their progress; leaving early, by Ctrl-C for instance, ends the workers.

    Args:
        jobs: What is left to run.
        done: Told of each job that is done; returns what to show of it.
        errors: Receives the error of each job that fails, by its name.
        save: Called after each job that is done or has failed.
        total: Number of jobs, those that were done before included.
        workers: Processes.
        threads: Threads of each.
    """
    if not jobs:
        return
    events = run_jobs(jobs, workers=workers, threads=threads)
    with JobProgress(total, already=total - len(jobs)) as progress, closing(events):
        for event in events:
            note = ""
            if event.kind == "done":
                note = done(event)
            elif event.kind == "failed":
                errors[event.job] = event.error
            if event.kind in ("done", "failed"):
                save()
            progress.show(event, note=note)
