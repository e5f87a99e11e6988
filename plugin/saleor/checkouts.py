"""What is asked about one checkout."""

from plugin.saleor.client import Saleor


async def is_there(saleor: Saleor, checkout_id: str) -> bool:
    """False once it has become an order, or Saleor has tidied it away."""
    return (await saleor.call("CheckoutThere", id=checkout_id))["checkout"] is not None
