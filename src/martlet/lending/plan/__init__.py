"""Loans whose interest follows a plan: schedules, charges, allocation, and what changes them.

Pure: whole fen in and out, no clock, no database. `replay.replay` is the whole of it: the account
of a loan is a function of its terms, the events that stand, and a day. `state` tells it as a
`LoanState`, which is how the rest of the room sees it. A product keeps the `rules`, so nothing is
imported here: what a product imports must not import products.
"""
