"""What one transaction knows of a shop besides its customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from plugin.domain.budgets import Usual
from plugin.domain.campaigns import Campaign
from plugin.domain.channels import Channel
from plugin.domain.conditions import Condition
from plugin.flow.house import House
from plugin.store import campaigns, channels, members
from plugin.store.codes import Voucher
from plugin.store.shops import Shop


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
    #: Key → the voucher and the effect that lists it, once this transaction has asked for them; None where
    #: a part of the transaction can be undone, and so must be asked for each time.
    vouchers: dict[str, tuple[Voucher, int]] | None = None
    #: Segments whose members are kept, resolved, by name.
    watched: Mapping[str, Condition] = field(default_factory=dict)

    @property
    def shop_id(self) -> int:
        return self.shop.shop_id

    @property
    def zone(self) -> ZoneInfo:
        return self.shop.zone

    @property
    def currencies(self) -> Mapping[str, str]:
        """Of the channels that sell."""
        return {channel.slug: channel.currency for channel in self.channels if channel.active}

    @property
    def rests(self) -> bool:
        """Nothing is decided and nothing is carried out, whatever is known meanwhile."""
        return self.shop.stopped or not self.shop.active

    @property
    def decides(self) -> bool:
        return not self.rests and any(campaign.on for campaign in self.campaigns)


def set_scene(connection: Connection, house: House, shop: Shop, now: datetime) -> Scene:
    return Scene(
        shop,
        now,
        campaigns.of_shop(connection, shop.shop_id, house.tactics),
        channels.of_shop(connection, shop.shop_id),
        house.keyring.decrypt(shop.pepper),
        watched=members.conditions(connection, shop.shop_id),
    )
