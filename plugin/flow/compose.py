"""Messages that are due: whether they are still wanted and may go, by what, and in which words.

`prepare` runs in the transaction that marks them as in flight; `write` puts the words together outside of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.guardrails import quiet
from plugin.domain.messages import Medium, Purpose, Words, fill
from plugin.domain.phrases import phrase
from plugin.domain.reach import MEASURING
from plugin.domain.trials import is_trial
from plugin.flow import message_links
from plugin.flow.guards import reach_of, subjects_of
from plugin.flow.house import House
from plugin.flow.offer_links import PARAMETER, sign_offer
from plugin.flow.scene import Scene
from plugin.flow.wanted import still_wanted
from plugin.flow.zones import zone_of
from plugin.messaging.addresses import why_not
from plugin.messaging.port import Letter
from plugin.messaging.render import Frame, one_line, plain, render
from plugin.secrets import subject_hash
from plugin.store import codes, contacts, decisions, ledger
from plugin.store.codes import Code, CodeKind, CodeStatus
from plugin.store.customers import Customer
from plugin.store.effects import Effect
from plugin.store.messages import Begun
from plugin.store.shops import Shop

#: Nothing that was decided longer ago is sent: its words were about a moment that has passed.
TOO_OLD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Later:
    """Wanted, but not now; None: it is not known when."""

    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """May go, with what its words need."""

    begun: Begun
    customer: Customer
    code: Code | None
    measured: bool


#: A sentence says why a message is not sent any more.
Prepared = Ready | Later | str


def prepare(connection: Connection, scene: Scene, due: Sequence[Effect]) -> list[Prepared]:
    """In their order. They are of one campaign."""
    campaign = next((one for one in scene.campaigns if one.campaign_id == due[0].campaign_id), None)
    if scene.rests:
        return [Later() for _ in due]
    if campaign is None or campaign.status is CampaignStatus.ENDED:
        return [phrase("The campaign has ended.") for _ in due]
    ids = [effect.decision_id or 0 for effect in due]
    episodes = decisions.episodes_of(connection, scene.shop_id, ids)
    whose = [(effect.customer_id or 0, episodes.get(effect.decision_id or 0)) for effect in due]
    found = still_wanted(connection, scene, campaign, whose)
    people = {one.customer_id: one for one in found if isinstance(one, Customer)}
    around = _Around(
        connection, scene, campaign, list(people.values()), codes.of_decisions(connection, scene.shop_id, ids)
    )
    return [
        who if isinstance(who, str) else around.look(effect, who, trial=is_trial(episode))
        for effect, who, (_, episode) in zip(due, found, whose, strict=True)
    ]


class _Around:
    """What is known of all of them at once."""

    def __init__(
        self,
        connection: Connection,
        scene: Scene,
        campaign: Campaign,
        people: Sequence[Customer],
        known: Mapping[int, Code],
    ) -> None:
        self._connection, self._scene, self._campaign, self._codes = connection, scene, campaign, known
        self._reach = reach_of(connection, scene, people)
        ids = [one.customer_id for one in people]
        self._chosen = contacts.of_subjects(connection, scene.shop_id, subjects_of(scene, people))
        asks = scene.shop.guardrails.quiet is not None
        self._countries = ledger.countries_of(connection, scene.shop_id, ids) if asks else {}

    def look(self, effect: Effect, customer: Customer, *, trial: bool) -> Prepared:
        scene, payload = self._scene, effect.payload
        if not self._campaign.on and not trial:
            return Later()
        if scene.now - datetime.fromisoformat(payload["asked_at"]) > TOO_OLD:
            return phrase("It is too late: this was decided more than {days} days ago.", days=TOO_OLD.days)
        code = self._code(effect, customer)
        if isinstance(code, str):
            return code
        medium = self._medium(payload, customer, trial=trial)
        if medium is None:
            return phrase("There is no way by which this may be sent: no consent, no address, or no sender.")
        if medium is Medium.MAIL and (why := why_not(customer.email or "")) is not None:
            return why
        if not trial and (until := self._quiet_until(customer)) is not None:
            if code is not None and code.expires_at <= until:
                return phrase("The customer's hours are quiet until after the offer has run out.")
            return Later(until)
        purpose = Purpose(payload["purpose"])
        address = subject_hash(scene.pepper, f"email:{customer.email}") if medium is Medium.MAIL else None
        begun = Begun(effect, payload["ref"], medium, purpose, address)
        return Ready(begun, customer, code, self._is_measured(customer))

    def _medium(self, payload: Mapping[str, Any], customer: Customer, *, trial: bool) -> Medium | None:
        """A trial goes to whoever tries it: they asked for it."""
        purpose = Purpose.TRANSACTIONAL if trial else Purpose(payload["purpose"])
        allowed = self._reach[customer.customer_id][purpose]
        return next((medium for medium in map(Medium, payload["media"]) if medium in allowed), None)

    def _code(self, effect: Effect, customer: Customer) -> Code | str | None:
        """The code that the words name, which must still hold."""
        code, about = self._codes.get(effect.decision_id or 0), effect.payload["about"]
        if about is not None:
            code = codes.of_episode(
                self._connection, self._scene.shop_id, self._campaign.campaign_id, customer.customer_id, about
            )
            if code is None:
                return phrase("There is no code that this could be about.")
        if code is None:
            return None
        if code.status is not CodeStatus.ISSUED:
            return codes.WAS[code.status] if code.status is not CodeStatus.DRAWN else phrase("The code is not there.")
        return code if code.expires_at > self._scene.now else phrase("The offer ran out before it could be told of.")

    def _quiet_until(self, customer: Customer) -> datetime | None:
        country = self._countries.get(customer.customer_id)
        zone = zone_of(country, self._scene.now) or self._scene.zone
        refusal = quiet(self._scene.shop.guardrails, zone, self._scene.now)
        return None if refusal is None else refusal.again

    def _is_measured(self, customer: Customer) -> bool:
        choice = self._chosen[customer.customer_id].get(MEASURING)
        return choice is not None and choice.yes


def write(house: House, shop: Shop, ready: Ready, to: str) -> Letter:
    """to: the address, the number or the account, by its medium."""
    effect, customer, medium = ready.begun.effect, ready.customer, ready.begun.medium
    payload, ref = effect.payload, ready.begun.ref
    links = message_links.Links(house, ref)
    target = link_to(shop, payload["link"])
    if target and payload.get("way_back"):
        target = links.basket()  # which finds the code by itself
    elif target and ready.code is not None and ready.code.kind is CodeKind.VOUCHER:
        target = with_offer(target, sign_offer(house.keyring, shop.shop_id, ready.code.decision_id))
    if target and ready.measured:
        target = links.click(target)
    persuades = ready.begun.purpose is Purpose.MARKETING
    unsubscribe, preferences = links.unsubscribe(), links.preferences()
    values = {
        **payload["values"],
        "name": one_line(customer.state.first_name),
        "shop": sender_name(shop),
        "link": target,
        "unsubscribe": unsubscribe,
        "preferences": preferences,
        **code_values(ready.code, payload["language"], shop),
    }
    words = Words(payload["subject"], payload["text"], payload["button"])
    subject, text, html = one_line(fill(words.subject, values)), "", ""
    if medium is Medium.MAIL:
        pixel = links.opened() if ready.measured else None
        frame = Frame(sender_name(shop), shop.sending.imprint, preferences, unsubscribe if persuades else None, pixel)
        rendered = render(words, values, payload["language"], frame)
        text, html = rendered.text, rendered.html
    else:
        text = plain(words, values)
    return Letter(
        ref,
        medium,
        to,
        one_line(customer.state.first_name),
        sender_name(shop),
        shop.sending.sender_address or "",
        shop.sending.reply_to,
        subject,
        text,
        html,
        unsubscribe=unsubscribe if persuades else None,
        link=target or None,
    )


def sender_name(shop: Shop) -> str:
    return one_line(shop.sending.sender_name or shop.name)


def link_to(shop: Shop, link: str | None) -> str:
    """The whole address; empty where the shop has said no storefront."""
    if link is not None and not link.startswith("/"):
        return link
    return "" if shop.sending.storefront is None else shop.sending.storefront.rstrip("/") + (link or "/")


def code_values(code: Code | None, language: str | None, shop: Shop) -> dict[str, str]:
    if code is None or code.offer is None:
        return {}
    until = day_in(code.expires_at.astimezone(shop.zone), language)
    return {"offer": code.offer.label, "code": code.code, "until": until}


def day_in(moment: datetime, language: str | None) -> str:
    """As it is written in that language, in English where that is not known."""
    try:
        locale = Locale.parse((language or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return format_date(moment.date(), "long", locale)


def with_offer(address: str, token: str) -> str:
    """The script in the storefront finds the code by it."""
    parts = urlsplit(address)
    query = f"{parts.query}&{PARAMETER}={token}" if parts.query else f"{PARAMETER}={token}"
    return parts._replace(query=query).geturl()


def by_campaign(due: Sequence[Effect]) -> dict[int | None, list[Effect]]:
    found: dict[int | None, list[Effect]] = defaultdict(list)
    for effect in due:
        found[effect.campaign_id].append(effect)
    return dict(found)
