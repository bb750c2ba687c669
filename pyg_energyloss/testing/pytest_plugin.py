"""The pytest plugin: marks and fixtures for losses of third parties."""

from __future__ import annotations
