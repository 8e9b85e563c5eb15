"""A review of decisions on firms whose outcome nobody knows: one page for a reader to argue with.

It decides by the same pure function as the bank, and counts; it judges nothing and stores nothing.
"""

from martlet.credit.review.page import review_page
from martlet.credit.review.strangers import Review, Reviewed, review_folder

__all__ = ["Review", "Reviewed", "review_folder", "review_page"]
