"""What is written to and asked about one customer: public metadata that the storefront reads, and a telephone number."""

from plugin.saleor.client import Saleor


async def put_customer_metadata(saleor: Saleor, user_id: str, key: str, value: str | None) -> None:
    """Sets one key of the customer's public metadata; None takes it away.

    Raises `Gone` when the customer has been deleted.
    """
    if value is None:
        await saleor.call("MetadataDelete", id=user_id, key=key)
    else:
        await saleor.call("MetadataPut", id=user_id, key=key, value=value)


async def telephone_of(saleor: Saleor, user_id: str) -> str | None:
    """The customer's number as their default addresses have it; asked for when it is needed, and kept nowhere."""
    user = (await saleor.call("CustomerPhone", id=user_id)).get("user") or {}
    for name in ("defaultBillingAddress", "defaultShippingAddress"):
        if number := ((user.get(name) or {}).get("phone") or "").strip():
            return str(number)
    return None
