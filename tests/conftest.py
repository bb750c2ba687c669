"""Tests that need a GPU are skipped where there is none, unless Triton interprets its kernels."""

import os

import pytest
import torch


def pytest_collection_modifyitems(items):
    if torch.cuda.is_available():
        return
    interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    for item in items:
        runs = interpreted and item.path.name == "test_triton_engine.py"
        if "gpu" in item.keywords and not runs:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))
