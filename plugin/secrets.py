"""What nobody may read or forge: tokens at rest, links and tokens that leave us, codes, tombstones.

Every purpose has a key of its own, derived from each secret key: a token for one use is worth nothing in
another, and no key is used for both encrypting and signing.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from plugin.errors import GiveUp, NotVerified

#: 32 letters; without I, O, 0 and 1, which look like one another.
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 12
_LETTER_OF_BYTE = (CODE_LETTERS * (256 // len(CODE_LETTERS))).encode()


_DAY = 86_400


class _DaySigner(TimestampSigner):
    """Signs as if it were the day's first second (UTC)."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() // _DAY * _DAY


class Keyring:
    """The secret keys of a process: the first signs and encrypts, all verify and decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("A keyring needs a key.")
        self._keys = tuple(keys)
        # Asked for with every answer to a shopper, and nearly always the same.
        self._signed_on = lru_cache(maxsize=1024)(self._sign_on)
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, "encrypt"))) for key in keys])
        self.signer = lru_cache(maxsize=64)(self._signer)

    def __repr__(self) -> str:
        return f"Keyring({len(self._keys)} keys)"

    def hand_over(self) -> list[str]:
        """For a process of our own that works in our place: through its input, and nowhere else."""
        return list(self._keys)

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Raises `GiveUp` when none of the keys opens it."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise GiveUp(_CLOSED) from None

    def rotate(self, token: str) -> str:
        """The same secret, encrypted under the first key."""
        try:
            return self._fernet.rotate(token.encode()).decode()
        except InvalidToken:
            raise GiveUp(_CLOSED) from None

    def _signer(self, purpose: str, signer: type[TimestampSigner] = TimestampSigner) -> URLSafeTimedSerializer:
        oldest_first = [_derive(key, f"sign {purpose}") for key in reversed(self._keys)]
        return URLSafeTimedSerializer(
            oldest_first,
            salt=purpose,
            signer=signer,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def sign(self, purpose: str, data: Any) -> str:
        """A URL-safe token that carries JSON data, readable by all and forgeable by nobody."""
        return str(self.signer(purpose).dumps(data))

    def sign_for_the_day(self, purpose: str, *data: str | int) -> str:
        """As `sign`, but the same token all day long, so that what carries it does not change; it lives a day shorter."""
        return self._signed_on(int(time.time()) // _DAY, purpose, data)

    def _sign_on(self, _day: int, purpose: str, data: tuple[str | int, ...]) -> str:
        return str(self.signer(purpose, _DaySigner).dumps(data))

    def unsign(self, purpose: str, token: str, max_age: timedelta) -> Any:
        """The data of a token signed for this purpose within `max_age`.

        Raises `NotVerified`, with the same sentence whatever is wrong with it.
        """
        try:
            return self.signer(purpose).loads(token, max_age=int(max_age.total_seconds()))
        except BadData:
            raise NotVerified("This link or token is not valid, or not any more: ask for a new one.") from None


_CLOSED = "A stored secret does not open with RETENTION_SECRET_KEYS: put back the key that it was encrypted with."


def _derive(key: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"saleor-retention {purpose}".encode()).derive(
        key.encode()
    )


def new_key() -> str:
    """A secret key for RETENTION_SECRET_KEYS."""
    return secrets.token_urlsafe(48)


def new_pepper() -> str:
    """The key of one shop's tombstones."""
    return secrets.token_hex(32)


def subject_hash(pepper: str, subject: str) -> bytes:
    """Tells whether two subjects are the same person without telling who: 16 bytes, keyed by the shop's pepper."""
    return hashlib.blake2b(subject.encode(), key=pepper.encode(), digest_size=16).digest()


def draw_code() -> str:
    """A voucher code: 60 bits that nobody can guess. There are 32 letters, so that each is as likely as any other."""
    return secrets.token_bytes(CODE_LENGTH).translate(_LETTER_OF_BYTE).decode()
