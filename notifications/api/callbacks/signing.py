"""Whether a request comes from who knows our secret; the secrets stand in the channels' URLs (docs/protocol.md §1)."""

import hmac

from django.utils.crypto import constant_time_compare


class NotSigned(Exception):
    """Nothing in it is to be believed."""


def check_sha256(body: bytes, signature: str, secret: str) -> None:
    """`signature` is sha256=<hex> of the raw body, as Meta writes it. Raises NotSigned."""
    expected = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
    if not constant_time_compare(signature, expected):
        raise NotSigned
