"""Lightning, set up for many short runs, on one machine or several."""
