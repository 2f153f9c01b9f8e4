"""A delivery on each channel that reports, and the secrets that providers sign with."""

from typing import Any

import pytest

from notifications.models import Delivery
from notifications.tests.crowd import make_person

from ..deliveries import make_delivery
from .providers import BASE, CHANNEL_URLS


@pytest.fixture(autouse=True)
def _set_up(settings: Any) -> None:
    settings.BASE_URL = BASE
    settings.CHANNEL_URLS = CHANNEL_URLS


@pytest.fixture
def whatsapp(db: None) -> Delivery:
    return make_delivery("whatsapp", provider_id="wamid.1", recipient=make_person())


@pytest.fixture
def sms(db: None) -> Delivery:
    return make_delivery("sms", provider_id="SM1", recipient=make_person())


@pytest.fixture
def email(db: None) -> Delivery:
    return make_delivery("email", recipient=make_person(email="Anna@Example.org"))
