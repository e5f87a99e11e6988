"""Shops of simulated buyers."""

from datetime import date

import numpy as np

from plugin.domain.model import simulate
from plugin.domain.model.purchases import Order, Purchases, from_orders
from plugin.domain.prediction import MbgNbd

OPENED = date(2025, 1, 1)
#: Buyers of something that runs out: a purchase every few weeks, and a tenth leaves each time.
BUYERS = MbgNbd(r=1.2, alpha=25.0, a=0.8, b=6.0)


def shop(customers: int, days: int, seed: int = 1, buyers: MbgNbd = BUYERS) -> Purchases:
    """Customers who come evenly over the first half of so many days, and what each of them buys until the end."""
    chance = np.random.default_rng(seed)
    age = chance.integers(days // 2, days, customers)
    who, since = simulate.purchases(buyers, age, seed)
    total = chance.gamma(4.0, 10.0, len(who))
    return from_orders(
        Order(f"C{customer}", OPENED.toordinal() + days - int(age[customer]) + int(day), 0.0, float(worth), "EUR")
        for customer, day, worth in zip(who.tolist(), since.tolist(), total.tolist(), strict=True)
    )


def regulars(customers: int, days: int, seed: int = 1) -> Purchases:
    """Customers with a steady rhythm of their own who leave at a day of their own: what MBG/NBD does not know."""
    chance = np.random.default_rng(seed)
    orders = []
    for customer in range(customers):
        rhythm, leaves = chance.uniform(7, 40), chance.exponential(2.0 * days)
        day = chance.uniform(0, days / 3)
        while day < min(days, leaves):
            orders.append(Order(f"C{customer}", OPENED.toordinal() + int(day), day, 20.0, "EUR"))
            day += rhythm * chance.uniform(0.85, 1.15)
    return from_orders(orders)
