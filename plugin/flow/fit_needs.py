"""A shop's model of what is bought again and again, from its ledger; fitted apart as the churn model is."""

import json
import sys
from datetime import datetime, time, timedelta

from plugin.domain.needs import NeedModel, from_json, to_json
from plugin.flow.apart import run_apart
from plugin.store import needs, shops
from plugin.store import replay as past
from plugin.store.database import Database

#: It is learnt from about so many customers; more change it hardly.
LEARN_FROM = 20_000


def fit_needs(database: Database, shop_id: int, now: datetime) -> NeedModel | None:
    """By every order that counts, placed before today began in the shop; None where too little is bought again."""
    from plugin.domain.model.needs import Sold, buys_by, learn, sales_of

    with database.read() as connection:
        shop = shops.get(connection, shop_id)
        today = now.astimezone(shop.zone).date()
        midnight = datetime.combine(today, time(0), shop.zone)
        every = max(1, past.customers_before(connection, shop_id, midnight) // LEARN_FROM)
        lines = (Sold(*row) for row in needs.learnt_from(connection, shop_id, every) if row[3])
        sales = sales_of(lines, shop.zone)
    return learn(buys_by(sales, midnight), (today - timedelta(days=1)).toordinal())


def fit_needs_apart(database: Database, shop_id: int, now: datetime) -> NeedModel | None:
    """The same in another process. Raises what `run_apart` does."""
    said = run_apart("plugin.flow.fit_needs", database, shop=shop_id, now=now.isoformat())
    return None if said is None else from_json(said)


def main() -> None:
    asked = json.load(sys.stdin)
    database = Database(asked["url"], pool_size=1)
    model = fit_needs(database, asked["shop"], datetime.fromisoformat(asked["now"]))
    json.dump(None if model is None else to_json(model), sys.stdout)
    database.close()


if __name__ == "__main__":
    main()
