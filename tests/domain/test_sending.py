"""In whose name messages are sent: what is refused."""

import pytest

from plugin.domain.sending import Sending, looks_like_an_address, read_sending, write_sending
from plugin.errors import Rejected


def test_it_is_read_back_as_it_was_written() -> None:
    sending = Sending(
        "Tea & Co", "shop@example.com", None, "https://shop.example", "Tea & Co, London", needs_opt_in=False
    )
    assert read_sending(write_sending(sending)) == sending


@pytest.mark.parametrize(
    "given",
    [
        {"sender_address": "nobody"},
        {"sender_address": "a@b\r\nBcc: c@example.com"},
        {"reply_to": "a@b, c@d"},
        {"sender_name": "Tea\nBcc: x"},
        {"storefront": "ftp://shop.example"},
        {"unknown": 1},
        [],
    ],
)
def test_what_cannot_be_is_refused(given: object) -> None:
    with pytest.raises(Rejected):
        read_sending(given)


def test_what_looks_like_an_address() -> None:
    assert looks_like_an_address("ann@example.com")
    assert not any(looks_like_an_address(text) for text in ("ann", "@example.com", "ann@", "ann @example.com", "a@."))
