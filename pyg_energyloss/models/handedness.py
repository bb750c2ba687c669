"""Mirror images by construction: of a molecule and its mirror image, a model reads one only."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.symmetry.stereo_tags import CIS, mirrored_tags

_NEIGHBOURS = 4


def one_hand(data: Any) -> tuple[Tensor, Tensor]:
    """Return the stereo tags as if every molecule were of one hand, and the hand that it is of.

    The tags of a molecule of hand -1 are turned into those of its mirror image. A model that reads
    these, and whose output is multiplied by the hand, answers the mirrored question with the
    mirrored structure: exactly, and without having learnt it.

    Args:
        data: batch with ``stereo`` [num_pairs], ``hand`` [num_graphs], ``hop_index`` [2, num_pairs]
            and ``batch``, as the data sets have them with ``stereo=True``.

    Returns:
        The tags [num_pairs], and the hand of each node's molecule, 1 or -1, [num_nodes, 1].

    Raises:
        ValueError: ``data`` has no such tags.
    """
    if "stereo" not in data or "hand" not in data:
        raise ValueError(
            "`data` has no `stereo` and `hand`, which a model with `stereo=True` reads; load the "
            "data set with `stereo=True`"
        )
    tags: Tensor = data.stereo
    hand: Tensor = data.hand[data.batch]
    mirrored = torch.tensor(mirrored_tags(), device=tags.device)[tags]
    return torch.where(hand[data.hop_index[0]] < 0, mirrored, tags), hand[:, None]


def right_handed(pos: Tensor, data: Any) -> Tensor:
    r"""Return each structure or its mirror image, whichever has more centres as its tags ask for.

    .. math:: \hat y \leftarrow s\, \hat y, \quad s = \mathrm{sign} \sum_c \mathrm{sign}(V_c)

    with the volume V of the neighbours of each centre c, which their numbers in the tags make
    positive. Where coordinates are made of the graph alone, a pair energy is as good with either
    image, and so is a network that is equivariant under reflections; what is left to learn are the
    hands of centres relative to each other.

    Args:
        pos: positions [num_nodes, 3].
        data: batch with ``stereo`` [num_pairs], ``hop_index`` [2, num_pairs], ``batch``, ``ptr``.

    Returns:
        [num_nodes, 3], differentiable in ``pos``. A molecule without centres, or with as many right
        as wrong, stays as it is.
    """
    place = torch.where(data.stereo < CIS, data.stereo % (_NEIGHBOURS + 1), 0)
    source, centre = data.hop_index[:, place > 0]
    # Each centre has four bonds: sorted by centre and place, its neighbours stand in a row.
    order = torch.argsort(centre * (_NEIGHBOURS + 1) + place[place > 0])
    first, second, third, last = pos.detach()[source[order].view(-1, _NEIGHBOURS)].unbind(dim=1)
    normal = torch.linalg.cross(second - last, third - last)
    volume = ((first - last) * normal).sum(dim=-1)
    graph = data.batch[centre[order][::_NEIGHBOURS]]
    votes = volume.new_zeros(data.ptr.numel() - 1).index_add(0, graph, volume.sign())
    side = torch.where(votes < 0, -1.0, 1.0).to(pos.dtype)
    return side[data.batch, None] * pos
