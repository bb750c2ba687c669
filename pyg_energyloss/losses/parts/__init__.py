"""What the losses are made of: reading the batch, normalising, reducing, adding."""
