"""One to oneself: what a campaign gives, given to one customer, whether it is on and whether there is a need or not."""

from dataclasses import dataclass, replace
from datetime import datetime

import anyio
from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.decide import Decision, Outcome
from plugin.domain.effects import GiveCode
from plugin.domain.phrases import N_, joined, phrase
from plugin.domain.tactic import TriggerKind
from plugin.domain.trials import trial_episode
from plugin.engine.port import Lane, LaneKind
from plugin.errors import NotFound, Rejected
from plugin.flow import preflight
from plugin.flow.catalogue import refuse_missing
from plugin.flow.defaults import refresh_channels
from plugin.flow.guards import why_not_any_more
from plugin.flow.house import House
from plugin.flow.known import views_of
from plugin.flow.scene import Scene, set_scene
from plugin.flow.sheet import Sheet
from plugin.store import campaigns, codes, customers, decisions, shops
from plugin.store.customers import Customer

#: Digits that fit into the database's numbers.
_LONGEST_NUMBER = 19


@dataclass(frozen=True, slots=True)
class Tried:
    customer_id: int
    code: str
    offer: str
    until: datetime


async def give_trial(house: House, shop_id: int, name: str, to: str, who: str) -> Tried:
    """One code and one banner, out of the books of control groups and pauses; again and again if asked.

    to: the account's e-mail or our number. Raises `Rejected`.
    """
    await refresh_channels(house, shop_id)
    await refuse_missing(house, shop_id, name)
    tried = await anyio.to_thread.run_sync(_give, house, shop_id, name, to, who)
    await anyio.to_thread.run_sync(house.wake, [Lane(LaneKind.DELIVER, shop_id)])
    return tried


def _give(house: House, shop_id: int, name: str, to: str, who: str) -> Tried:
    with house.database.write() as connection:
        scene = set_scene(connection, house, shops.hold(connection, shop_id), house.clock())
        campaign = campaigns.get(connection, shop_id, name, house.tactics)
        if campaign.status is CampaignStatus.ENDED:
            raise Rejected(phrase("“{name}” has ended; there is nothing to try any more.", name=name))
        if scene.rests:
            raise Rejected(phrase("The shop is stopped, so nothing would reach anybody; start it first."))
        preflight.refuse(preflight.look(connection, scene, campaign))
        customer = _recipient(connection, scene, to)
        if refused := why_not_any_more(connection, scene, [customer], campaign):
            raise Rejected(joined((refused[customer.customer_id], phrase("Try another account."))))
        wish = _wish(connection, scene, campaign, customer, who)
        decision = Decision(campaign, Outcome.GIVEN, wish.episode, wish.reason, wish, None)
        sheet = Sheet(connection, scene)
        sheet.keep(customer, decision, TriggerKind.TRIAL)
        sheet.write()
        code = codes.of_episode(connection, shop_id, campaign.campaign_id, customer.customer_id, wish.episode)
        if code is None:
            raise Rejected(decisions.latest(connection, shop_id, 1, customer.customer_id)[0].reason)
    return Tried(customer.customer_id, code.code, wish.offer.label, code.expires_at.astimezone(scene.zone))


def _recipient(connection: Connection, scene: Scene, to: str) -> Customer:
    found = None
    if "@" in to:
        found = customers.account_with(connection, scene.shop_id, to.strip().casefold())
    elif to.isascii() and to.isdigit() and len(to) < _LONGEST_NUMBER:
        found = customers.lock(connection, scene.shop_id, int(to))
    if found is None:
        raise NotFound(phrase("There is no customer “{name}”; name the e-mail of an account, or our number.", name=to))
    if not found.state.reachable:
        said = N_("“{name}” is a guest, with no account to show a code in; register an account and try that one.")
        raise Rejected(phrase(said, name=to))
    return found


def _wish(connection: Connection, scene: Scene, campaign: Campaign, customer: Customer, who: str) -> GiveCode:
    sample = campaign.tactic.sample
    if sample is None:
        said = N_("{name} gives nothing to one customer alone, so there is nothing to try.")
        raise Rejected(phrase(said, name=phrase(campaign.tactic.title)))
    wish = sample(views_of(connection, scene, [customer])[customer.customer_id], campaign.params)
    if wish is None:
        said = N_("“{name}” gives nothing to one customer alone, so there is nothing to try.")
        raise Rejected(phrase(said, name=campaign.name))
    number = decisions.trials(connection, scene.shop_id, campaign.campaign_id, customer.customer_id) + 1
    return replace(wish, episode=trial_episode(number), reason=phrase("A trial, asked for by {who}.", who=who))
