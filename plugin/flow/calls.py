"""The call of each kind of effect to the platform, outside of any transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.domain.campaigns import Campaign
from plugin.domain.channels import Channel
from plugin.domain.effects import Banner, EffectKind
from plugin.domain.offers import read_offer
from plugin.domain.phrases import phrase
from plugin.errors import AlreadyExists, GiveUp
from plugin.flow.asks import public_offer
from plugin.flow.scene import Scene
from plugin.saleor.client import Saleor
from plugin.saleor.customers import put_customer_metadata
from plugin.saleor.gift_cards import deactivate_gift_card, find_gift_card, make_gift_card
from plugin.saleor.promotions import remove_promotions, replace_promotion
from plugin.saleor.vouchers import add_codes, list_voucher, make_voucher, remove_codes
from plugin.store.codes import Code, Voucher
from plugin.store.customers import Customer
from plugin.store.effects import Effect

#: The metadata keys that storefronts read; see docs/storefront.md.
METADATA_KEY = "retention.{slot}"


@dataclass(frozen=True, slots=True)
class Ready:
    """Still wanted, with what the call needs; read in the transaction that looked again."""

    effect: Effect
    scene: Scene
    voucher: Voucher | None = None
    code: Code | None = None
    #: Those that go into the voucher.
    codes: tuple[Code, ...] = ()
    customer: Customer | None = None
    #: The banner as it is to be shown; None takes it away.
    banner: Banner | None = None
    #: Whose effect it is; for a promotion, only while it is on.
    campaign: Campaign | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call went: `made` is Saleor's id of the voucher or gift card; `taken` are codes that are somebody else's."""

    made: str | None = None
    taken: frozenset[str] = frozenset()


async def call(saleor: Saleor, ready: Sequence[Ready]) -> list[Ending]:
    """One call for all of them: they are of one kind and batch."""
    first = ready[0]
    match first.effect.kind:
        case EffectKind.VOUCHER if first.voucher is not None:
            return [await _make(saleor, first, first.voucher)]
        case EffectKind.LISTING if first.voucher is not None and first.voucher.voucher_id is not None:
            offer = read_offer(first.effect.payload["offer"])
            await list_voucher(saleor, first.voucher.voucher_id, offer, _channels(first.scene, first.campaign))
        case EffectKind.CODE if first.voucher is not None and first.voucher.voucher_id is not None:
            return await _add(saleor, ready, first.voucher.voucher_id, first.voucher.first_code)
        case EffectKind.GIFT_CARD if first.code is not None and first.customer is not None:
            return [await _make_gift_card(saleor, first, first.code, first.customer)]
        case EffectKind.DEACTIVATE:
            await _deactivate(saleor, first.effect.payload)
        case EffectKind.PROMOTION if first.campaign is not None:
            await _promote(saleor, first.scene, first.campaign)
        case EffectKind.BANNER | EffectKind.CLEAR if first.customer is not None:
            await _put(saleor, first, first.customer)
        case EffectKind.REVOKE if first.voucher is not None and first.voucher.voucher_id is not None:
            payloads = [call.effect.payload for call in ready]
            ids = [payload["code_id"] for payload in payloads if payload["code_id"]]
            unknown = [payload["code"] for payload in payloads if not payload["code_id"]]
            await remove_codes(saleor, first.voucher.voucher_id, unknown, ids=ids)
    return [Ending() for _ in ready]


async def _make(saleor: Saleor, ready: Ready, voucher: Voucher) -> Ending:
    try:
        voucher_id = await make_voucher(
            saleor,
            name=ready.effect.payload["name"],
            offer=read_offer(ready.effect.payload["offer"]),
            ends_at=voucher.expires_at,
            code=voucher.first_code or "",
            look_first=ready.effect.attempts > 1,
        )
    except AlreadyExists:
        return Ending(taken=frozenset((voucher.first_code or "",)))
    return Ending(made=voucher_id)


async def _make_gift_card(saleor: Saleor, ready: Ready, code: Code, customer: Customer) -> Ending:
    if code.offer is None:
        raise GiveUp(phrase("It is not known what this gift card was to hold."))
    try:
        card_id = await make_gift_card(
            saleor,
            code=code.code,
            user_id=customer.state.user_id or "",
            offer=code.offer,
            expires_on=code.expires_at.astimezone(ready.scene.zone).date(),
            decision_id=code.decision_id,
            note=ready.effect.payload["note"],
            look_first=ready.effect.attempts > 1,
        )
    except AlreadyExists:
        return Ending(taken=frozenset((code.code,)))
    return Ending(made=card_id)


async def _deactivate(saleor: Saleor, payload: Mapping[str, Any]) -> None:
    """A card whose making was never answered has no id yet, and may be there all the same."""
    card_id = payload["code_id"] or await find_gift_card(saleor, payload["code"], payload["decision"])
    if card_id is not None:
        await deactivate_gift_card(saleor, card_id)


async def _promote(saleor: Saleor, scene: Scene, campaign: Campaign) -> None:
    """The promotion is what the campaign says now: there while it is on and has something to give, else gone."""
    name = promotion_name(campaign)
    found = public_offer(campaign, scene.calendar)
    if found is None:
        await remove_promotions(saleor, name)
        return
    await replace_promotion(
        saleor,
        name=name,
        offer=found.offer,
        channels=_channels(scene, campaign),
        starts_at=found.starts_at,
        ends_at=found.ends_at,
    )


def promotion_name(campaign: Campaign) -> str:
    """Shoppers read it beside their gift; the number keeps it apart from a promotion that the merchant made."""
    return f"{campaign.name} ({campaign.campaign_id})"


def _channels(scene: Scene, campaign: Campaign | None) -> list[Channel]:
    """Those that sell, and that the campaign is for."""
    only = campaign.channels if campaign is not None else ()
    return [channel for channel in scene.channels if channel.active and (not only or channel.slug in only)]


async def _add(saleor: Saleor, ready: Sequence[Ready], voucher_id: str, first_code: str | None) -> list[Ending]:
    """The voucher was made with its first code, so that one is there already."""
    wanted = [code.code for call in ready for code in call.codes if code.code != first_code]
    taken = frozenset((await add_codes(saleor, voucher_id, wanted)).taken) if wanted else frozenset[str]()
    return [Ending(taken=taken.intersection(code.code for code in call.codes)) for call in ready]


async def _put(saleor: Saleor, ready: Ready, customer: Customer) -> None:
    key = METADATA_KEY.format(slot=ready.effect.payload["slot"])
    value = None if ready.banner is None else json.dumps({"text": ready.banner.text, **ready.banner.data})
    await put_customer_metadata(saleor, customer.state.user_id or "", key, value)
