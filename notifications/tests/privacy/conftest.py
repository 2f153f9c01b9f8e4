import pytest
from django.contrib.auth.models import User

from . import kept


@pytest.fixture
def zebulon(db: None) -> User:
    return kept.make_zebulon()
