"""A shop's churn model from its ledger.

In a process of its own where a server asks for it: numerical libraries take more memory than all the rest,
and a large shop's orders would hold the interpreter's lock for seconds.
"""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugin.domain.prediction import Model, from_json, to_json
from plugin.flow.apart import run_apart
from plugin.store import ledger, shops
from plugin.store.database import Database


def fit(database: Database, shop_id: int, now: datetime) -> Model:
    """Chosen, fitted and back-tested on every order that counts, placed by now.

    When money went back the ledger does not say: it is known on the last day, and in no window of the past.
    """
    from plugin.domain.model.choose import default_horizon, learn
    from plugin.domain.model.purchases import Order, from_orders

    def orders(zone: ZoneInfo) -> Iterator[Order]:
        for sale in ledger.sales(connection, shop_id):
            yield Order(
                sale.customer_id,
                sale.placed_at.astimezone(zone).date().toordinal(),
                sale.placed_at.timestamp(),
                float(sale.total),
                sale.currency,
                bool(sale.voucher_code),
                sale.items,
                float(sale.refunded),
                yesterday.toordinal(),
            )

    with database.read() as connection:
        shop = shops.get(connection, shop_id)
        yesterday = now.astimezone(shop.zone).date() - timedelta(days=1)  # today is not over
        purchases = from_orders(orders(shop.zone))
    horizon = shop.limits.horizon_days or default_horizon(purchases)
    return learn(purchases, yesterday, horizon)


def fit_apart(database: Database, shop_id: int, now: datetime) -> Model:
    """The same in another process. Raises what `run_apart` does."""
    return from_json(run_apart("plugin.flow.fit", database, shop=shop_id, now=now.isoformat()))


def main() -> None:
    asked = json.load(sys.stdin)
    database = Database(asked["url"], pool_size=1)
    json.dump(to_json(fit(database, asked["shop"], datetime.fromisoformat(asked["now"]))), sys.stdout)
    database.close()


if __name__ == "__main__":
    main()
