"""Whatever a merchant does and whatever happens to a customer: what is shown is what the checkout gives, while it lives."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.segments import Segment
from plugin.store import campaigns
from tests.saleor.signing import NOW
from tests.storefront.stage import PLN, USD, Stage, shown

CENT = Decimal("0.01")
LIFE = timedelta(days=7)
#: Gross prices are shown in the one channel, net ones in the other.
CHANNELS = {"us": USD, "pl": PLN}
#: The first two may be named by rules; None: the page does not know.
COUNTRIES = ("CA", "MX", "FR", None)

channels = st.sampled_from(sorted(CHANNELS))
countries = st.sampled_from(COUNTRIES)
segments = st.sampled_from([Segment.REGULAR, Segment.LOYAL])
amounts = st.decimals(0, 104, places=2)
#: Mostly of both segments, so that most stories have something to keep.
both_segments = st.fixed_dictionaries({Segment.REGULAR: amounts, Segment.LOYAL: amounts})
by_segment = st.one_of(both_segments, both_segments, st.dictionaries(segments, amounts, max_size=1))
thresholds = st.fixed_dictionaries(
    {"us": by_segment, "pl": by_segment}, optional={"us/CA": by_segment, "us/MX": by_segment, "pl/CA": by_segment}
)
#: From now on, in days: when a campaign starts and how long it lasts.
schedules = st.tuples(st.none() | st.floats(-1, 6), st.none() | st.floats(0.1, 9))
rules = st.tuples(thresholds, schedules, st.sampled_from(["", "card"]))
baskets = st.tuples(st.decimals(0, 130, places=2), st.sampled_from([0, 25]), st.sampled_from([0, 10]))
looks = st.tuples(channels, countries, baskets)
#: What happens between two looks. The customer is looked at again after an edit, sooner or later.
acts = st.one_of(
    st.tuples(st.just("rules"), rules),
    st.tuples(st.just("switch"), st.sampled_from([CampaignStatus.PAUSED, CampaignStatus.ON])),
    st.tuples(st.just("wait"), st.floats(0, 9)),
    st.tuples(st.just("enters"), st.none() | segments),
    st.tuples(st.just("next order"), st.floats(0.1, 9)),
    st.tuples(st.just("look"), looks),
)


@dataclass(frozen=True)
class Shown:
    """What a page showed: a basket of so much, of which the cards were counted or not, ships free there."""

    at: datetime
    channel: str
    country: str | None
    threshold: Decimal
    until: datetime | None
    cards_count: bool

    def alive(self, now: datetime) -> bool:
        return now < (self.until or self.at + LIFE)


@dataclass
class Story:
    stage: Stage
    shown: list[Shown] = field(default_factory=list)

    async def play(self, act: str, what: Any) -> None:
        match act:
            case "rules":
                self.rule(what, self._status())
            case "switch":
                self.stage.switch(what)
            case "wait":
                self.stage.now += timedelta(days=what)
            case "enters":
                self.stage.enters(what)
            case "next order":
                self.stage.next_order_free(what)
            case _:
                await self.look(*what)
        for one in self.shown:
            if one.alive(self.stage.now):
                await self.keeps(one)

    def rule(self, what: Any, status: CampaignStatus = CampaignStatus.ON) -> None:
        said, (starts, lasts), excluded = what
        starts_at = None if starts is None else self.stage.now + timedelta(days=starts)
        ends_at = None if lasts is None else (starts_at or self.stage.now) + timedelta(days=lasts)
        days = LIFE.days
        self.stage.rules(said, status, starts_at, ends_at, promise_days=days, excluded_products=excluded)

    def _status(self) -> CampaignStatus:
        with self.stage.database.read() as connection:
            (campaign,) = campaigns.of_shop(connection, self.stage.shop_id, self.stage.house.tactics)
        return campaign.status

    async def look(self, channel: str, country: str | None, basket: tuple[Decimal, int, int]) -> None:
        """At this basket, and at those around the threshold.

        Half a cent comes of a page that adds up itself; the platform has none that a voucher could be taken off.
        """
        said = await self.compare(channel, country, *basket)
        if said:
            edge = Decimal(said["threshold"])
            off = basket[2]
            for close in (edge, edge - CENT) if off else (edge, edge - CENT, edge - CENT / 2):
                await self.compare(channel, country, max(close, Decimal(0)), *basket[1:])

    async def compare(self, channel: str, country: str | None, tea: Decimal, cards: int, off: int) -> dict[str, Any]:
        """The checkout first: looking at the page makes what it says a promise. off: what a voucher takes off the tea."""
        offered = await self.offered(channel, country, tea + off, cards, off)
        query: dict[str, Any] = {"excluded": cards} | ({} if country is None else {"country": country})
        said = await self.stage.free_shipping(subtotal=tea + cards, channel=channel, **query)
        if not said:
            assert not offered
        elif said["personal"]:
            # Nothing of it is excluded as long as a promise of before counts it: then the page is not told to take it off.
            if "excluded" not in said:
                said = await self.stage.free_shipping(subtotal=tea + cards, channel=channel, **{**query, "excluded": 0})
            assert said["earned"] == offered or not said["personal"], (said, offered)
            self._note(said, channel, country)
        else:  # Everyone gets it earlier, by the shop's own rates; nobody is offered more than the page says.
            assert said["earned"] or not offered
        return said

    def _note(self, said: dict[str, Any], channel: str, country: str | None) -> None:
        if said["personal"]:
            until = datetime.fromisoformat(said["until"]) if "until" in said else None
            one = Shown(
                self.stage.now, channel, country, Decimal(said["threshold"]), until, cards_count="excluded" not in said
            )
            if one not in self.shown:
                self.shown.append(one)

    async def keeps(self, one: Shown) -> None:
        """What was shown who had not said where to is kept everywhere."""
        for country in COUNTRIES if one.country is None else (one.country,):
            assert await self.offered(one.channel, country, one.threshold, 0, 0), (one, country)
            if one.cards_count and one.threshold >= 1:
                assert await self.offered(one.channel, country, one.threshold - 1, 1, 0), (one, country)

    async def offered(self, channel: str, country: str | None, tea: Decimal, cards: int, off: int) -> bool:
        """In a channel of net prices the gross ones are higher, and count for nothing."""
        tax = Decimal(1) if CHANNELS[channel].gross else Decimal("1.23")
        discount: dict[str, Any] = (
            {"discount": {"amount": float(off * tax)}, "voucher": {"type": "SPECIFIC_PRODUCT"}} if off else {}
        )
        found = await self.stage.offered(
            subtotal=tea * tax,
            net=tea,
            cards=cards,
            channel=channel,
            currency=CHANNELS[channel].currency,
            country=country,
            **discount,
        )
        return bool(found)


@given(
    segment=segments,
    first=rules,
    story=st.lists(acts, max_size=6),
    last=looks,
    promised=st.none() | st.tuples(amounts, st.none() | st.floats(-3, 9)),
)
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_banner_and_the_checkout_never_disagree(
    stage: Stage, segment: Segment, first: Any, story: list[Any], last: Any, promised: Any
) -> None:
    stage.clear()
    stage.now = NOW
    told = Story(stage)
    told.rule(first)
    until = None if promised is None or promised[1] is None else NOW + timedelta(days=promised[1])
    stage.customer(segment, shown=None if promised is None else shown(str(promised[0]), until))

    async def play() -> None:
        stage.open()
        channel, _, basket = last
        for act, what in [*story, ("look", (channel, None, basket)), ("look", last)]:
            await told.play(act, what)

    asyncio.run(play())
