"""What a shop's history teaches: its rhythm and its model. Everybody is measured by them, nobody is woken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from plugin.domain.churn import RHYTHM_FROM, learn_rhythm
from plugin.domain.needs import NeedModel
from plugin.domain.prediction import Model
from plugin.errors import GiveUp
from plugin.flow.fit import fit
from plugin.flow.fit_needs import fit_needs
from plugin.flow.history import measure
from plugin.flow.house import House
from plugin.flow.scene import set_scene
from plugin.store import customers, ledger, needs, segments, shops
from plugin.store.database import Database
from plugin.store.evidence import parcel_days
from plugin.store.shops import Shop

log = structlog.get_logger(__name__)

#: `plugin.flow.fit.fit` and `fit_needs.fit_needs`, here or in another process.
Fit = Callable[[Database, int, datetime], Model]
FitNeeds = Callable[[Database, int, datetime], NeedModel | None]
#: Customers of one transaction.
BATCH = 100
#: How often both are learnt again.
LEARN_EVERY = timedelta(days=1)


def learn(
    house: House,
    shop_id: int,
    older_than: timedelta = LEARN_EVERY,
    fit: Fit = fit,
    fit_needs: FitNeeds = fit_needs,
) -> bool:
    """Learn the shop's rhythm and models again when they are older, and measure everybody by them.

    Returns whether it was learnt. The moment of learning is kept last, so that a walk that was cut
    short begins again.
    """
    now = house.clock()
    with house.database.read() as connection:
        shop = shops.get(connection, shop_id)
        if not shop.active or (shop.rhythm_at is not None and now - shop.rhythm_at < older_than):
            return False
        rhythm = learn_rhythm(ledger.purchase_times(connection, shop_id, RHYTHM_FROM, shop.zone, now))
        rhythm = replace(rhythm, parcel_days=parcel_days(connection, shop_id))
        high_value = segments.high_value(connection, shop_id)
    model = _fitted(fit, house, shop, now)
    _learn_needs(fit_needs, house, shop, now)

    def keep(learnt_at: datetime | None) -> None:
        with house.database.write() as connection:
            shops.save_learnt(connection, shop_id, rhythm, model, learnt_at)
            shops.save_high_value(connection, shop_id, high_value)

    keep(shop.rhythm_at)
    measure_again(house, shop_id, now)
    keep(now)
    return True


def _fitted(fit: Fit, house: House, shop: Shop, now: datetime) -> Model | None:
    """A fit that fails leaves the model of before, and is tried again with the next learning."""
    try:
        model = fit(house.database, shop.shop_id, now)
    except GiveUp as error:
        log.warning("model_not_learnt", shop=shop.api_url, error=str(error))
        return shop.model
    log.info("model_learnt", shop=shop.api_url, choice=model.choice, customers=model.customers, reason=model.reason)
    return model


def _learn_needs(fit_needs: FitNeeds, house: House, shop: Shop, now: datetime) -> None:
    """Likewise."""
    try:
        model = fit_needs(house.database, shop.shop_id, now)
    except GiveUp as error:
        log.warning("needs_not_learnt", shop=shop.api_url, error=str(error))
        return
    with house.database.write() as connection:
        needs.save_model(connection, shop.shop_id, model, now)
    log.info("needs_learnt", shop=shop.api_url, pairs=0 if model is None else model.pairs)


def measure_again(house: House, shop_id: int, now: datetime) -> None:
    """Everybody's state by what the shop is measured by at present, in small transactions."""
    reached, more = 0, True
    while more:
        with house.database.write() as connection:
            scene = set_scene(connection, house, shops.hold(connection, shop_id), now)
            people = customers.lock_after(connection, shop_id, reached, BATCH)
            measure(connection, scene, people)
            reached = people[-1].customer_id if people else reached
            more = bool(people)
