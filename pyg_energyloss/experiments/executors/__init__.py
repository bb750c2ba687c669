"""Executors behind the interface of ``concurrent.futures``, and the loop over runs that they serve.

A run is a folder. Progress, result and errors are files in it, so that every executor has live
progress, resume and retries of lost workers.
"""

from pyg_energyloss.experiments.executors.display import ProgressDisplay, is_unicode, plain
from pyg_energyloss.experiments.executors.events import Outcome, RunEvent
from pyg_energyloss.experiments.executors.folder_lock import FolderInUseError, folder_lock
from pyg_energyloss.experiments.executors.local import LocalExecutor, WorkerLostError
from pyg_energyloss.experiments.executors.named import EXECUTORS, make_executor
from pyg_energyloss.experiments.executors.progress_file import ProgressFile
from pyg_energyloss.experiments.executors.ray_cluster import RayExecutor
from pyg_energyloss.experiments.executors.run_folders import run_folders
from pyg_energyloss.experiments.executors.slurm import SlurmExecutor

__all__ = [
    "EXECUTORS",
    "FolderInUseError",
    "LocalExecutor",
    "Outcome",
    "ProgressDisplay",
    "ProgressFile",
    "RayExecutor",
    "RunEvent",
    "SlurmExecutor",
    "WorkerLostError",
    "folder_lock",
    "is_unicode",
    "make_executor",
    "plain",
    "run_folders",
]
