"""The energy of crystals: cells, nearest images, all images within a cutoff."""
