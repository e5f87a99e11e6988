"""Whether what was decided is still wanted, asked again under the customer's lock just before it is carried out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.effects import GiveCode, Nothing, Tell
from plugin.domain.messages import Purpose
from plugin.domain.phrases import phrase
from plugin.domain.reissues import is_reissue
from plugin.domain.tactic import Trigger, TriggerKind, View
from plugin.domain.trials import is_trial
from plugin.flow.guards import why_not_any_more
from plugin.flow.known import views_of
from plugin.flow.scene import Scene
from plugin.store import customers
from plugin.store.customers import Customer


def still_wanted(
    connection: Connection, scene: Scene, campaign: Campaign | None, whose: Sequence[tuple[int, str | None]]
) -> list[Customer | str]:
    """Of each customer and episode: the customer, if the tactic would still wish for the same need; else why not."""
    if campaign is None:
        return [phrase("The campaign is not there any more.") for _ in whose]
    people = customers.lock_all(connection, scene.shop_id, {customer_id for customer_id, _ in whose})
    asked = [customer_id for customer_id, episode in whose if customer_id in people and not _nobodys(episode)]
    views = views_of(connection, scene, [people[customer_id] for customer_id in dict.fromkeys(asked)], why=False)
    wishes = {
        (customer_id, episode): _wish(campaign, views[customer_id], episode, scene.now)
        for customer_id, episode in whose
        if customer_id in views and not _nobodys(episode)
    }
    owed = {
        who
        for (who, _), wish in wishes.items()
        if isinstance(wish, GiveCode | Tell) and wish.purpose is Purpose.TRANSACTIONAL
    }
    refused = why_not_any_more(connection, scene, list(people.values()), campaign, owed)
    found: list[Customer | str] = []
    for customer_id, episode in whose:
        if customer_id not in people:
            found.append(phrase("The customer is not there any more."))
        elif customer_id in refused:
            found.append(refused[customer_id])
        elif _nobodys(episode):
            found.append(people[customer_id])
        else:
            match wishes[customer_id, episode]:
                case Nothing(reason=why):
                    found.append(why)
                case None:
                    found.append(phrase("No longer needed: the customer has moved on since the decision."))
                case _:
                    found.append(people[customer_id])
    return found


def _nobodys(episode: str | None) -> bool:
    """No tactic was asked about it."""
    return is_trial(episode) or is_reissue(episode)


def _wish(campaign: Campaign, view: View, episode: str | None, now: datetime) -> GiveCode | Tell | Nothing | None:
    wishes = campaign.tactic.decide(campaign.seen(view), Trigger(TriggerKind.MOMENT, now), campaign.params)
    return next(
        (wish for wish in wishes if isinstance(wish, GiveCode | Tell | Nothing) and wish.episode == episode), None
    )
