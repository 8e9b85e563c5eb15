"""The matcher: names that people write → firms of a register, or an honest blank.

Sure grounds first (confirmed pairs, the registered name itself, a slip of the pen in it), then the
reading as a short form. The invariant: a firm is named only where it is likelier than the threshold
and its name stands in the register once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names import habits
from martlet.supplychain.names.explaining import reasons_of
from martlet.supplychain.names.features import own_features, whole, with_rivals
from martlet.supplychain.names.fullnames import FULL_CHARS_MIN, is_full, near_names
from martlet.supplychain.names.gathering import Queries, Source
from martlet.supplychain.names.known import Confirmations
from martlet.supplychain.names.learning import learn
from martlet.supplychain.names.limits import LEARN_PAIRS_MIN, RANKED_CANDIDATES
from martlet.supplychain.names.model import Abstention, Answer, Candidate, Ground, Reason
from martlet.supplychain.names.ranking import Groups
from martlet.supplychain.names.register import Register
from martlet.supplychain.names.weighing import Batch, weigh
from martlet.supplychain.names.writing import key_of, legal_form_at, query_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.supplychain.names.learning import Brain
    from martlet.supplychain.names.model import Asked, Confirmed, Registered, Setting
    from martlet.supplychain.names.register import Floats, Ints, Smalls

SURE = 0.999
"""Probability of what is confirmed or written out; registers too have errors."""

OTHER_MARK = 0.9
"""A name that was confirmed under another mark of an exchange: mostly the firm, or its heir."""

BARE_NAME = 0.9
"""A registered name without a legal form is often itself a short form of another firm."""


class Directory:
    """A register in which each name stands once, with all the firms that carry it."""

    def __init__(self, registered: Sequence[Registered]) -> None:
        rows: dict[str, list[Registered]] = {}
        for firm in registered:
            key = key_of(firm.name)
            if key:
                rows.setdefault(key, []).append(firm)
        self.firms = list(rows.values())
        self.row_of_key = {key: row for row, key in enumerate(rows)}
        self.row_of_id = {
            firm.register_id: row for row, firms in enumerate(self.firms) for firm in firms
        }
        self.register = Register.of([firms[0].name for firms in self.firms])
        self.source = Source(self.register)

    def names_twice(self) -> int:
        """Return how many names several firms carry."""
        return sum(len(firms) > 1 for firms in self.firms)


@dataclass(frozen=True)
class Ranked:
    """Candidates of a batch of short names, those of a query together."""

    query: Ints
    name: Ints
    chance: Floats
    whole: Floats
    places: Sequence[Smalls]

    def rows_of(self, query: int) -> Ints:
        """Return the rows of a query, the likeliest first."""
        begin, end = np.searchsorted(self.query, [query, query + 1])
        rows = np.arange(begin, end)
        likeliest: Ints = rows[np.lexsort((rows, -self.chance[rows]))]
        return likeliest


class Matcher:
    """A register and what is known of names, ready to be asked."""

    def __init__(self, directory: Directory, known: Confirmations, brain: Brain) -> None:
        self.directory = directory
        self.known = known
        self.brain = brain
        self.unknown_share: float | None = None
        """Share of unknown firms among the short names of the last batch."""

    @classmethod
    def of(cls, directory: Directory, confirmed: Sequence[Confirmed], setting: Setting) -> Matcher:
        """Return a matcher that has learnt from confirmed pairs, if there are enough of them."""
        known = Confirmations.of(confirmed, directory.row_of_id, setting.names_per_firm)
        keys, truth = known.short_pairs(directory.register)
        if len(keys) < LEARN_PAIRS_MIN:
            return cls(directory, known, habits.builtin())
        claimed = known.claimed(len(directory.firms))
        brain = learn(directory.source, habits.keeper, keys, truth, claimed)
        return cls(directory, known, brain)

    def resolve(self, asked: Sequence[Asked], setting: Setting) -> list[Answer]:
        """Return an answer for each name, in their order."""
        answers: list[Answer | None] = []
        keys = [query_key(one.name) for one in asked]
        answers = [self._sure(one, key) for one, key in zip(asked, keys, strict=True)]
        full = [at for at, key in enumerate(keys) if answers[at] is None and is_full(key)]
        for at, answer in zip(full, self._near([asked[at] for at in full], setting), strict=True):
            answers[at] = answer
        rest = [at for at, answer in enumerate(answers) if answer is None]
        short = self._short([asked[at] for at in rest], [keys[at] for at in rest], setting)
        for at, answer in zip(rest, short, strict=True):
            answers[at] = answer
        return [answer for answer in answers if answer is not None]

    def _sure(self, one: Asked, key: str) -> Answer | None:
        """Return an answer that needs no reading, if there is one."""
        if not key:
            return _blank(one, Ground.SHORT_NAME, Abstention.BLANK)
        written = key_of(one.name)
        told, chance = self.known.exact.get(written), SURE
        if told is None and written not in self.directory.row_of_key:
            told, chance = self.known.unmarked.get(key), OTHER_MARK
            if told is not None and len(told) > 1:
                told = None
        if told is not None:
            return self._confirmed(one, told, chance)
        same = self.directory.row_of_key.get(written)
        if same is None:
            return None
        formed = legal_form_at(written) < len(written) and len(written) >= FULL_CHARS_MIN
        found = [(same, SURE if formed else BARE_NAME, (Reason("names.same", {}),))]
        return self._told(one, Ground.SAME_NAME, found, 0.5, always=False)

    def _confirmed(self, one: Asked, ids: Sequence[str], chance: float) -> Answer:
        if len(ids) > 1:
            return _blank(one, Ground.CONFIRMED, Abstention.CONFIRMED_TWICE)
        if ids[0] not in self.directory.row_of_id:
            return _blank(one, Ground.CONFIRMED, Abstention.LEFT_REGISTER)
        row = self.directory.row_of_id[ids[0]]
        name = next(firm.name for firm in self.directory.firms[row] if firm.register_id == ids[0])
        code = "names.confirmed" if chance == SURE else "names.confirmed_unmarked"
        sure = Candidate(ids[0], name, chance, (Reason(code, {}),))
        return Answer(one.query_id, one.name, ids[0], chance, Ground.CONFIRMED, None, (sure,))

    def _near(self, asked: Sequence[Asked], setting: Setting) -> Iterator[Answer | None]:
        """Yield answers for full names with a slip; None where a name is not near any."""
        if not asked:
            return
        found = near_names(self.directory.source, [query_key(one.name) for one in asked])
        for one, rows in zip(asked, found, strict=True):
            if not rows:
                yield None
                continue
            reasons = (Reason("names.near", {}),)
            told = [(row, chance, reasons) for row, chance in rows]
            yield self._told(one, Ground.NEAR_NAME, told, setting.threshold, always=setting.always)

    def _short(
        self, asked: Sequence[Asked], keys: Sequence[str], setting: Setting
    ) -> Iterator[Answer]:
        """Yield answers for short names, weighed as one batch."""
        ranked = self._rank(Queries.of(self.directory.register, keys), setting)
        for at, one in enumerate(asked):
            rows = ranked.rows_of(at) if ranked else np.zeros(0, np.int64)
            if ranked is None or not rows.size:
                yield _blank(one, Ground.SHORT_NAME, Abstention.NO_CANDIDATE)
                continue
            found = [
                (int(ranked.name[row]), float(ranked.chance[row]), self._why(keys[at], ranked, row))
                for row in rows[: setting.candidates_shown].tolist()
            ]
            yield self._told(
                one, Ground.SHORT_NAME, found, setting.threshold, always=setting.always
            )

    def _rank(self, queries: Queries, setting: Setting) -> Ranked | None:
        """Return all queries' candidates with their probabilities; None where there are none."""
        claimed = self.known.claimed(len(self.directory.firms))
        kept, scores, wholes = [], [], []
        for begin, block in queries.blocks():
            pairs = self.directory.source.pairs(block, self.brain.keeper, RANKED_CANDIDATES)
            if not pairs.query.size:
                continue
            own = own_features(self.directory.register, block.codes, pairs)
            scores.append(self.brain.chooser(with_rivals(pairs, own, claimed[pairs.name])))
            wholes.append(whole(own))
            kept.append(pairs.moved(begin))
        self.unknown_share = None
        if not kept:
            return None
        query = np.concatenate([pairs.query for pairs in kept])
        name = np.concatenate([pairs.name for pairs in kept])
        batch = Batch(np.concatenate(scores), name, Groups.of(query))
        chance, self.unknown_share = weigh(
            batch, setting.unknown_share, one_name=self.known.one_name
        )
        places = [row for pairs in kept for row in pairs.places]
        return Ranked(query, name, chance, np.concatenate(wholes), places)

    def _why(self, key: str, ranked: Ranked, row: int) -> tuple[Reason, ...]:
        rows = ranked.rows_of(int(ranked.query[row]))
        rivals = int(ranked.whole[rows].sum() - ranked.whole[row])
        name = int(ranked.name[row])
        others = self.known.names_of.get(name, ())
        return reasons_of(
            key, self.directory.register.parts[name], ranked.places[row], rivals, others
        )

    def _told(
        self,
        one: Asked,
        ground: Ground,
        found: Sequence[tuple[int, float, tuple[Reason, ...]]],
        threshold: float,
        *,
        always: bool,
    ) -> Answer:
        """Return the answer that candidates of a query give."""
        candidates = tuple(
            Candidate(firm.register_id, firm.name, chance, reasons)
            for row, chance, reasons in found
            for firm in self.directory.firms[row]
        )
        best, chance = found[0][0], found[0][1]
        twice = len(self.directory.firms[best]) > 1
        why = None
        if twice:
            why = Abstention.SAME_NAME_TWICE
        elif chance < threshold:
            why = Abstention.NOT_SURE
        named = candidates[0].register_id if why is None or always else None
        shown = None if named is not None else why
        return Answer(one.query_id, one.name, named, chance, ground, shown, candidates)


def _blank(one: Asked, ground: Ground, why: Abstention) -> Answer:
    return Answer(one.query_id, one.name, None, 0.0, ground, why)
