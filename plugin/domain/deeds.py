"""What shoppers do with what a storefront shows them, as its pages tell it."""

from enum import StrEnum


class Deed(StrEnum):
    """As it is named in an event."""

    SEEN = "seen"
    CLICKED = "clicked"
    DISMISSED = "dismissed"
    PRODUCT_VIEWED = "product_viewed"
    BASKET_ADDED = "basket_added"

    @property
    def of_content(self) -> bool:
        """About something that we showed; the others are about a product."""
        return self not in {Deed.PRODUCT_VIEWED, Deed.BASKET_ADDED}
