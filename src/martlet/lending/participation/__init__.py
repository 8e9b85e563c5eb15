"""Co-lending: partners take part in loans, each with its limits, ledger and daily settlement.

The bank leads: it keeps the customer, the whole loan on its books and every remainder. A partner's
part is a pure function of the loan's position and the agreed share; nothing about it is entered by
hand. From outside: `martlet.lending.ParticipationService`.
"""
