"""Lightning, set up for many short runs: quiet, checkpointed, resumed."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import lightning.pytorch as pl

from pyg_energyloss.training.callbacks import AtomicCheckpoint

#: Checkpoints in the course of a run.
CHECKPOINTS = 5


def fit(
    module: pl.LightningModule,
    callbacks: list[pl.Callback],
    checkpoint: Path,
    *,
    steps: int,
    clip: float | None = None,
    precision: str = "32-true",
) -> None:
    """Train to ``steps``, from the checkpoint if there is one.

    Args:
        module: What to train; its data depend on ``global_step`` alone, so that it can resume.
        callbacks: Called before the checkpoint is saved.
        checkpoint: Replaced atomically now and then.
        steps: Optimiser steps in all.
        clip: Largest norm of the gradient; no limit if None.
        precision: Lightning's name of a precision.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # Lightning's advice on workers and log intervals is not for these in-memory runs.
        warnings.filterwarnings("ignore", module="lightning.*")
        save = AtomicCheckpoint(checkpoint, every=max(1, steps // CHECKPOINTS))
        trainer = pl.Trainer(
            max_steps=steps,
            accelerator="auto",
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            gradient_clip_val=clip,
            precision=precision,  # type: ignore[arg-type] # Lightning checks it
            callbacks=[*callbacks, save],
        )
        resume = str(checkpoint) if checkpoint.exists() else None
        trainer.fit(module, ckpt_path=resume, weights_only=True if resume else None)
