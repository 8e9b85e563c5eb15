"""The ground floor: values and rules that every room shares and that know nothing of any room.

Money, rates, rounding, dates, identifiers, errors, words and secrets. Nothing here opens a file
of the bank's, a socket or a database; only `clock` reads the time and only `ids` makes identity.
"""
