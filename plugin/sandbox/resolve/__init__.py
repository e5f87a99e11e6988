"""Every field, query and mutation that answers with more than an attribute of a record."""

from collections.abc import Mapping

from plugin.sandbox.access import Resolver
from plugin.sandbox.resolve import (
    accounts,
    apps,
    attributes,
    catalogue,
    checkout_fields,
    checkouts,
    completion,
    content,
    customers,
    delivery_options,
    fulfilments,
    gift_cards,
    metadata,
    order_import,
    orders,
    promotions,
    shop,
    voucher_codes,
    vouchers,
    webhooks,
)

_MODULES = (
    accounts,
    apps,
    attributes,
    catalogue,
    checkout_fields,
    checkouts,
    completion,
    content,
    customers,
    delivery_options,
    fulfilments,
    gift_cards,
    metadata,
    order_import,
    orders,
    promotions,
    shop,
    voucher_codes,
    vouchers,
    webhooks,
)


def _united(name: str) -> dict[str, Resolver]:
    return {key: resolver for module in _MODULES for key, resolver in getattr(module, name, {}).items()}


FIELDS: Mapping[tuple[str, str], Resolver] = {
    key: resolver for module in _MODULES for key, resolver in getattr(module, "FIELDS", {}).items()
}
QUERIES: Mapping[str, Resolver] = _united("QUERIES")
MUTATIONS: Mapping[str, Resolver] = _united("MUTATIONS")
