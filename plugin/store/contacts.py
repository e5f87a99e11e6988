"""What customers chose for each way of being written to, by keyed hashes of their number or of an e-mail.

A choice is kept under both, so that it outlives a changed address, and a no outlives an erasure.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, or_, select

from plugin.domain.reach import Choice, Source
from plugin.store.schema import contact_choices
from plugin.store.statements import insert

_C = contact_choices.c
_OF = select(_C.subject, _C.about, _C.yes, _C.source, _C.at).where(
    _C.shop_id == bindparam("shop"), _C.subject.in_(bindparam("subjects", expanding=True))
)


def choose(connection: Connection, shop_id: int, subjects: Sequence[bytes], about: str, choice: Choice) -> None:
    """The newest word stands; of one moment, the no."""
    for subject in subjects:
        statement = insert(connection, contact_choices).values(
            shop_id=shop_id, subject=subject, about=about, yes=choice.yes, source=choice.source.value, at=choice.at
        )
        new = statement.excluded
        newer = or_(_C.at < new.at, (_C.at == new.at) & _C.yes)
        changes = {"yes": new.yes, "source": new.source, "at": new.at}
        key = ["shop_id", "subject", "about"]
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changes, where=newer))


def of_subjects(
    connection: Connection, shop_id: int, subjects: Mapping[int, Sequence[bytes]]
) -> dict[int, dict[str, Choice]]:
    """Customer's id → what was chosen about what, by any of the subjects: the newest word, of one moment the no."""
    whose = {subject: customer_id for customer_id, theirs in subjects.items() for subject in theirs}
    found: dict[int, dict[str, Choice]] = {customer_id: {} for customer_id in subjects}
    for subject, about, yes, source, at in connection.execute(_OF, {"shop": shop_id, "subjects": list(whose)}):
        theirs, said = found[whose[subject]], Choice(yes, Source(source), at)
        known = theirs.get(about)
        if known is None or (said.at, not said.yes) > (known.at, not known.yes):
            theirs[about] = said
    return found


def pass_on(connection: Connection, shop_id: int, subjects: Sequence[bytes], into: bytes) -> None:
    """What was chosen by one of these is chosen by the other, too; a dead address stays that address's."""
    for row in connection.execute(_OF, {"shop": shop_id, "subjects": subjects}).all():
        if row.source != Source.BOUNCE.value:
            choose(connection, shop_id, [into], row.about, Choice(row.yes, Source(row.source), row.at))


def forget(connection: Connection, shop_id: int, number: bytes, email: bytes | None) -> None:
    """Of somebody who is erased: a no by e-mail stays, as a hash that tells nobody's name."""
    gone = _C.subject == number
    if email is not None:
        gone = or_(gone, (_C.subject == email) & _C.yes)
    connection.execute(delete(contact_choices).where(_C.shop_id == shop_id, gone))
