"""The ledger room: double entry, append-only, guarded, closed day by day.

Within a command of another room: `post`, `hold`, `settle`, `release`, `reverse`, `open_day`,
`close_day` take the open transaction. From outside: `LedgerService`. To read: `balances`,
`trial_balance`, `journal`. To prove: `verify_ledger`.
"""

from martlet.ledger.accounts import open_account
from martlet.ledger.chart import Chart, Guard, Side, account, parse_chart, standard_chart
from martlet.ledger.corrections import reverse
from martlet.ledger.days import close_day, current_business_date, open_day
from martlet.ledger.holds import release, release_expired, settle
from martlet.ledger.model import (
    AccountBalance,
    JournalLine,
    LedgerReport,
    Phase,
    Transfer,
    TrialBalance,
    TrialBalanceRow,
)
from martlet.ledger.posting import hold, post
from martlet.ledger.queries import balance, balances, journal, trial_balance
from martlet.ledger.service import LedgerService
from martlet.ledger.verify import verify_ledger

__all__ = [
    "AccountBalance",
    "Chart",
    "Guard",
    "JournalLine",
    "LedgerReport",
    "LedgerService",
    "Phase",
    "Side",
    "Transfer",
    "TrialBalance",
    "TrialBalanceRow",
    "account",
    "balance",
    "balances",
    "close_day",
    "current_business_date",
    "hold",
    "journal",
    "open_account",
    "open_day",
    "parse_chart",
    "post",
    "release",
    "release_expired",
    "reverse",
    "settle",
    "standard_chart",
    "trial_balance",
    "verify_ledger",
]
