"""Decisions' effects, as rows: voucher → channel listing → codes → banner, or gift card → banner.

Codes that are decided on together go into their voucher together: one effect for as many as one call takes. The
banner is kept with the code, and asked for when the code is there.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import Decision, Outcome
from plugin.domain.effects import Banner, EffectKind, GiveCode, Slot
from plugin.domain.offers import Offer, OfferKind, last_second, write_offer
from plugin.domain.phrases import phrase
from plugin.domain.today import PublicOffer, Today
from plugin.domain.trials import is_trial
from plugin.domain.values import light_dataclass
from plugin.errors import NotFound
from plugin.flow.scene import AtOnce, Drawn, Scene
from plugin.saleor.vouchers import CODES_A_CALL
from plugin.secrets import draw_code
from plugin.store import codes, customers, effects, leases, stock
from plugin.store.codes import Code, CodeKind, CodeStatus, Voucher, VoucherStatus
from plugin.store.customers import Customer
from plugin.store.effects import CODES, Wanted


@light_dataclass(frozen=True, slots=True)
class Gift:
    """A decision that gives a code, under its number."""

    customer: Customer
    decision: Decision
    decision_id: int
    wish: GiveCode


@light_dataclass(frozen=True, slots=True)
class Show:
    """A decision that shows something without a code, under its number."""

    customer: Customer
    decision: Decision
    decision_id: int
    banner: Banner


class Vouchers:
    """The vouchers that one transaction puts codes into, each looked up once."""

    def __init__(self, connection: Connection, scene: Scene) -> None:
        self._connection, self._scene = connection, scene
        self._known: dict[str, Voucher | None] = {}
        self._keys: dict[tuple[int, Offer, bool], str] = {}

    def refuse_if_removed(self, decision: Decision) -> Decision:
        """A voucher that the merchant removed is not made again under the same version and day."""
        if not isinstance(decision.wish, GiveCode) or decision.wish.voucher is not None:
            return decision
        known = self._by_key(self._key(decision, decision.wish))
        if known is None or known.status is not VoucherStatus.GONE:
            return decision
        reason = phrase("Nothing, because the voucher of this campaign for that day was removed in the Dashboard.")
        return replace(decision, outcome=Outcome.NOTHING, reason=reason, wish=None)

    def give(self, gifts: Sequence[Gift]) -> dict[int, int]:
        """A code for each, drawn and asked for; decision → the effect that puts it into the platform."""
        cards = [gift for gift in gifts if gift.wish.offer.kind is OfferKind.STORE_CREDIT]
        by_voucher: dict[str, list[Gift]] = defaultdict(list)
        for gift in gifts:
            if gift.wish.offer.kind is not OfferKind.STORE_CREDIT:
                by_voucher[self._key(gift.decision, gift.wish)].append(gift)
        drawn = [code for key, theirs in by_voucher.items() for code in self._codes(key, theirs)]
        drawn += [_drawn(gift, CodeKind.GIFT_CARD, self._last_moment(gift.wish.offer)) for gift in cards]
        codes.draw(self._connection, self._scene.shop_id, drawn, self._scene.now)
        effects.ask_all(self._connection, self._scene.shop_id, [_card(gift) for gift in cards], self._scene.now)
        asked = {code.decision_id: code.effect_id for code in drawn if code.effect_id is not None}
        keys = {_card_key(gift.decision_id): gift.decision_id for gift in cards}
        made = effects.ids_of(self._connection, self._scene.shop_id, list(keys))
        return asked | {keys[key]: effect_id for key, effect_id in made.items()}

    def _codes(self, key: str, gifts: Sequence[Gift]) -> list[Code]:
        """Codes of one voucher, each with the effect that puts it there."""
        named = gifts[0].wish.voucher
        voucher, listing = self._asked_for(key, gifts[0]) if named is None else self._there(named)
        batch = f"code:{voucher.row_id}"
        at_once = self._at_once(voucher, listing, batch)
        drawn: list[Code] = []
        for start in range(0, len(gifts), CODES_A_CALL):
            some = gifts[start : start + CODES_A_CALL]
            wanted = Wanted(
                f"code:{some[0].decision_id}",
                EffectKind.CODE,
                {"voucher": voucher.row_id, CODES: len(some)},
                campaign_id=some[0].decision.campaign.campaign_id,
                decision_id=some[0].decision_id,
                waits_for=listing,
                batch=batch,
            )
            effect_id = effects.ask(self._connection, self._scene.shop_id, wanted, self._scene.now)
            theirs = [_drawn(gift, CodeKind.VOUCHER, voucher.expires_at, voucher.row_id, effect_id) for gift in some]
            if at_once:
                taken = leases.take(
                    self._connection, self._scene.shop_id, effect_id, wanted, self._scene.now, at_once.lease
                )
                at_once.drawn.append(Drawn(taken, voucher, tuple(theirs)))
            drawn += theirs
        return drawn

    def _at_once(self, voucher: Voucher, listing: int | None, batch: str) -> AtOnce | None:
        """Where the voucher is listed already, and the platform takes its codes: who decides does not wait for it twice."""
        connection, shop_id = self._connection, self._scene.shop_id
        if self._scene.at_once is None or voucher.status is not VoucherStatus.MADE or listing is None:
            return None
        if not effects.is_done(connection, shop_id, listing) or effects.any_failed(connection, shop_id, batch):
            return None
        return self._scene.at_once

    def _key(self, decision: Decision, wish: GiveCode) -> str:
        if wish.voucher is not None:
            return f"row:{wish.voucher}"
        same = decision.campaign.campaign_id, wish.offer, is_trial(decision.episode)
        if same not in self._keys:
            self._keys[same] = voucher_key(self._scene, decision, wish.offer)[0]
        return self._keys[same]

    def _there(self, row_id: int) -> tuple[Voucher, int | None]:
        """A voucher of before, with the effect that lists it, as long as that is kept."""
        voucher = codes.voucher(self._connection, self._scene.shop_id, row_id)
        if voucher is None:
            raise NotFound(phrase("There is no voucher {row_id}.", row_id=row_id))
        listed = effects.status_of(self._connection, self._scene.shop_id, f"listing:{voucher.key}")
        return voucher, None if listed is None else listed[0]

    def _by_key(self, key: str) -> Voucher | None:
        if key not in self._known:
            self._known[key] = codes.voucher_by_key(self._connection, self._scene.shop_id, key)
        return self._known[key]

    def _asked_for(self, key: str, first: Gift) -> tuple[Voucher, int]:
        """The voucher's row and the effect that lists it, asked for when it is the first of its day."""
        connection, scene, campaign = self._connection, self._scene, first.decision.campaign
        offer = first.wish.offer
        voucher = self._by_key(key) or codes.open_voucher(
            connection, scene.shop_id, key, campaign.campaign_id, campaign.version, self._last_moment(offer)
        )
        if voucher.status is VoucherStatus.WITHDRAWN:
            codes.open_again(connection, scene.shop_id, voucher.row_id)
            effects.reopen(connection, scene.shop_id, (f"voucher:{key}", f"listing:{key}"), scene.now)
        day = voucher_key(scene, first.decision, offer)[1]
        payload = {
            "voucher": voucher.row_id,
            "name": f"{campaign.name} until {day} ({campaign.tactic.title} {key})",
            "offer": write_offer(offer),
        }
        wanted = Wanted(
            f"voucher:{key}",
            EffectKind.VOUCHER,
            payload,
            campaign_id=campaign.campaign_id,
            decision_id=first.decision_id,
        )
        made = effects.ask(connection, scene.shop_id, wanted, scene.now)
        listed = replace(wanted, key=f"listing:{key}", kind=EffectKind.LISTING, waits_for=made)
        return voucher, effects.ask(connection, scene.shop_id, listed, scene.now)

    def _last_moment(self, offer: Offer) -> datetime:
        return end_of_day(_last_day(self._scene, offer), self._scene)


def _drawn(
    gift: Gift, kind: CodeKind, expires_at: datetime, voucher: int | None = None, effect_id: int | None = None
) -> Code:
    banner = gift.wish.banner
    return Code(
        draw_code(),
        gift.decision_id,
        gift.decision.campaign.campaign_id,
        gift.customer.customer_id,
        voucher,
        None,
        CodeStatus.DRAWN,
        expires_at,
        kind,
        gift.wish.offer,
        effect_id=effect_id,
        banner=None if banner is None else {"slot": banner.slot.value, "text": banner.text, "data": dict(banner.data)},
        next_order=gift.wish.next_order if gift.wish.offer.ships_free else None,
    )


def _card(gift: Gift) -> Wanted:
    campaign = gift.decision.campaign
    return Wanted(
        _card_key(gift.decision_id),
        EffectKind.GIFT_CARD,
        {"note": f"{campaign.name} ({campaign.tactic.title})"},
        campaign_id=campaign.campaign_id,
        decision_id=gift.decision_id,
        customer_id=gift.customer.customer_id,
    )


def _card_key(decision_id: int) -> str:
    return f"gift_card:{decision_id}"


def show(connection: Connection, scene: Scene, shows: Sequence[Show]) -> None:
    """What is shown is promised from this transaction on, not from the moment it reaches the storefront."""
    shown: dict[int, dict[Slot, Banner]] = {}
    for one in shows:
        theirs = shown.setdefault(one.customer.customer_id, dict(one.customer.shown))
        theirs[one.banner.slot] = one.banner
        if not one.banner.data:
            del theirs[one.banner.slot]
    customers.save_shown(connection, scene.shop_id, shown)
    wanted = [
        Wanted(
            banner_key(one.decision_id),
            EffectKind.BANNER,
            {"slot": one.banner.slot.value, "text": one.banner.text, "data": dict(one.banner.data)},
            campaign_id=one.decision.campaign.campaign_id,
            decision_id=one.decision_id,
            customer_id=one.customer.customer_id,
        )
        for one in shows
    ]
    effects.ask_all(connection, scene.shop_id, wanted, scene.now)


def voucher_key(scene: Scene, decision: Decision, offer: Offer) -> tuple[str, date]:
    """One voucher holds one version of a campaign, one offer and one day of expiry; and that day. Trials have their own."""
    day = _last_day(scene, offer)
    apart = ":trial" if is_trial(decision.episode) else ""
    return f"{decision.campaign.campaign_id}:{decision.campaign.version}:{day}:{_said(offer)}{apart}", day


@lru_cache(maxsize=256)
def _said(offer: Offer) -> str:
    return hashlib.blake2b(json.dumps(write_offer(offer), sort_keys=True).encode(), digest_size=6).hexdigest()


def _last_day(scene: Scene, offer: Offer) -> date:
    return scene.today + timedelta(days=offer.valid_days)


def banner_key(decision_id: int) -> str:
    return f"{effects.BANNER_OF}{decision_id}"


def clear_key(decision_id: int, slot: Slot = Slot.BANNER) -> str:
    return f"clear:{decision_id}" if slot is Slot.BANNER else f"clear:{decision_id}:{slot}"


def take_back_key(code: Code) -> str:
    return f"{'deactivate' if code.kind is CodeKind.GIFT_CARD else 'revoke'}:{code.code}"


def take_back(connection: Connection, scene: Scene, code: Code) -> None:
    """The code stops working, once it is there; the effect knows the code and nobody's name."""
    if code.kind is CodeKind.GIFT_CARD:
        payload = {"code": code.code, "code_id": code.code_id, "decision": code.decision_id}
        off = Wanted(take_back_key(code), EffectKind.DEACTIVATE, payload)
        effects.ask(connection, scene.shop_id, off, scene.now)
        return
    voucher = None if code.voucher is None else codes.voucher(connection, scene.shop_id, code.voucher)
    if voucher is None or (voucher.voucher_id is None and voucher.first_code != code.code):
        return
    made = effects.status_of(connection, scene.shop_id, f"voucher:{voucher.key}")
    revoke = Wanted(
        take_back_key(code),
        EffectKind.REVOKE,
        {"voucher": voucher.row_id, "code": code.code, "code_id": code.code_id},
        waits_for=None if made is None else made[0],
        batch=f"revoke:{voucher.row_id}",
    )
    effects.ask(connection, scene.shop_id, revoke, scene.now)


def follow_campaign(connection: Connection, shop_id: int, campaign: Campaign, today: Today) -> None:
    """A campaign that gives everybody something was switched or edited, or its day has come: its promotion follows.

    Called for every campaign; the others have nothing at the platform that is not one customer's.
    """
    if campaign.tactic.public is None:
        return
    key = f"promotion:{campaign.campaign_id}:{campaign.version}:{campaign.status}:{today.now.isoformat()}"
    effects.ask(connection, shop_id, Wanted(key, EffectKind.PROMOTION, {"campaign": campaign.campaign_id}), today.now)
    spent = campaign.campaign_id in today.spent
    stock.say(connection, shop_id, campaign.campaign_id, _offered(campaign, today), spent=spent)


def to_follow(connection: Connection, scene: Scene) -> list[Campaign]:
    """Those that are on and offer everybody something else than what their promotion was last asked to be."""
    public = [campaign for campaign in scene.campaigns if campaign.on and campaign.tactic.public is not None]
    said = stock.last_said(connection, scene.shop_id) if public else {}
    return [one for one in public if said.get(one.campaign_id) != _offered(one, scene.calendar)]


def public_offer(campaign: Campaign, today: Today) -> PublicOffer | None:
    """None: nothing is to stand at the platform now."""
    if not campaign.on or campaign.tactic.public is None or campaign.campaign_id in today.spent:
        return None
    found = campaign.tactic.public(campaign.params, today)
    if found is None:
        return None
    starts = [at for at in (found.starts_at, campaign.starts_at) if at is not None]
    ends = [at for at in (found.ends_at, campaign.ends_at) if at is not None]
    return replace(found, starts_at=max(starts, default=None), ends_at=min(ends, default=None))


def _offered(campaign: Campaign, today: Today) -> str:
    found = public_offer(campaign, today)
    if found is None:
        return ""
    said = [
        write_offer(found.offer),
        *(at and at.astimezone(UTC).isoformat() for at in (found.starts_at, found.ends_at)),
    ]
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()


def clear_banner(connection: Connection, scene: Scene, code: Code, at: datetime, slot: Slot = Slot.BANNER) -> None:
    """Take what tells of this code away at that moment; asked for twice, the earlier moment counts."""
    key = clear_key(code.decision_id, slot)
    clear = Wanted(
        key,
        EffectKind.CLEAR,
        {"slot": slot.value, "code": code.code},
        due_at=at,
        campaign_id=code.campaign_id,
        customer_id=code.customer_id,
    )
    effects.ask(connection, scene.shop_id, clear, scene.now)
    effects.hasten(connection, scene.shop_id, key, at)


def take_down(connection: Connection, scene: Scene, code: Code) -> None:
    """The code is given up: what tells of it goes, and what was promised beside it."""
    clear_banner(connection, scene, code, scene.now)
    if code.next_order is not None:
        clear_banner(connection, scene, code, scene.now, Slot.NEXT_ORDER)


def end_of_day(day: date, scene: Scene) -> datetime:
    """The last second of that day in the shop's zone."""
    return last_second(day, scene.zone)
