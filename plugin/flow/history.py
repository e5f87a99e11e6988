"""A page of a shop's past, taken in: the same as its orders one by one, in a few statements a page.

History changes state and triggers nothing. Only what is plainly new goes the short way (after an install
that is nearly everything); whatever is known already, or needs a second look, goes the way of events.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.churn import turns_of
from plugin.domain.customer import History, extend, fold
from plugin.domain.events import CustomerSeen, Event, OrdersImported
from plugin.domain.ledger import Account, Order
from plugin.domain.segments import segment_of
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow import consents
from plugin.flow.apply import apply
from plugin.flow.erase import Eraser
from plugin.flow.receive import look_again
from plugin.flow.reconsider import Look, overdue_moments, reconsider
from plugin.flow.scene import Scene
from plugin.store import customers, decisions, history
from plugin.store.customers import Customer, Measured

#: What an event that is no webhook is called.
NAME = "history"


def take_accounts(
    connection: Connection, scene: Scene, eraser: Eraser, seen: Sequence[Account], asked_at: datetime
) -> None:
    """asked_at: a moment before they were read; what was issued later than that is newer."""
    known = history.lock_users(connection, scene.shop_id, {account.user_id for account in seen})
    _, guests = history.lock_emails(connection, scene.shop_id, {account.email for account in seen if account.confirmed})
    new = list[Account]()
    for account in seen:
        customer = known.get(account.user_id)
        joins = account.confirmed and account.email in guests
        erased = eraser.anybody and eraser.was_erased(connection, scene.shop_id, account)
        if customer is None and not joins and not erased:
            new.append(account)
        elif joins or customer is None or not _is_known(customer, account):
            one_by_one(connection, scene, eraser, account_seen(account, asked_at))
    history.create_customers(connection, scene.shop_id, scene.now, accounts=new)


def take_orders(
    connection: Connection, scene: Scene, eraser: Eraser, seen: Sequence[Order], asked_at: datetime
) -> set[str]:
    """The ids of those that were new. asked_at: a moment before they were read; what is issued later is newer."""
    stored = history.stored_orders(connection, scene.shop_id, [order.order_id for order in seen])
    same = [
        order
        for order in seen
        if order.order_id in stored and history.says_the_same(stored[order.order_id], order, asked_at)
    ]
    if same:
        history.confirm_orders(connection, scene.shop_id, [order.order_id for order in same], asked_at)
    ours = history.our_codes(connection, scene.shop_id, {order.voucher_code for order in seen if order.voucher_code})
    cards = history.our_gift_cards(connection, scene.shop_id, {card for order in seen for card in order.gift_cards})
    fresh = [
        order
        for order in seen
        if order.order_id not in stored
        and (order.user_id or order.email)
        and order.voucher_code not in ours
        and cards.isdisjoint(order.gift_cards)
        and not eraser.forgotten(connection, scene.shop_id, order)
    ]
    added = _add(connection, scene, fresh, asked_at)
    history.save_fulfilments(
        connection, scene.shop_id, [*same, *(order for order in fresh if order.order_id in added)], asked_at
    )
    done = added | {order.order_id for order in same}
    others = tuple(order for order in seen if order.order_id not in done)
    if others:
        one_by_one(connection, scene, eraser, OrdersImported(NAME, asked_at, others))
    return added


def account_seen(account: Account, asked_at: datetime) -> CustomerSeen:
    """As if it were the echo of a call of ours: state, never a reason to act."""
    return CustomerSeen(NAME, asked_at, account, ours=True)


def one_by_one(connection: Connection, scene: Scene, eraser: Eraser, event: Event) -> None:
    for touch in apply(connection, scene, eraser, event):
        look_again(connection, scene, touch)


def _is_known(customer: Customer, account: Account) -> bool:
    state = customer.state
    stored = (customer.email, state.confirmed, state.first_name, state.language, customer.said)
    said = (account.email, account.confirmed, account.first_name, account.language, account.consent)
    return stored == said and customer.account_updated_at == account.updated_at


def _add(connection: Connection, scene: Scene, fresh: Sequence[Order], asked_at: datetime) -> set[str]:
    """New orders with their customers' states; the ids of those that went in."""
    owners = _owners(connection, scene, fresh)
    owned = [(owners[order.order_id].customer_id, order) for order in fresh]
    added = history.add_orders(connection, scene.shop_id, owned, asked_at)
    touched: dict[int, tuple[Customer, list[Order]]] = {}
    for order in fresh:
        if order.order_id in added:
            owner = owners[order.order_id]
            touched.setdefault(owner.customer_id, (owner, []))[1].append(order)
    said = [owner for owner, new in touched.values() if any(order.marketing is not None for order in new)]
    for owner in consents.weigh(connection, scene, said) if said else ():
        touched[owner.customer_id] = owner, touched[owner.customer_id][1]
    settle(connection, scene, touched)
    return added


def _owners(connection: Connection, scene: Scene, fresh: Sequence[Order]) -> dict[str, Customer]:
    """Whose each order is, as `identity.owner_for` has it; customers that nobody knew are made."""
    users = history.lock_users(connection, scene.shop_id, {order.user_id for order in fresh if order.user_id})
    proven, guests = history.lock_emails(
        connection, scene.shop_id, {order.email for order in fresh if not order.user_id}
    )
    by_email = guests | proven
    made = history.create_customers(
        connection,
        scene.shop_id,
        scene.now,
        user_ids=_in_turn(order.user_id for order in fresh if order.user_id and order.user_id not in users),
        emails=_in_turn(order.email for order in fresh if not order.user_id and order.email not in by_email),
    )
    users |= {customer.state.user_id: customer for customer in made if customer.state.user_id}
    by_email |= {customer.email: customer for customer in made if customer.email}
    return {order.order_id: users[order.user_id] if order.user_id else by_email[order.email] for order in fresh}


def _in_turn(names: Iterable[str | None]) -> list[str]:
    """Each once, in their order."""
    return [name for name in dict.fromkeys(names) if name]


def settle(connection: Connection, scene: Scene, touched: Mapping[int, tuple[Customer, Sequence[Order]]]) -> None:
    """States of customers who are locked, each with orders that are new in their ledger."""
    histories = dict[int, History]()
    for customer_id, (customer, new) in touched.items():
        extended = _extended(customer.state.history, new, scene)
        if extended is not None:
            histories[customer_id] = extended
    unclear = [customer_id for customer_id in touched if customer_id not in histories]
    for customer_id, bought in history.purchases(connection, scene.shop_id, unclear).items():
        histories[customer_id] = fold(bought, scene.zone)
    _keep(connection, scene, [(customer, histories[customer_id]) for customer_id, (customer, _) in touched.items()])


def measure(connection: Connection, scene: Scene, people: Sequence[Customer]) -> None:
    """States of customers who are locked, folded anew from their ledgers."""
    bought = history.purchases(connection, scene.shop_id, [customer.customer_id for customer in people])
    _keep(connection, scene, [(customer, fold(bought[customer.customer_id], scene.zone)) for customer in people])


def _keep(connection: Connection, scene: Scene, histories: Sequence[tuple[Customer, History]]) -> None:
    """Where a campaign runs or something is shown, a new state can ask for more than being written."""
    quiet = [] if scene.decides or scene.watched else [(one, bought) for one, bought in histories if not one.shown]
    customers.save_states(
        connection, scene.shop_id, [_measured(connection, scene, one, bought) for one, bought in quiet]
    )
    learnt = Trigger(TriggerKind.HISTORY, scene.now)
    left = histories if not quiet else [(one, bought) for one, bought in histories if one.shown]
    reconsider(connection, scene, [Look(customer, bought, learnt) for customer, bought in left])


def _extended(known: History, new: Sequence[Order], scene: Scene) -> History | None:
    extended: History | None = known
    for order in sorted(new, key=lambda order: order.placed_at):
        if extended is not None:
            extended = extend(extended, order, scene.zone)
    return extended


def _measured(connection: Connection, scene: Scene, customer: Customer, bought: History) -> Measured:
    """What `reconsider` comes to where no campaign runs and nothing is shown."""
    turns = turns_of(bought, scene.shop.outlook)
    segment = segment_of(bought, turns, scene.shop.limits, scene.now)
    overdue = overdue_moments(customer, bought, turns, TriggerKind.HISTORY, scene.now)
    ahead = turns.next_after(scene.now)
    next_moment = min((*overdue, *([ahead] if ahead else [])), default=None)
    offers = decisions.offers_since_order(connection, scene.shop_id, customer, bought)
    return Measured(customer.customer_id, bought, segment, turns, next_moment, offers)
