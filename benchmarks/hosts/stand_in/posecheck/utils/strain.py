"""Strain energies, which a training does not ask for."""


def calculate_strain_energy(*_given, **_named):
    """Stop a program that asks for it."""
    raise NotImplementedError("posecheck is not here")
