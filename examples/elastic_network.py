"""ASE: a rattled molecule relaxes in the loss itself, an elastic network around the true one."""

import matplotlib.pyplot as plt
from ase.build import molecule
from ase.optimize import BFGS
from pyg_energyloss_ase import ElasticNetwork

true = molecule("C6H6")
moved = true.copy()
moved.rattle(0.3, seed=1)
moved.calc = ElasticNetwork(true, stiffness="exponential")
energies = []
optimizer = BFGS(moved, logfile=None)
optimizer.attach(lambda: energies.append(moved.get_potential_energy()))
optimizer.run(fmax=1e-3, steps=200)
print(f"pair energy {energies[0]:.3f} -> {energies[-1]:.1e} in {len(energies)} steps")
figure, ax = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
ax.semilogy(energies)
ax.set(xlabel="BFGS step", ylabel="pair energy / eV", title="rattled benzene comes home")
figure.savefig("elastic_network.png", dpi=90)
