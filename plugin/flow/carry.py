"""What each kind of effect is: whether it is still wanted, and what is written when its call worked.

`prepare` and `finish` run in a transaction; the call in between, in `calls`, outside of any.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.effects import Banner, EffectKind, Slot
from plugin.domain.phrases import phrase
from plugin.domain.trials import is_trial
from plugin.flow import asks
from plugin.flow.apply import lose_voucher
from plugin.flow.arrival import banner_arrived, codes_arrived
from plugin.flow.asks import public_offer
from plugin.flow.calls import Ending, Ready
from plugin.flow.scene import Scene
from plugin.flow.wanted import still_wanted
from plugin.secrets import draw_code
from plugin.store import codes, customers, decisions
from plugin.store.codes import Code, CodeStatus, Voucher, VoucherStatus
from plugin.store.customers import Customer
from plugin.store.effects import Effect


@dataclass(frozen=True, slots=True)
class Hold:
    """Wanted, but not now."""


_TOO_LATE = phrase("The offer ran out before it could be given.")
#: A sentence says why an effect is not wanted any more.
Prepared = Ready | Hold | str


def prepare(connection: Connection, scene: Scene, effect: Effect) -> Prepared:
    if scene.rests:
        return Hold()
    campaign = next((c for c in scene.campaigns if c.campaign_id == effect.campaign_id), None)
    if effect.campaign_id is not None and effect.kind is not EffectKind.CLEAR:
        if campaign is None or campaign.status is CampaignStatus.ENDED:
            _undo(connection, scene, effect)
            return phrase("The campaign has ended.")
        if not campaign.on and not is_trial(_episode(connection, scene, effect)):
            return Hold()
    prepared = _PREPARE[effect.kind](connection, scene, effect, campaign)
    if isinstance(prepared, str):
        _undo(connection, scene, effect)
    return prepared


def _prepare_voucher(connection: Connection, scene: Scene, effect: Effect, _: Campaign | None) -> Prepared:
    voucher = codes.voucher(connection, scene.shop_id, effect.payload["voucher"])
    if voucher is None or voucher.status is VoucherStatus.GONE:
        return phrase("The voucher was removed in the Dashboard.")
    if voucher.expires_at <= scene.now:
        return _TOO_LATE
    first = voucher.first_code
    if first is None:
        drawn = codes.first_drawn(connection, scene.shop_id, voucher.row_id)
        if drawn is None:
            codes.save_voucher(connection, scene.shop_id, voucher.row_id, VoucherStatus.WITHDRAWN)
            return phrase("Nobody wants a code of this voucher any more.")
        first = drawn.code
        codes.save_first_code(connection, scene.shop_id, voucher.row_id, first)
    return Ready(effect, scene, codes.voucher(connection, scene.shop_id, voucher.row_id))


def _prepare_listing(connection: Connection, scene: Scene, effect: Effect, campaign: Campaign | None) -> Prepared:
    voucher = codes.voucher(connection, scene.shop_id, effect.payload["voucher"])
    if voucher is None or voucher.voucher_id is None or voucher.status is not VoucherStatus.MADE:
        return phrase("The voucher is not there any more.")
    return Ready(effect, scene, voucher, campaign=campaign)


def _prepare_codes(connection: Connection, scene: Scene, effect: Effect, campaign: Campaign | None) -> Prepared:
    """Each code is looked at again; those that are not wanted any more end here, the others go on."""
    voucher = codes.voucher(connection, scene.shop_id, effect.payload["voucher"])
    drawn = codes.drawn_by(connection, scene.shop_id, effect.payload["voucher"], effect.effect_id)
    if not drawn or voucher is None or voucher.voucher_id is None:
        return phrase("The codes were taken back.")
    if voucher.expires_at <= scene.now:
        return _TOO_LATE
    found = still_wanted(connection, scene, campaign, [(code.customer_id, episode) for code, episode in drawn])
    whys = [why for why in found if isinstance(why, str)]
    wanted = tuple(code for (code, _), who in zip(drawn, found, strict=True) if isinstance(who, Customer))
    if not wanted:
        return whys[0]
    if whys:
        unwanted = [code for (code, _), why in zip(drawn, found, strict=True) if isinstance(why, str)]
        _give_up(connection, scene, effect, voucher, unwanted)
    return Ready(effect, scene, voucher, codes=wanted)


def _prepare_gift_card(connection: Connection, scene: Scene, effect: Effect, campaign: Campaign | None) -> Prepared:
    found = _customer_of(connection, scene, effect, campaign)
    if isinstance(found, str):
        return found
    code = codes.of_decision(connection, scene.shop_id, effect.decision_id or 0)
    if code is None or not code.alive:
        return phrase("The gift card was taken back.")
    if found.state.user_id is None:
        return phrase("The customer has no account that a gift card could be assigned to.")
    if code.expires_at <= scene.now:
        return _TOO_LATE
    return Ready(effect, scene, code=code, customer=found)


def _prepare_banner(connection: Connection, scene: Scene, effect: Effect, campaign: Campaign | None) -> Prepared:
    slot = Slot(effect.payload["slot"])
    code = codes.of_decision(connection, scene.shop_id, effect.decision_id or 0)
    if code is None:  # A banner without a code shows what is promised now, whichever decision asked.
        customer = customers.lock(connection, scene.shop_id, effect.customer_id or 0)
        if customer is None or customer.state.user_id is None:
            return phrase("The customer is not there any more.")
        return Ready(effect, scene, customer=customer, banner=customer.shown.get(slot))
    found = _customer_of(connection, scene, effect, campaign)
    if isinstance(found, str):
        return found
    if code.status is not CodeStatus.ISSUED:
        return codes.WAS[code.status]
    if code.expires_at <= scene.now:
        return _TOO_LATE
    return Ready(effect, scene, code=code, customer=found, banner=_with_code(scene, effect.payload, slot, code))


def _prepare_clear(connection: Connection, scene: Scene, effect: Effect, _: Campaign | None) -> Prepared:
    customer = customers.lock(connection, scene.shop_id, effect.customer_id or 0)
    if customer is None or customer.state.user_id is None:
        return phrase("The customer is not there any more.")
    shown = customer.shown.get(Slot(effect.payload["slot"]))
    if shown is None or shown.data.get("code") != effect.payload["code"]:
        return phrase("Something else is shown by now.")
    return Ready(effect, scene, customer=customer)


def _prepare_revoke(connection: Connection, scene: Scene, effect: Effect, _: Campaign | None) -> Prepared:
    voucher = codes.voucher(connection, scene.shop_id, effect.payload["voucher"])
    if voucher is None or voucher.voucher_id is None or voucher.status is not VoucherStatus.MADE:
        return phrase("The voucher is not there any more.")
    return Ready(effect, scene, voucher)


def _prepare_deactivate(_: Connection, scene: Scene, effect: Effect, __: Campaign | None) -> Prepared:
    return Ready(effect, scene)


def _prepare_promotion(_: Connection, scene: Scene, effect: Effect, __: Campaign | None) -> Prepared:
    campaign = _campaign_of(scene, effect)
    if campaign is None:
        return phrase("The campaign is not there any more.")
    return Ready(effect, scene, campaign=campaign)


def _campaign_of(scene: Scene, effect: Effect) -> Campaign | None:
    return next((c for c in scene.campaigns if c.campaign_id == effect.payload["campaign"]), None)


_PREPARE: Mapping[EffectKind, Callable[[Connection, Scene, Effect, Campaign | None], Prepared]] = {
    EffectKind.VOUCHER: _prepare_voucher,
    EffectKind.LISTING: _prepare_listing,
    EffectKind.CODE: _prepare_codes,
    EffectKind.GIFT_CARD: _prepare_gift_card,
    EffectKind.BANNER: _prepare_banner,
    EffectKind.CLEAR: _prepare_clear,
    EffectKind.REVOKE: _prepare_revoke,
    EffectKind.DEACTIVATE: _prepare_deactivate,
    EffectKind.PROMOTION: _prepare_promotion,
}


def finish(connection: Connection, scene: Scene, ready: Ready, ending: Ending) -> bool:
    """Whether the effect is done; if not, it is tried again at once with what was changed here."""
    match ready.effect.kind:
        case EffectKind.VOUCHER if ready.voucher is not None:
            return _voucher_made(connection, scene, ready.voucher, ending)
        case EffectKind.CODE:
            return _codes_added(connection, scene, ready.codes, ending)
        case EffectKind.GIFT_CARD if ready.code is not None:
            return _gift_card_made(connection, scene, ready.code, ending)
        case EffectKind.PROMOTION if ready.campaign is not None:
            now = _campaign_of(scene, ready.effect)
            before, after = ready.scene.calendar, scene.calendar
            return now is None or public_offer(now, after) == public_offer(ready.campaign, before)
        case EffectKind.BANNER if ready.code is not None and ready.customer is not None and ready.banner is not None:
            _note_shown(connection, scene, ready.customer, ready.banner.slot, ready.banner)
            banner_arrived(connection, scene, ready.code)
        case EffectKind.CLEAR if ready.customer is not None:
            _note_shown(connection, scene, ready.customer, Slot(ready.effect.payload["slot"]), None)
    return True


def lost(connection: Connection, scene: Scene, ready: Ready) -> None:
    """What the call was about is gone at the platform."""
    if ready.voucher is not None and ready.effect.kind in {EffectKind.LISTING, EffectKind.CODE}:
        lose_voucher(connection, scene, ready.voucher.row_id)


def _voucher_made(connection: Connection, scene: Scene, voucher: Voucher, ending: Ending) -> bool:
    if not ending.taken:
        codes.save_voucher(connection, scene.shop_id, voucher.row_id, VoucherStatus.MADE, ending.made)
        return True
    another = draw_code()
    codes.redraw(connection, scene.shop_id, voucher.first_code or "", another)
    codes.save_first_code(connection, scene.shop_id, voucher.row_id, another)
    return False


def _gift_card_made(connection: Connection, scene: Scene, code: Code, ending: Ending) -> bool:
    if ending.taken:
        codes.redraw(connection, scene.shop_id, code.code, draw_code())
        return False
    codes.save_code_id(connection, scene.shop_id, code.code, ending.made or "")
    codes_arrived(connection, scene, [code])
    return True


def _codes_added(connection: Connection, scene: Scene, added: Sequence[Code], ending: Ending) -> bool:
    """Codes that exist elsewhere become others, which are put there next."""
    for taken in ending.taken:
        codes.redraw(connection, scene.shop_id, taken, draw_code())
    there = [code for code in added if code.code not in ending.taken]
    codes_arrived(connection, scene, there)
    return not ending.taken


def _customer_of(connection: Connection, scene: Scene, effect: Effect, campaign: Campaign | None) -> Customer | str:
    """The customer of an effect that is for one, if the tactic would still give this for the same need; else why not."""
    whose = effect.customer_id or 0, _episode(connection, scene, effect)
    return still_wanted(connection, scene, campaign, [whose])[0]


def _episode(connection: Connection, scene: Scene, effect: Effect) -> str | None:
    return decisions.episode_of(connection, scene.shop_id, effect.decision_id or 0)


def _undo(connection: Connection, scene: Scene, effect: Effect) -> None:
    """What is not wanted any more may be there: by an attempt whose end nobody wrote, or as its voucher's first code."""
    if effect.kind in {EffectKind.VOUCHER, EffectKind.LISTING}:
        _give_up_drawn(connection, scene, effect.payload["voucher"])
        return
    if effect.kind is EffectKind.CODE:
        voucher = codes.voucher(connection, scene.shop_id, effect.payload["voucher"])
        drawn = codes.drawn_by(connection, scene.shop_id, effect.payload["voucher"], effect.effect_id)
        _give_up(connection, scene, effect, voucher, [code for code, _ in drawn])
        return
    code = codes.of_decision(connection, scene.shop_id, effect.decision_id or 0)
    if code is None:
        return
    tried = effect.attempts > 1
    if effect.kind is EffectKind.GIFT_CARD:
        codes.give_up(connection, scene.shop_id, [code])
        if tried:
            asks.take_back(connection, scene, code)
    elif effect.kind is EffectKind.BANNER and tried:
        customer = customers.lock(connection, scene.shop_id, code.customer_id)
        if customer is not None:
            slot = Slot(effect.payload["slot"])
            _note_shown(connection, scene, customer, slot, _with_code(scene, effect.payload, slot, code))
            asks.clear_banner(connection, scene, code, scene.now)


def _give_up(
    connection: Connection, scene: Scene, effect: Effect, voucher: Voucher | None, unwanted: Sequence[Code]
) -> None:
    codes.give_up(connection, scene.shop_id, unwanted)
    for code in unwanted:
        if effect.attempts > 1 or (voucher is not None and voucher.first_code == code.code):
            asks.take_back(connection, scene, code)


def _give_up_drawn(connection: Connection, scene: Scene, row_id: int) -> None:
    """Codes of a voucher that will not be there, or holds nowhere; its first one may be at the platform already."""
    voucher = codes.voucher(connection, scene.shop_id, row_id)
    drawn = [one for one in codes.alive_in(connection, scene.shop_id, row_id) if one.status is CodeStatus.DRAWN]
    codes.give_up(connection, scene.shop_id, drawn)
    for code in drawn:
        if voucher is not None and voucher.voucher_id is not None and code.code == voucher.first_code:
            asks.take_back(connection, scene, code)


def _with_code(scene: Scene, payload: Mapping[str, Any], slot: Slot, code: Code) -> Banner:
    until = code.expires_at.astimezone(scene.zone).date().isoformat()
    text = str(payload["text"]).replace("{code}", code.code).replace("{until}", until)
    return Banner(slot, text, {**payload["data"], "code": code.code, "until": code.expires_at.isoformat()})


def _note_shown(connection: Connection, scene: Scene, customer: Customer, slot: Slot, banner: Banner | None) -> None:
    fresh = customers.lock(connection, scene.shop_id, customer.customer_id)
    if fresh is None:
        return
    shown = {known: shown for known, shown in fresh.shown.items() if known is not slot}
    shown = shown if banner is None else {**shown, slot: banner}
    customers.save_shown(connection, scene.shop_id, {customer.customer_id: shown})
