"""Names of posecheck, for hosts that import it and do not call it: declared."""
