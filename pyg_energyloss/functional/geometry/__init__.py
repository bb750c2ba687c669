"""Distances, angles, torsions, rotations and handedness, safe where they are undefined."""
