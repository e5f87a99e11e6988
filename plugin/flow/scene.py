"""What one transaction knows of a shop besides its customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from plugin.domain.budgets import Usual
from plugin.domain.campaigns import Campaign
from plugin.domain.channels import Channel
from plugin.domain.conditions import Condition
from plugin.domain.messages import Medium
from plugin.domain.needs import NeedModel
from plugin.domain.tactic import TriggerKind
from plugin.domain.today import Today
from plugin.flow.house import House
from plugin.store import campaigns, channels, members, stock
from plugin.store.codes import Code, Voucher
from plugin.store.effects import Effect
from plugin.store.leases import Lease
from plugin.store.shops import Shop


@dataclass(frozen=True, slots=True)
class Drawn:
    """Codes that go into a voucher which is there already, and the effect that puts them there: leased."""

    effect: Effect
    voucher: Voucher
    codes: tuple[Code, ...]


@dataclass(slots=True)
class AtOnce:
    """What one transaction decided that can be carried out as soon as it is committed: nobody has to look again."""

    lease: Lease
    drawn: list[Drawn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scene:
    shop: Shop
    now: datetime
    campaigns: Sequence[Campaign]
    channels: Sequence[Channel]
    #: The key of this shop's hashes of people, decrypted.
    pepper: str
    #: Currency → what the shop's orders come to, once it has been asked for.
    usual: dict[str, Usual] = field(default_factory=dict)
    #: Currency and products → the highest price of one piece, once it has been asked for.
    prices: dict[tuple[str, ...], Decimal | None] = field(default_factory=dict)
    #: What is learnt of the shop and large, once it has been asked for.
    needs: list[NeedModel | None] = field(default_factory=list)
    #: Segments whose members are kept, resolved, by name.
    watched: Mapping[str, Condition] = field(default_factory=dict)
    #: Segments that nobody watches yet, and that everybody who is asked about is taken to be in: of a dry run.
    presumed: frozenset[str] = frozenset()
    #: That messages can be sent by, because there is a sender for them.
    media: frozenset[Medium] = frozenset()
    #: Products that are given away, as merchants name them, of which nothing is left.
    out_of_stock: frozenset[str] = frozenset()
    #: Campaigns whose budget does not pay for one more of what they give everybody.
    spent: frozenset[int] = frozenset()
    #: What whoever decides carries out as well; None where it is left to whoever comes.
    at_once: AtOnce | None = None

    @property
    def shop_id(self) -> int:
        return self.shop.shop_id

    @property
    def zone(self) -> ZoneInfo:
        return self.shop.zone

    @property
    def today(self) -> date:
        """The shop's."""
        return self.now.astimezone(self.zone).date()

    def midnight(self, days: int = 0) -> datetime:
        """The one in the shop's zone with which today began, or so many days later."""
        return datetime.combine(self.today + timedelta(days=days), time(0), self.zone)

    @property
    def currencies(self) -> Mapping[str, str]:
        """Of the channels that sell."""
        return {channel.slug: channel.currency for channel in self.channels if channel.active}

    @property
    def calendar(self) -> Today:
        return Today(self.now, self.zone, self.out_of_stock, self.spent)

    @property
    def rests(self) -> bool:
        """Nothing is decided and nothing is carried out, whatever is known meanwhile."""
        return self.shop.stopped or not self.shop.active

    def listens(self, kind: TriggerKind) -> bool:
        """A campaign that is on may answer to this."""
        return any(campaign.on and kind in campaign.tactic.listens_to for campaign in self.campaigns)

    @property
    def decides(self) -> bool:
        return not self.rests and any(campaign.on for campaign in self.campaigns)


def set_scene(connection: Connection, house: House, shop: Shop, now: datetime, at_once: AtOnce | None = None) -> Scene:
    today = stock.today(connection, shop.shop_id, now, shop.zone)
    return Scene(
        shop,
        now,
        campaigns.of_shop(connection, shop.shop_id, house.tactics),
        channels.of_shop(connection, shop.shop_id),
        house.keyring.decrypt(shop.pepper),
        watched=members.conditions(connection, shop.shop_id),
        media=frozenset(house.senders),
        out_of_stock=today.out_of_stock,
        spent=today.spent,
        at_once=at_once,
    )
