"""`energyloss edges`: what sparse edges guarantee."""
