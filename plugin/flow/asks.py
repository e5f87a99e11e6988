"""A decision's effects, as rows: voucher → channel listing → code → banner, or gift card → banner."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import Decision, Outcome
from plugin.domain.effects import Banner, EffectKind, GiveCode, ShowBanner
from plugin.domain.offers import Offer, OfferKind, last_second, write_offer
from plugin.domain.trials import is_trial
from plugin.flow import budget
from plugin.flow.scene import Scene
from plugin.secrets import draw_code
from plugin.store import codes, customers, effects
from plugin.store.codes import Code, CodeKind, CodeStatus, Voucher, VoucherStatus
from plugin.store.customers import Customer


def refuse_if_removed(connection: Connection, scene: Scene, decision: Decision) -> Decision:
    """A voucher that the merchant removed is not made again under the same version and day."""
    if not isinstance(decision.wish, GiveCode):
        return decision
    key, _ = voucher_key(scene, decision, decision.wish.offer)
    known = codes.voucher_by_key(connection, scene.shop_id, key)
    if known is None or known.status is not VoucherStatus.GONE:
        return decision
    reason = "Nothing, because the voucher of this campaign for that day was removed in the Dashboard."
    return replace(decision, outcome=Outcome.NOTHING, reason=reason, wish=None)


def give_code(
    connection: Connection, scene: Scene, customer: Customer, decision: Decision, decision_id: int, wish: GiveCode
) -> None:
    ask = _gift_card if wish.offer.kind is OfferKind.STORE_CREDIT else _voucher_code
    made = ask(connection, scene, customer, decision, decision_id, wish.offer)
    if not is_trial(decision.episode):
        budget.reserve(connection, scene, customer, decision, decision_id, wish.offer)
    _banner(connection, scene, customer, decision, decision_id, wish.banner, waits_for=made)


def _voucher_code(
    connection: Connection, scene: Scene, customer: Customer, decision: Decision, decision_id: int, offer: Offer
) -> int:
    voucher, listing = _voucher(connection, scene, decision, decision_id, offer)
    code = Code(
        draw_code(),
        decision_id,
        decision.campaign.campaign_id,
        customer.customer_id,
        voucher.row_id,
        None,
        CodeStatus.DRAWN,
        voucher.expires_at,
        offer=offer,
    )
    codes.draw(connection, scene.shop_id, code, scene.now)
    return effects.ask(
        connection,
        scene.shop_id,
        f"code:{decision_id}",
        EffectKind.CODE,
        {"voucher": voucher.row_id},
        scene.now,
        campaign_id=decision.campaign.campaign_id,
        decision_id=decision_id,
        customer_id=customer.customer_id,
        waits_for=listing,
        batch=f"code:{voucher.row_id}",
    )


def _gift_card(
    connection: Connection, scene: Scene, customer: Customer, decision: Decision, decision_id: int, offer: Offer
) -> int:
    code = Code(
        draw_code(),
        decision_id,
        decision.campaign.campaign_id,
        customer.customer_id,
        None,
        None,
        CodeStatus.DRAWN,
        end_of_day(_last_day(scene, offer), scene),
        CodeKind.GIFT_CARD,
        offer,
    )
    codes.draw(connection, scene.shop_id, code, scene.now)
    return effects.ask(
        connection,
        scene.shop_id,
        f"gift_card:{decision_id}",
        EffectKind.GIFT_CARD,
        {"note": f"{decision.campaign.name} ({decision.campaign.tactic.title})"},
        scene.now,
        campaign_id=decision.campaign.campaign_id,
        decision_id=decision_id,
        customer_id=customer.customer_id,
    )


def show_banner(
    connection: Connection, scene: Scene, customer: Customer, decision: Decision, decision_id: int, wish: ShowBanner
) -> None:
    """What is shown is promised from this transaction on, not from the moment it reaches the storefront."""
    shown = {**customer.shown, wish.banner.slot: wish.banner}
    if not wish.banner.data:
        del shown[wish.banner.slot]
    customers.save_shown(connection, scene.shop_id, customer.customer_id, shown)
    _banner(connection, scene, customer, decision, decision_id, wish.banner, waits_for=None)


def voucher_key(scene: Scene, decision: Decision, offer: Offer) -> tuple[str, date]:
    """One voucher holds one version of a campaign, one offer and one day of expiry; and that day. Trials have their own."""
    day = _last_day(scene, offer)
    said = hashlib.blake2b(json.dumps(write_offer(offer), sort_keys=True).encode(), digest_size=6).hexdigest()
    apart = ":trial" if is_trial(decision.episode) else ""
    return f"{decision.campaign.campaign_id}:{decision.campaign.version}:{day}:{said}{apart}", day


def _last_day(scene: Scene, offer: Offer) -> date:
    return scene.now.astimezone(scene.zone).date() + timedelta(days=offer.valid_days)


def _voucher(
    connection: Connection, scene: Scene, decision: Decision, decision_id: int, offer: Offer
) -> tuple[Voucher, int]:
    """The voucher's row and the effect that lists it, asked for when it is the first of its day."""
    key, day = voucher_key(scene, decision, offer)
    if scene.vouchers is not None and key in scene.vouchers:
        return scene.vouchers[key]
    campaign = decision.campaign
    voucher = codes.voucher_by_key(connection, scene.shop_id, key) or codes.open_voucher(
        connection, scene.shop_id, key, campaign.campaign_id, campaign.version, end_of_day(day, scene)
    )
    payload = {
        "voucher": voucher.row_id,
        "name": f"{campaign.name} until {day} ({campaign.tactic.title} {key})",
        "offer": write_offer(offer),
    }
    if voucher.status is VoucherStatus.WITHDRAWN:
        codes.open_again(connection, scene.shop_id, voucher.row_id)
        effects.reopen(connection, scene.shop_id, (f"voucher:{key}", f"listing:{key}"), scene.now)
    made = effects.ask(
        connection,
        scene.shop_id,
        f"voucher:{key}",
        EffectKind.VOUCHER,
        payload,
        scene.now,
        campaign_id=campaign.campaign_id,
        decision_id=decision_id,
    )
    listed = effects.ask(
        connection,
        scene.shop_id,
        f"listing:{key}",
        EffectKind.LISTING,
        payload,
        scene.now,
        campaign_id=campaign.campaign_id,
        decision_id=decision_id,
        waits_for=made,
    )
    if scene.vouchers is not None:
        scene.vouchers[key] = voucher, listed
    return voucher, listed


def _banner(
    connection: Connection,
    scene: Scene,
    customer: Customer,
    decision: Decision,
    decision_id: int,
    banner: Banner,
    waits_for: int | None,
) -> None:
    effects.ask(
        connection,
        scene.shop_id,
        f"banner:{decision_id}",
        EffectKind.BANNER,
        {"slot": banner.slot.value, "text": banner.text, "data": dict(banner.data)},
        scene.now,
        campaign_id=decision.campaign.campaign_id,
        decision_id=decision_id,
        customer_id=customer.customer_id,
        waits_for=waits_for,
    )


def take_back(connection: Connection, scene: Scene, code: Code) -> None:
    """The code stops working, once it is there; the effect knows the code and nobody's name."""
    if code.kind is CodeKind.GIFT_CARD:
        effects.ask(
            connection,
            scene.shop_id,
            f"deactivate:{code.code}",
            EffectKind.DEACTIVATE,
            {"code": code.code, "code_id": code.code_id, "decision": code.decision_id},
            scene.now,
        )
        return
    voucher = None if code.voucher is None else codes.voucher(connection, scene.shop_id, code.voucher)
    if voucher is None or (voucher.voucher_id is None and voucher.first_code != code.code):
        return
    made = effects.status_of(connection, scene.shop_id, f"voucher:{voucher.key}")
    effects.ask(
        connection,
        scene.shop_id,
        f"revoke:{code.code}",
        EffectKind.REVOKE,
        {"voucher": voucher.row_id, "code": code.code, "code_id": code.code_id},
        scene.now,
        waits_for=None if made is None else made[0],
        batch=f"revoke:{voucher.row_id}",
    )


def follow_campaign(connection: Connection, shop_id: int, campaign: Campaign, now: datetime) -> None:
    """A campaign that gives everybody something was switched, or edited: its promotion follows.

    Called for every campaign; the others have nothing at the platform that is not one customer's.
    """
    if not any(offer.kind is OfferKind.PUBLIC_GIFT for offer in campaign.tactic.offers(campaign.params)):
        return
    effects.ask(
        connection,
        shop_id,
        f"promotion:{campaign.campaign_id}:{campaign.version}:{campaign.status}:{now.isoformat()}",
        EffectKind.PROMOTION,
        {"campaign": campaign.campaign_id},
        now,
    )


def clear_banner(connection: Connection, scene: Scene, code: Code, at: datetime) -> None:
    """Take the banner of this code away at that moment; asked for twice, the earlier moment counts."""
    key = f"clear:{code.decision_id}"
    payload = {"slot": "banner", "code": code.code}
    effects.ask(
        connection,
        scene.shop_id,
        key,
        EffectKind.CLEAR,
        payload,
        scene.now,
        due_at=at,
        campaign_id=code.campaign_id,
        customer_id=code.customer_id,
    )
    effects.hasten(connection, scene.shop_id, key, at)


def end_of_day(day: date, scene: Scene) -> datetime:
    """The last second of that day in the shop's zone."""
    return last_second(day, scene.zone)
