"""Idle cash put to work: products, allocation, back-tests on real movements, fund partners.

The invariant: money that may be needed stays payable before any of it earns more elsewhere.
"""
