"""A letter as a mail: text and HTML, and the headers that mail programs and providers go by.

Put together here, because it always has the same shape and thousands are made in a row; `retention bench mails` tells
how long that takes. Every value of a header is one line of ASCII by then.
"""

from binascii import b2a_qp
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from plugin.domain.sending import looks_like_an_address
from plugin.messaging.port import Letter
from plugin.messaging.render import one_line


def mail_of(letter: Letter, now: datetime) -> bytes:
    """Raises `ValueError` for an address that no header can hold."""
    boundary = f"=_{letter.ref}"  # stands in no part: “=” is followed by a digit or a line's end there
    domain = letter.sender_address.rpartition("@")[2]
    headers = {
        "From": _address(letter.sender_name, letter.sender_address),
        "To": _address(letter.to_name, letter.to),
        "Reply-To": _address("", letter.reply_to) if letter.reply_to else "",
        "Subject": _words(letter.subject),
        "Date": format_datetime(now),
        "Message-ID": f"<{letter.ref}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{letter.unsubscribe}>" if letter.unsubscribe else "",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" if letter.unsubscribe else "",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value).encode("ascii")
    parts = [_part(letter.text, "plain"), _part(letter.html, "html")]
    between = f"\r\n--{boundary}".encode()
    return head + b"".join(between + b"\r\n" + part for part in parts) + between + b"--\r\n"


def _address(name: str, address: str) -> str:
    """Raises `UnicodeError`, which is a `ValueError`, where the address is not ASCII."""
    if not looks_like_an_address(address):
        raise ValueError(f"“{one_line(address)}” is no address.")
    return formataddr((one_line(name), address))


def _words(text: str) -> str:
    line = one_line(text)
    return line if line.isascii() else Header(line, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _part(text: str, kind: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    return head.encode() + b2a_qp(lines, quotetabs=False, istext=True, header=False).replace(b"\n", b"\r\n")
