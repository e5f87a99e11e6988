"""Every function of the store, called with another shop, finds nothing and changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, select

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.customer import History, fold
from plugin.domain.decide import Decision, Outcome
from plugin.domain.deeds import Deed
from plugin.domain.effects import EffectKind
from plugin.domain.experiments import Arm
from plugin.domain.guardrails import Guardrails, Suppression
from plugin.domain.money import Money
from plugin.domain.needs import NeedModel, Pace
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.domain.tactic import TriggerKind
from plugin.errors import NotFound
from plugin.extensions import load_tactics
from plugin.store import (
    baskets,
    books,
    budgets,
    campaigns,
    channels,
    codes,
    customers,
    decisions,
    effects,
    front_events,
    leases,
    ledger,
    needs,
    problems,
    rehearsals,
    segment_sizes,
    segments,
    shops,
    storefront_keys,
    suppressions,
    tombstones,
)
from plugin.store.budgets import Reservation
from plugin.store.campaigns import Limits, Walk
from plugin.store.codes import Code, CodeStatus, VoucherStatus
from plugin.store.customers import Measured
from plugin.store.database import Database
from plugin.store.decisions import Made
from plugin.store.effects import Wanted
from plugin.store.front_events import FrontEvent
from plugin.store.rehearsals import Kind
from plugin.store.schema import metadata
from plugin.store.suppressions import Subject
from tests.shop import NOW, account, ago, order

TACTICS = load_tactics()
LATER = NOW + timedelta(days=100)
SUPPRESSED = Subject(b"s" * 16)


def make_shop(connection: Connection, name: str) -> int:
    return shops.install(
        connection,
        api_url=f"http://{name}.test/graphql/",
        app_id="A",
        token="t",
        jwks={},
        name=name,
        saleor_version="3.24",
        pepper="p",
        now=NOW,
    )


class Filled:
    """A shop with one of everything."""

    def __init__(self, connection: Connection) -> None:
        self.shop_id = make_shop(connection, "one")
        shop_id = self.shop_id
        self.customer = customers.create(connection, shop_id, NOW, user_id="U1")
        customers.save_account(connection, shop_id, self.customer.customer_id, account())
        history = fold([order("O1", ago(9))], UTC)
        measured = Measured(self.customer.customer_id, history, Segment.NEW, Turns(ago(1)), ago(1))
        customers.save_states(connection, shop_id, [measured])
        customers.create(connection, shop_id, NOW, email="guest@example.com")
        ledger.save_order(connection, shop_id, self.customer.customer_id, order("O1", ago(9)), NOW, new=True)
        tactic = TACTICS["win_back"]
        suppressions.put(connection, shop_id, SUPPRESSED, Suppression("other", LATER), "me", NOW)
        self.campaign: Campaign = campaigns.create(
            connection, shop_id, "win-back", tactic, tactic.params(), Limits(), NOW
        )
        self.decision = Decision(self.campaign, Outcome.GIVEN, "O1", "Silent.", None, Arm.TREATED)
        made = Made(self.customer.customer_id, self.decision, TriggerKind.INSIDE)
        (self.decision_id,) = decisions.save(connection, shop_id, [made], NOW)
        self.voucher = codes.open_voucher(connection, shop_id, "k", self.campaign.campaign_id, 1, LATER)
        codes.save_voucher(connection, shop_id, self.voucher.row_id, VoucherStatus.MADE, "V1")
        self.code = Code(
            "CODE",
            self.decision_id,
            self.campaign.campaign_id,
            self.customer.customer_id,
            self.voucher.row_id,
            None,
            CodeStatus.DRAWN,
            LATER,
        )
        codes.draw(connection, shop_id, [self.code], NOW)
        cost = Money(Decimal(5), "USD")
        kept = Reservation(self.decision_id, self.campaign.campaign_id, self.customer.customer_id, cost)
        budgets.reserve(connection, shop_id, [kept], NOW.date(), NOW)
        asked = Wanted("code:1", EffectKind.CODE, {}, customer_id=self.customer.customer_id, batch="b")
        self.effect_id = effects.ask(connection, shop_id, asked, NOW)
        seen = FrontEvent(b"e" * 16, self.customer.customer_id, Deed.SEEN, "banner", None, NOW, NOW.date())
        front_events.add(connection, shop_id, [seen])
        segment_sizes.save(connection, shop_id, {"tea": 1}, NOW)
        rehearsals.begin(connection, shop_id, self.campaign.campaign_id, Kind.REPLAY, 1, "me", NOW)
        self.rehearsal = rehearsals.of_campaign(connection, shop_id, self.campaign.campaign_id)[Kind.REPLAY]
        storefront_keys.add(connection, shop_id, "key", "", "me", NOW)
        tombstones.put(connection, shop_id, [b"x" * 16], NOW)
        needs.save_stock(connection, shop_id, "V1", NOW, missing=True)
        needs.save_model(connection, shop_id, NeedModel(14, Pace(9, 0.1), {}, {}, 1, 1), NOW)
        problems.save(connection, shop_id, "key", "Trouble.", NOW)


NOTHING: list[Callable[[Connection, Filled, int], object]] = [
    lambda c, f, other: customers.lock(c, other, f.customer.customer_id),
    lambda c, f, other: customers.by_user(c, other, "U1"),
    lambda c, f, other: customers.glance(c, other, "U1"),
    lambda c, f, other: customers.glance_all(c, other, ["U1", "U2"]),
    lambda c, f, other: customers.guest(c, other, "guest@example.com"),
    lambda c, f, other: customers.proven_owner(c, other, "ann@example.com"),
    lambda c, f, other: customers.lock_due(c, other, LATER, 10),
    lambda c, f, other: customers.lock_after(c, other, 0, 10),
    lambda c, f, other: customers.with_banners(c, other, 0, 10),
    lambda c, f, other: customers.counts_by_segment(c, other),
    lambda c, f, other: ledger.owner_of(c, other, "O1"),
    lambda c, f, other: ledger.purchases(c, other, f.customer.customer_id),
    lambda c, f, other: list(ledger.purchase_times(c, other, 10, UTC, NOW)),
    lambda c, f, other: ledger.orders_of_email(c, other, f.customer.customer_id, "ann@example.com"),
    lambda c, f, other: ledger.has_orders(c, other, f.customer.customer_id),
    lambda c, f, other: campaigns.of_shop(c, other, TACTICS),
    lambda c, f, other: decisions.standings(c, other, [f.customer.customer_id])[f.customer.customer_id].past,
    lambda c, f, other: decisions.standings(c, other, [f.customer.customer_id])[f.customer.customer_id].arms,
    lambda c, f, other: decisions.episode_of(c, other, f.decision_id),
    lambda c, f, other: decisions.counted_since(c, other, f.campaign.campaign_id, TriggerKind.INSIDE, ago(9)),
    lambda c, f, other: decisions.latest(c, other, 10),
    lambda c, f, other: decisions.counts_by_outcome(c, other),
    lambda c, f, other: leases.lease(c, other, LATER, "me", timedelta(1), 10),
    lambda c, f, other: leases.lease_batch(c, other, "b", LATER, "me", timedelta(1), 10),
    lambda c, f, other: effects.withdraw_batch(c, other, "b", NOW, "why"),
    lambda c, f, other: effects.revive(c, other, NOW),
    lambda c, f, other: effects.status_of(c, other, "code:1"),
    lambda c, f, other: effects.undone_now(c, other),
    lambda c, f, other: effects.counts(c, other),
    lambda c, f, other: effects.dead(c, other, 10),
    lambda c, f, other: codes.voucher_by_key(c, other, "k"),
    lambda c, f, other: codes.voucher(c, other, f.voucher.row_id),
    lambda c, f, other: codes.voucher_by_id(c, other, "V1"),
    lambda c, f, other: codes.vouchers_made(c, other),
    lambda c, f, other: codes.of_decision(c, other, f.decision_id),
    lambda c, f, other: codes.by_code(c, other, "CODE"),
    lambda c, f, other: codes.first_drawn(c, other, f.voucher.row_id),
    lambda c, f, other: codes.of_customer(c, other, f.customer.customer_id),
    lambda c, f, other: codes.alive_in(c, other, f.voucher.row_id),
    lambda c, f, other: codes.customers_with_codes(c, other),
    lambda c, f, other: codes.counts(c, other),
    lambda c, f, other: codes.expired(c, other, LATER + timedelta(1), 10),
    lambda c, f, other: ledger.usual(c, other, "USD").basket,
    lambda c, f, other: budgets.totals(c, other, (budgets.TOTAL,)),
    lambda c, f, other: budgets.liability(c, other),
    lambda c, f, other: budgets.used_for(c, other, f.customer.customer_id, "USD", ago(9))[budgets.ALL],
    lambda c, f, other: channels.of_shop(c, other),
    lambda c, f, other: channels.last_read(c, other),
    lambda c, f, other: suppressions.listed(c, other, 10),
    lambda c, f, other: suppressions.of_subjects(c, other, {1: [SUPPRESSED.key]}),
    lambda c, f, other: suppressions.refunded_at(c, other, [f.customer.customer_id]),
    lambda c, f, other: customers.lock_all(c, other, [f.customer.customer_id]),
    lambda c, f, other: customers.any_after(c, other, 0),
    lambda c, f, other: codes.drawn_by(c, other, f.voucher.row_id, f.effect_id),
    lambda c, f, other: ledger.countries_of(c, other, [f.customer.customer_id]),
    lambda c, f, other: tombstones.erased_at(c, other, [b"x" * 16]),
    lambda c, f, other: tombstones.any_in(c, other),
    lambda c, f, other: problems.told(c, other),
    lambda c, f, other: storefront_keys.listed(c, other),
    lambda c, f, other: storefront_keys.digests(c, other),
    lambda c, f, other: rehearsals.of_campaign(c, other, f.campaign.campaign_id),
    lambda c, f, other: segment_sizes.of_shop(c, other),
    lambda c, f, other: books.brought_in(c, other, f.campaign.campaign_id),
    lambda c, f, other: segments.users(c, other),
    lambda c, f, other: front_events.seen(c, other, f.customer.customer_id, ago(9)),
    lambda c, f, other: front_events.counts(c, other, ago(9).date()),
    lambda c, f, other: front_events.measured(c, other, ["U1"]),
    lambda c, f, other: needs.bought_by(c, other, [f.customer.customer_id])[f.customer.customer_id],
    lambda c, f, other: needs.model_of(c, other),
    lambda c, f, other: list(needs.learnt_from(c, other, 1)),
]

CHANGES: list[Callable[[Connection, Filled, int], object]] = [
    lambda c, f, other: customers.save_account(c, other, f.customer.customer_id, account(email="new@example.com")),
    lambda c, f, other: customers.save_states(
        c, other, [Measured(f.customer.customer_id, History(), Segment.LOYAL, Turns(), None)]
    ),
    lambda c, f, other: customers.save_standings(
        c, other, [Measured(f.customer.customer_id, History(), Segment.LOYAL, Turns(), None)]
    ),
    lambda c, f, other: customers.save_moments(
        c, other, [Measured(f.customer.customer_id, History(), Segment.LOYAL, Turns(), LATER, 9)]
    ),
    lambda c, f, other: customers.save_shown(c, other, {f.customer.customer_id: {}}),
    lambda c, f, other: customers.remove(c, other, f.customer.customer_id),
    lambda c, f, other: ledger.move_orders(c, other, ["O1"], f.customer.customer_id + 1),
    lambda c, f, other: ledger.erase(c, other, f.customer.customer_id),
    lambda c, f, other: baskets.erase(c, other, f.customer.customer_id, "U1", "ann@example.com"),
    lambda c, f, other: baskets.erase_order(c, other, "O1"),
    lambda c, f, other: ledger.erase_order(c, other, "O1"),
    lambda c, f, other: campaigns.save_walk(c, other, f.campaign.campaign_id, Walk(9, 9), NOW.date()),
    lambda c, f, other: decisions.unite(c, other, f.customer.customer_id, f.customer.customer_id + 1),
    lambda c, f, other: decisions.erase(c, other, f.customer.customer_id),
    lambda c, f, other: effects.reopen(c, other, ["code:1"], LATER),
    lambda c, f, other: effects.hasten(c, other, "code:1", ago(9)),
    lambda c, f, other: effects.move(c, other, f.customer.customer_id, 9),
    lambda c, f, other: effects.erase(c, other, f.customer.customer_id),
    lambda c, f, other: codes.save_voucher(c, other, f.voucher.row_id, VoucherStatus.GONE),
    lambda c, f, other: codes.save_first_code(c, other, f.voucher.row_id, "X"),
    lambda c, f, other: codes.redraw(c, other, "CODE", "NEW"),
    lambda c, f, other: codes.issue(c, other, codes.of_customer(c, f.shop_id, f.customer.customer_id)),
    lambda c, f, other: codes.give_up(c, other, codes.of_customer(c, f.shop_id, f.customer.customer_id)),
    lambda c, f, other: codes.redeem(c, other, codes.of_customer(c, f.shop_id, f.customer.customer_id)[0], "O1", NOW),
    lambda c, f, other: codes.save_code_id(c, other, "CODE", "X"),
    lambda c, f, other: codes.move(c, other, f.customer.customer_id, 9),
    lambda c, f, other: codes.erase(c, other, f.customer.customer_id),
    lambda c, f, other: budgets.settle(c, other, f.decision_id, Money(Decimal(1), "USD")),
    lambda c, f, other: budgets.release(c, other, [f.decision_id]),
    lambda c, f, other: budgets.move(c, other, f.customer.customer_id, 9),
    lambda c, f, other: budgets.erase(c, other, f.customer.customer_id),
    lambda c, f, other: needs.save_stock(c, other, "V1", LATER, missing=False),
    lambda c, f, other: needs.save_model(c, other, None, NOW),
    lambda c, f, other: suppressions.remove(c, other, [SUPPRESSED.key]),
    lambda c, f, other: suppressions.put(c, other, SUPPRESSED, Suppression("asked", None), "me", NOW),
    lambda c, f, other: shops.set_guardrails(c, other, Guardrails(gifts=9), "me", NOW),
    lambda c, f, other: channels.save(c, other, [], NOW),
    lambda c, f, other: problems.remove(c, other, "key"),
    lambda c, f, other: storefront_keys.revoke(c, other, storefront_keys.listed(c, f.shop_id)[0].key_id),
    lambda c, f, other: shops.set_test_mode(c, other, True),
    lambda c, f, other: rehearsals.erase(c, other),
    lambda c, f, other: rehearsals.hear(c, other, f.rehearsal, "customers", 1, 2, LATER),
    lambda c, f, other: rehearsals.end(c, other, f.rehearsal, LATER, error="Over."),
    lambda c, f, other: segment_sizes.save(c, other, {"tea": 7}, LATER),
    lambda c, f, other: front_events.erase(c, other, f.customer.customer_id),
    lambda c, f, other: front_events.move(c, other, f.customer.customer_id, 9),
]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("look", NOTHING)
def test_another_shop_sees_nothing(database: Database, look: Callable[[Connection, Filled, int], object]) -> None:
    with database.write() as connection:
        filled = Filled(connection)
        other = make_shop(connection, "two")
        assert not look(connection, filled, other)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", CHANGES)
def test_another_shop_changes_nothing(database: Database, change: Callable[[Connection, Filled, int], object]) -> None:
    with database.write() as connection:
        filled = Filled(connection)
        other = make_shop(connection, "two")
        before = everything(connection, filled.shop_id)
        change(connection, filled, other)
        assert everything(connection, filled.shop_id) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_another_shops_campaign_is_not_found(database: Database) -> None:
    with database.write() as connection:
        filled = Filled(connection)
        other = make_shop(connection, "two")
        with pytest.raises(NotFound):
            campaigns.get(connection, other, "win-back", TACTICS)
        campaigns.change_status(connection, filled.shop_id, filled.campaign, CampaignStatus.ON, "me", NOW)


def everything(connection: Connection, shop_id: int) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    for table in metadata.sorted_tables:
        if "shop_id" in table.c:
            rows = connection.execute(select(table).where(table.c.shop_id == shop_id))
            found[table.name] = [tuple(row) for row in rows]
    return found


def test_moments_are_utc_on_both_databases(database: Database) -> None:
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        assert shops.get(connection, shop_id).installed_at == datetime(2026, 6, 1, 12, tzinfo=UTC)
