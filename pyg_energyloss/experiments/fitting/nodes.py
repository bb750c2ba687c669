"""One run on several machines: the same command is given on each, and they find each other."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

#: Consecutive runs meet at different ports, so that none finds the one before it.
PORTS = 97


@dataclass(frozen=True)
class Nodes:
    """Where the nodes of a run meet, as Lightning and torch name it.

    Args:
        count: How many nodes.
        rank: Which is this, from 0.
        address: Of the first.
        port: The first of 97 that are free there.
    """

    count: int
    rank: int
    address: str
    port: int

    @classmethod
    def from_environment(cls, count: int, environment: Mapping[str, str] | None = None) -> Self:
        """Read NODE_RANK (or Slurm's SLURM_NODEID), MASTER_ADDR and MASTER_PORT (29500).

        >>> Nodes.from_environment(2, {"NODE_RANK": "1", "MASTER_ADDR": "node-a"})
        Nodes(count=2, rank=1, address='node-a', port=29500)

        Raises:
            ValueError: one is missing or out of range; the message says what to set.
        """
        given = os.environ if environment is None else environment
        rank = given.get("NODE_RANK", given.get("SLURM_NODEID", ""))
        address, port = given.get("MASTER_ADDR", ""), given.get("MASTER_PORT", "29500")
        if not (rank.isdecimal() and int(rank) < count and address and port.isdecimal()):
            raise ValueError(
                f"{count} nodes want the same command on each, with NODE_RANK from 0 to "
                f"{count - 1} and MASTER_ADDR, the address of node 0, in the environment "
                "(MASTER_PORT is 29500 unless set); "
                f"got NODE_RANK={rank!r}, MASTER_ADDR={address!r}, MASTER_PORT={port!r}"
            )
        return cls(count, int(rank), address, int(port))

    def launcher_options(self, folder: Path) -> list[str]:
        """What torch's launcher is told for the run of a folder."""
        return [
            f"--nnodes={self.count}",
            f"--node-rank={self.rank}",
            f"--master-addr={self.address}",
            f"--master-port={self.port + zlib.crc32(folder.name.encode()) % PORTS}",
        ]
