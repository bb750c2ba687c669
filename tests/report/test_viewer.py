import numpy as np
import torch

from pyg_energyloss.functional import complete_pair_energy
from pyg_energyloss.report.viewer import atom_energies
from pyg_energyloss.stiffness import Exponential


def test_energies_of_atoms_sum_to_the_pair_energy():
    true, predicted = np.random.default_rng(0).normal(size=(2, 7, 3))
    total = complete_pair_energy(
        torch.from_numpy(predicted), torch.from_numpy(true), stiffness=Exponential()
    )
    np.testing.assert_allclose(atom_energies(predicted, true).sum(), total.item(), rtol=1e-10)
