"""Loans that a buyer's payment repays: order loans, and advances on sales agreed beforehand.

An order loan is repaid when its order settles. A pre-sale advance ("0-day receivable") is released
by the buyer's deposit and repaid by the final payment. The invariant: what is owed against a
receivable never exceeds the agreed share of what its buyer is still to pay, when it is drawn.
"""

from martlet.lending.receivables.model import Receivable, ReceivableState, shared_out

__all__ = ["Receivable", "ReceivableState", "shared_out"]
