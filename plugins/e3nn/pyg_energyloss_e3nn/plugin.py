"""What this distribution registers; e3nn is imported when the model is first made."""

from pyg_energyloss.registry import hookimpl
from pyg_energyloss.registry.hookspecs import Register


@hookimpl
def energyloss_register_models(register: Register) -> None:
    """Register the tensor-product networks."""
    register(
        "e3nn",
        "pyg_energyloss_e3nn.network:TensorProductNetwork",
        summary="E(3)-equivariant tensor products of irreps",
        role="structure",
    )
    register(
        "e3nn_denoiser",
        "pyg_energyloss_e3nn.denoiser:TensorProductDenoiser",
        summary="denoiser of a generator, tensor products of irreps",
        role="denoiser",
    )
    register(
        "crystal_e3nn",
        "pyg_energyloss_e3nn.crystal:CrystalTensorProductNetwork",
        summary="E(3)-equivariant tensor products over periodic images, strains the lattice",
        role="crystal",
    )
