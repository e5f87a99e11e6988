"""What the storefront reads of a customer: public metadata, written by us and never read back."""

from plugin.saleor.client import Saleor


async def put_customer_metadata(saleor: Saleor, user_id: str, key: str, value: str | None) -> None:
    """Sets one key of the customer's public metadata; None takes it away.

    Raises `Gone` when the customer has been deleted.
    """
    if value is None:
        await saleor.call("MetadataDelete", id=user_id, key=key)
    else:
        await saleor.call("MetadataPut", id=user_id, key=key, value=value)
