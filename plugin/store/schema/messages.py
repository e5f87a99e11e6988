"""What was sent to whom, and what they said of being written to."""

from sqlalchemy import Boolean, Column, Index, LargeBinary, String, Table

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import BigKey, Moment

#: A message that was handed to a sender, or was about to be; its words are in the effect, for as long as that is kept.
messages = Table(
    "messages",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    #: What links and the mail's own id name it by: drawn at random, so that nobody reads anything in it.
    Column("ref", String(40), nullable=False, unique=True),
    Column("effect_id", BigKey, nullable=False),
    Column("decision_id", BigKey),
    Column("campaign_id", BigKey),
    Column("customer_id", BigKey, nullable=False),
    Column("medium", String(10), nullable=False),
    Column("purpose", String(20), nullable=False),
    #: A keyed hash of the address, so that a bounce turns off that one and not the one of later.
    Column("address", LargeBinary(16)),
    Column("begun_at", Moment, nullable=False),
    Column("sent_at", Moment),
    #: Bounced or complained of, as the merchant's provider says.
    Column("bounced_at", Moment),
    Column("complained_at", Moment),
    #: Only of who agreed to be measured.
    Column("opened_at", Moment),
    Column("clicked_at", Moment),
    Index("ix_messages_shop", "shop_id", "id"),
    Index("ix_messages_customer", "shop_id", "customer_id"),
    Index("ix_messages_begun_at", "begun_at"),
)

#: The newest word on each way of being written to, as keyed hashes of the customer's number or of an e-mail.
contact_choices = Table(
    "contact_choices",
    metadata,
    shop_key(primary=True),
    Column("subject", LargeBinary(16), primary_key=True),
    #: mail, sms, push; or measuring: whether opens and clicks may be looked at.
    Column("about", String(10), primary_key=True),
    Column("yes", Boolean, nullable=False),
    #: page, one_click, bounce or complaint.
    Column("source", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)
