"""A shop whose campaign has budgets, driven without a platform, and its books looked at from outside."""

import hashlib
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from plugin.domain.budgets import Budgets
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.domain.churn import Rhythm
from plugin.extensions import load_tactics
from plugin.flow.budget import expire
from plugin.flow.house import House
from plugin.flow.receive import receive
from plugin.flow.settle import settle
from plugin.flow.tick import tick
from plugin.saleor.client import Saleor
from plugin.secrets import Keyring, new_pepper
from plugin.store import budgets, campaigns, channels, codes, inbox, shops
from plugin.store.budgets import ALL, TOTAL
from plugin.store.codes import Code, VoucherStatus
from plugin.store.database import Database
from plugin.store.inbox import Arrival
from plugin.store.schema import codes as codes_table
from plugin.store.schema import customers, decisions, reservations, vouchers
from plugin.store.shops import Shop
from tests.bodies import APP_ID
from tests.shop import NOW


class Till:
    """Win-back with 10 % off: whoever's last order was of 20 USD is expected to take 2."""

    def __init__(
        self, database: Database, limits: Budgets, *, inside: int = 0, again: bool = False, key: str = "k" * 40
    ) -> None:
        self.database = database
        self.limits = limits
        #: Whether a cancelled order gives a new code.
        self.again = again
        self.now = NOW
        self.arrived = 0
        self.given_up: set[int] = set()
        keyring = Keyring([key])
        self.house = House(
            database, keyring, load_tactics(), _no_platform, lambda _: None, lambda: self.now, timedelta(days=30)
        )
        with database.write() as connection:
            self.shop_id = shops.install(
                connection,
                api_url="http://till.test/graphql/",
                app_id=APP_ID,
                token="t",
                jwks={},
                name="Till",
                saleor_version="3.24",
                pepper=keyring.encrypt(new_pepper()),
                now=NOW,
            )
            settle(connection, self.shop_id, self.house.tactics, NOW)
            shops.save_learnt(connection, self.shop_id, Rhythm(mean_gap=30, slack=2, gaps=999), None, NOW)
            channels.save(
                connection,
                self.shop_id,
                [Channel("default-channel", "C1", "USD", active=True, gross=True, free_from=None)],
                NOW,
            )
        self.allow(limits, inside=inside)

    def allow(self, limits: Budgets, *, inside: int = 0) -> None:
        """The campaign's budgets, from now on."""
        self.limits = limits
        with self.database.write() as connection:
            found = campaigns.get(connection, self.shop_id, "win-back", self.house.tactics)
            around = replace(
                campaigns.limits_of(found),
                control_share=0.0,
                pause_days=0,
                budgets=limits,
                inside_per_day=inside,
                reissue_after_cancel=self.again,
            )
            found = campaigns.edit(connection, self.shop_id, found, found.params, around, "test", self.now)
            campaigns.change_status(connection, self.shop_id, found, CampaignStatus.ON, "test", self.now)

    def take(self, event: str, body: bytes) -> None:
        """It arrives and is worked off; the same body again is another delivery of it."""
        self.arrive(event, body)
        self.receive()

    def arrive(self, event: str, body: bytes) -> None:
        self.arrived += 1
        key = hashlib.blake2b(f"{self.arrived}".encode() + body, digest_size=16).digest()
        with self.database.write() as connection:
            inbox.add(connection, [Arrival(self.shop_id, key, event, body, self.now)])

    def receive(self) -> None:
        while receive(self.house, self.shop_id):
            pass

    def tick(self) -> None:
        while tick(self.house, self.shop_id).more:
            pass

    def expire(self) -> None:
        while expire(self.house, self.shop_id):
            pass

    def next_moment(self) -> datetime | None:
        with self.database.read() as connection:
            statement = select(func.min(customers.c.next_moment)).where(customers.c.shop_id == self.shop_id)
            found: datetime | None = connection.execute(statement).scalar_one()
        return found

    def make_vouchers(self) -> list[str]:
        """As if they had been made at the platform; their ids there."""
        with self.database.write() as connection:
            rows = connection.execute(select(vouchers).where(vouchers.c.status == "open")).all()
            for row in rows:
                codes.save_voucher(connection, self.shop_id, row.id, VoucherStatus.MADE, f"V{row.id}")
            made = codes.vouchers_made(connection, self.shop_id)
        return [voucher.voucher_id for voucher in made if voucher.voucher_id]

    def alive(self) -> list[Code]:
        """Codes that somebody could use, in the order in which they were drawn."""
        with self.database.read() as connection:
            rows = connection.execute(select(codes_table.c.code).order_by(codes_table.c.decision_id)).scalars().all()
            found = [codes.by_code(connection, self.shop_id, text) for text in rows]
        return [code for code in found if code is not None and code.alive]

    def check_books(self) -> None:
        """Totals are the sums of their rows, and no budget is exceeded but by what orders really took off."""
        sums: dict[tuple[int, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        beyond: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        with self.database.read() as connection:
            rows = connection.execute(select(reservations)).all()
            totals = budgets.totals(connection, self.shop_id, {TOTAL, *(row.day.isoformat() for row in rows)})
        for row in rows:
            reserved = row.reserved if row.status == "reserved" else Decimal(0)
            settled = row.settled if row.status == "settled" else Decimal(0)
            for whose in (ALL, row.campaign_id):
                for period in (TOTAL, row.day.isoformat()):
                    sums[whose, period, row.currency][0] += reserved
                    sums[whose, period, row.currency][1] += settled
            for period in (TOTAL, row.day.isoformat()):
                beyond[period, row.currency] += self._beyond(row.decision_id, row.reserved, settled)
        kept = {(one.campaign_id, one.period, one.currency): [one.reserved, one.settled] for one in totals}
        nothing = [Decimal(0), Decimal(0)]
        for key in sums.keys() | kept.keys():
            assert kept.get(key, nothing) == sums.get(key, nothing), key
            assert min(kept.get(key, nothing)) >= 0, key
        for (whose, period, currency), (reserved, settled) in kept.items():
            most = (self.limits.total if period == TOTAL else self.limits.day).get(currency)
            if whose != ALL and most is not None:
                assert reserved + settled <= most + beyond[period, currency], (period, currency)

    def _beyond(self, decision_id: int, reserved: Decimal, settled: Decimal) -> Decimal:
        """What an order took off above what was expected, or after the code had been given up."""
        return settled if decision_id in self.given_up else max(Decimal(0), settled - reserved)

    def note_given_up(self) -> None:
        """Released once, a code that is used after all is beyond what the budget could know."""
        with self.database.read() as connection:
            rows = connection.execute(select(reservations.c.decision_id).where(reservations.c.status == "released"))
            self.given_up |= set(rows.scalars())

    def check_once(self) -> None:
        """No episode of a customer has a second code."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(decisions.c.customer_id, decisions.c.episode).join(
                    codes_table, codes_table.c.decision_id == decisions.c.id
                )
            ).all()
        assert len(rows) == len(set(rows))

    def days_used(self) -> dict[date, Decimal]:
        """Day → reserved and settled."""
        used: dict[date, Decimal] = defaultdict(Decimal)
        with self.database.read() as connection:
            for row in connection.execute(select(reservations)):
                used[row.day] += row.reserved if row.status == "reserved" else row.settled
        return used


def _no_platform(shop: Shop) -> Saleor:
    raise AssertionError(f"Nothing is to be called at {shop.api_url}.")
