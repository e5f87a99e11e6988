"""The three questions that fill every default: the margin, what shipping costs, and the shop's voice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.guardrails import read_guardrails, write_guardrails
from plugin.domain.voices import Voice, spoken
from plugin.flow.house import House
from plugin.store import campaigns, setting_edits, shops
from plugin.store.shops import Shop

NAME = "basics"


@dataclass(frozen=True, slots=True)
class Basics:
    #: The share of the gross price that is left after all costs; None where it is not known.
    margin: Decimal | None = None
    #: Currency → what sending one order costs.
    shipping_costs: Mapping[str, Decimal] = field(default_factory=dict)
    voice: Voice | None = None


def basics_of(shop: Shop) -> Basics:
    return Basics(shop.guardrails.default_margin, shop.shipping_costs, shop.voice)


def save_basics(house: House, shop_id: int, said: Basics, who: str) -> None:
    """They hold from the next decision on; drafts whose texts nobody has changed speak in the new voice.

    Raises `Rejected` where the margin contradicts a guardrail.
    """
    now = house.clock()
    with house.database.write() as connection:
        shop = shops.hold(connection, shop_id)
        margin = None if said.margin is None else str(said.margin)
        rules = read_guardrails({**write_guardrails(shop.guardrails), "default_margin": margin})
        if rules != shop.guardrails:
            shops.set_guardrails(connection, shop_id, rules, who, now)
        shops.set_basics(connection, shop_id, said.shipping_costs, said.voice, now)
        setting_edits.keep(connection, shop_id, NAME, _plain(said), who, now)
        _speak(connection, house, shop_id, said.voice, who)


def _speak(connection: Connection, house: House, shop_id: int, voice: Voice | None, who: str) -> None:
    for campaign in campaigns.of_shop(connection, shop_id, house.tactics):
        params = spoken(campaign.params, campaign.tactic.voices, voice)
        if campaign.status is CampaignStatus.DRAFT and params != campaign.params:
            limits = campaigns.limits_of(campaign)
            campaigns.edit(connection, shop_id, campaign, params, limits, who, house.clock())


def put_aside(house: House, shop_id: int, who: str) -> None:
    """Not asked again; the answers can be given in the settings."""
    with house.database.write() as connection:
        shop = shops.hold(connection, shop_id)
        shops.set_basics(connection, shop_id, shop.shipping_costs, shop.voice, house.clock())
        said = _plain(basics_of(shop))
        setting_edits.keep(connection, shop_id, NAME, said, who, house.clock())


def _plain(said: Basics) -> dict[str, object]:
    return {
        "margin": None if said.margin is None else str(said.margin),
        "shipping_costs": {currency: str(amount) for currency, amount in said.shipping_costs.items()},
        "voice": said.voice,
    }
