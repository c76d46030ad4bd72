"""Time, memory and accuracy; each run writes to `results/`."""
