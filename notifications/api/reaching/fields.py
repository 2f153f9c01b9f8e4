"""Fields for where people and systems are reached: what cannot be reached is refused before anything is stored."""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import phonenumbers
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from rest_framework import serializers

from ...events import Refused
from ...transports.http import check_url

CODE = re.compile("[0-9]{6}")
_BASE64URL = re.compile("[A-Za-z0-9_-]*")
_COSTLY = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}  # each message would pay whoever asked for it
_NO_NUMBER = "Not a phone number. Write it with its country code, such as +49 170 1234567."


class PhoneField(serializers.CharField):
    """Any way of writing it with its country code; what comes out is E.164."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=32, **options)

    def to_internal_value(self, data: Any) -> str:
        try:
            number = phonenumbers.parse(super().to_internal_value(data), None)
        except NumberParseException as error:
            raise serializers.ValidationError(_NO_NUMBER) from error
        if not phonenumbers.is_valid_number(number) or number.extension:
            raise serializers.ValidationError(_NO_NUMBER)
        if phonenumbers.number_type(number) in _COSTLY:
            raise serializers.ValidationError("No codes are sent to numbers that cost extra.")
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)


class CodeField(serializers.CharField):
    """Six digits; whatever else is given comes out empty. An error named `code` would hide behind the error's code."""

    def run_validation(self, data: Any = serializers.empty) -> str:
        text = str(data).strip() if isinstance(data, str | int) else ""
        return text if CODE.fullmatch(text) else ""


class OutsideUrlField(serializers.CharField):
    """An https address that is not inside our own network. ASCII, as browsers and registrars write it."""

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        if not re.fullmatch("[!-~]+", url):
            raise serializers.ValidationError("An address has no spaces and is written in ASCII.")
        try:
            check_url(url, self.field_name or "")
        except Refused as refused:
            raise serializers.ValidationError(refused.message, refused.code) from refused
        return url


class BytesField(serializers.CharField):
    """So many bytes in base64url, with or without padding; without it comes out."""

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(max_length=2 * size, **options)
        self.size = size

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data).rstrip("=")
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if _BASE64URL.fullmatch(text) else b""
        except binascii.Error:
            raw = b""
        if len(raw) != self.size or not self.is_sound(raw):
            raise serializers.ValidationError(f"{self.what} in base64url, as the browser gives it.")
        return urlsafe_b64encode(raw).decode().rstrip("=")

    @property
    def what(self) -> str:
        return f"{self.size} bytes"

    def is_sound(self, raw: bytes) -> bool:
        return True


class PointField(BytesField):
    """An uncompressed point of P-256 (RFC 8291 §3.1); one beside the curve would give our key away."""

    what = "An uncompressed P-256 point of 65 bytes"

    def __init__(self, **options: Any) -> None:
        super().__init__(65, **options)

    def is_sound(self, raw: bytes) -> bool:
        try:
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
        except ValueError:
            return False
        return True
