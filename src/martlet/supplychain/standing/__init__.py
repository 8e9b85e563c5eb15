"""A business's standing in the chains of the core firms that a bank follows: computed, then read.

The one invariant: a decision reads what was stored before it and computes nothing; what is stored
rests on the business's own records and on public facts alone.
"""
