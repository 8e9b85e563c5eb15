"""What the ledger does, told as journals: each docstring is posted and its balances compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_loan_is_lent_and_repaid_with_interest(play: Callable[[], None]) -> None:
    """Capital is paid in, a loan is paid out, comes back with interest, and the book is zero.

    ---
    post capital   assets/settlement/alipay           < equity/capital                     1000.00
    post lent      assets/loans/principal/revolving   < assets/settlement/alipay            300.00
    post earned    assets/loans/interest/revolving    < income/interest/revolving             1.23
    balance        assets/loans/principal/revolving      300.00
    balance        assets/settlement/alipay              700.00
    post repaid    assets/settlement/alipay           < assets/loans/principal/revolving    300.00
    post paid      assets/settlement/alipay           < assets/loans/interest/revolving       1.23
    balance        assets/loans/principal/revolving        0.00
    balance        assets/settlement/alipay             1001.23
    balance        income/interest/revolving               1.23
    balance        equity/capital                       1000.00
    """
    play()


def test_what_is_not_there_cannot_be_spent(play: Callable[[], None]) -> None:
    """A guarded account is never overdrawn, and a refused posting leaves nothing.

    ---
    post capital   assets/settlement/alipay         < equity/capital             100.00
    refused insufficient_funds post lent assets/loans/principal/x < assets/settlement/alipay 100.01
    balance        assets/settlement/alipay            100.00
    post lent      assets/loans/principal/x         < assets/settlement/alipay   100.00
    balance        assets/settlement/alipay              0.00
    """
    play()


def test_a_hold_keeps_money_until_it_is_settled(play: Callable[[], None]) -> None:
    """Held money is still there and cannot be spent; settling moves it, once.

    ---
    post capital   assets/settlement/alipay         < equity/capital             100.00
    hold draw      assets/loans/principal/x         < assets/settlement/alipay    60.00
    balance        assets/settlement/alipay            100.00
    available      assets/settlement/alipay             40.00
    balance        assets/loans/principal/x              0.00
    refused insufficient_funds hold more assets/loans/principal/x < assets/settlement/alipay 40.01
    settle draw
    balance        assets/settlement/alipay             40.00
    available      assets/settlement/alipay             40.00
    balance        assets/loans/principal/x             60.00
    settle draw
    refused hold_ended release draw
    balance        assets/loans/principal/x             60.00
    """
    play()


def test_a_part_is_settled_and_the_rest_released(play: Callable[[], None]) -> None:
    """Settling a part ends the hold: the rest can be spent again.

    ---
    post capital   assets/settlement/alipay         < equity/capital             100.00
    hold draw      assets/loans/principal/x         < assets/settlement/alipay    60.00
    refused settles_more_than_held settle draw 60.01
    settle draw    25.00
    balance        assets/settlement/alipay             75.00
    available      assets/settlement/alipay             75.00
    refused hold_ended settle draw 35.00
    """
    play()


def test_a_released_hold_has_moved_nothing(play: Callable[[], None]) -> None:
    """Releasing gives the money free; what was released cannot be settled.

    ---
    post capital   assets/settlement/alipay         < equity/capital             100.00
    hold draw      assets/loans/principal/x         < assets/settlement/alipay    60.00
    release draw
    release draw
    available      assets/settlement/alipay            100.00
    balance        assets/loans/principal/x              0.00
    refused hold_ended settle draw
    """
    play()


def test_a_mistake_is_moved_back_once(play: Callable[[], None]) -> None:
    """A reversal is a new entry; reversing again finds nothing left to move back.

    ---
    post capital   assets/settlement/alipay         < equity/capital             100.00
    post wrong     assets/loans/principal/x         < assets/settlement/alipay    60.00
    reverse wrong
    balance        assets/settlement/alipay            100.00
    reverse wrong
    balance        assets/settlement/alipay            100.00
    balance        assets/loans/principal/x              0.00
    refused insufficient_funds post more assets/loans/principal/x < assets/settlement/alipay 100.01
    """
    play()


def test_a_reversal_keeps_to_the_guards(play: Callable[[], None]) -> None:
    """What has been spent cannot be taken back from an account that is never overdrawn.

    ---
    post capital   assets/settlement/alipay         < equity/capital             100.00
    post lent      assets/loans/principal/x         < assets/settlement/alipay    60.00
    refused insufficient_funds reverse capital
    balance        assets/settlement/alipay             40.00
    """
    play()


def test_days_follow_each_other(play: Callable[[], None]) -> None:
    """Balances go on over the days; a hold may be settled on a later one.

    ---
    post capital   assets/settlement/alipay         < equity/capital             100.00
    hold draw      assets/loans/principal/x         < assets/settlement/alipay    60.00
    close
    settle draw
    close
    again capital
    balance        assets/settlement/alipay             40.00
    balance        equity/capital                      100.00
    """
    play()
