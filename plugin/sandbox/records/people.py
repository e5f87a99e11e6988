"""Customers and staff."""

import datetime as dt
from dataclasses import dataclass, field

from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.places import Address


@dataclass(slots=True, kw_only=True, eq=False)
class User(WithMetadata):
    id: str
    email: str
    date_joined: dt.datetime
    updated_at: dt.datetime
    first_name: str = ""
    last_name: str = ""
    password: str | None = None
    is_staff: bool = False
    is_active: bool = True
    is_confirmed: bool = True
    language_code: str = "EN"
    note: str | None = None
    external_reference: str | None = None
    last_login: dt.datetime | None = None
    addresses: list[Address] = field(default_factory=list)
    default_shipping_address: Address | None = None
    default_billing_address: Address | None = None
    permissions: frozenset[str] = frozenset()
    #: what confirmAccount must be given; None once confirmed
    confirmation_token: str | None = None
