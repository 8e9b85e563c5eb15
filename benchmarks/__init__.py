"""Figures that anyone can reproduce: `python -m benchmarks.NAME` prints the machine beside them."""
