"""Lightning, set up for many short runs: quiet, checkpointed, resumed."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from pyg_energyloss.experiments.training import Training
from pyg_energyloss.files import read_or_set_aside

#: Checkpoints in the course of a run.
CHECKPOINTS = 5


class AtomicCheckpoint(pl.Callback):
    """Saves the whole training state every so many steps; a kill never leaves a torn file.

    Args:
        path: The checkpoint, replaced each time.
        every: Steps between two checkpoints.
    """

    def __init__(self, path: Path, *, every: int) -> None:
        self.path, self.every = path, every

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Save after the step's optimiser and schedule have moved."""
        if trainer.global_step % self.every == 0 and trainer.global_step:
            beside = self.path.with_suffix(".tmp")
            trainer.save_checkpoint(beside)
            if trainer.is_global_zero:
                beside.replace(self.path)


def fit(
    training: Training, callbacks: list[pl.Callback], checkpoint: Path, **hardware: Any
) -> pl.Trainer:
    """Train to the spec's last step, from the checkpoint if there is a whole one.

    Args:
        training: What to train.
        callbacks: Called before the checkpoint is saved.
        checkpoint: Replaced atomically now and then.
        hardware: Lightning's ``devices``, ``num_nodes`` and ``strategy``.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    steps = training.spec.steps
    with warnings.catch_warnings():
        # Lightning's advice on workers and log intervals is not for these in-memory runs.
        warnings.filterwarnings("ignore", module="lightning.*")
        save = AtomicCheckpoint(checkpoint, every=max(1, steps // CHECKPOINTS))
        trainer = pl.Trainer(
            max_steps=steps,
            accelerator="auto",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            gradient_clip_val=training.max_gradient_norm,
            precision=training.spec.precision,  # type: ignore[arg-type] # Lightning checks it
            callbacks=[*callbacks, save],
            **{"devices": 1, **hardware},
        )
        whole = read_or_set_aside(checkpoint, lambda path: torch.load(path, weights_only=True))
        resume = None if whole is None else str(checkpoint)
        trainer.fit(training, ckpt_path=resume, weights_only=True if resume else None)
    return trainer
