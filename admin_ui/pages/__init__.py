"""The pages, in the order of the navigation. A new one is a module here, named in `PAGES`."""

from collections.abc import Sequence

from admin_ui.page import Page
from admin_ui.pages import (
    campaigns,
    content,
    customers,
    free_shipping,
    health,
    leaving,
    offers,
    overview,
    pick,
    segments,
    settings,
    widgets,
)

PAGES: Sequence[Page] = (
    overview.PAGE,
    leaving.PAGE,
    customers.PAGE,
    segments.PAGE,
    campaigns.PAGE,
    free_shipping.PAGE,
    content.PAGE,
    offers.PAGE,
    health.PAGE,
    settings.PAGE,
    pick.PAGE,
    *widgets.PAGES,
)
