"""Filters that lists share. A value that makes no sense is a 400 that names its parameter."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from ..events import Category, Channel, Priority
from ..models import Live
from ..words import catalogue

_YES, _NO = {"true", "1", "yes"}, {"false", "0", "no"}
_LARGEST = 2**63 - 1


class YesNoField(forms.CharField):
    widget = forms.Select(choices=[("", "---------"), ("true", "yes"), ("false", "no")])

    def clean(self, value: Any) -> bool | None:
        word = (super().clean(value) or "").lower()
        if word not in _YES | _NO | {""}:
            raise ValidationError("Say true or false.")
        return word in _YES if word else None


class MomentField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            day = parse_date(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else parse_datetime(text)
            if moment is None:
                raise ValueError(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise ValidationError("A time in ISO 8601, such as 2026-11-21T09:00:00Z.") from error


def _refused(message: str, **params: str) -> ValidationError:
    """What was asked for stands beside the message: django-filter formats it, and a % in it would be a placeholder."""
    return ValidationError(message, params=params)


class WordsField(forms.CharField):
    """One or several, separated by commas; with `known`, in any case and none but these."""

    def __init__(self, *, known: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(max_length=1000, **kwargs)
        self.known = known

    def clean(self, value: Any) -> list[str]:
        words = [word.strip() for word in (super().clean(value) or "").split(",") if word.strip()]
        return [self._one(word) for word in words]

    def _one(self, word: str) -> str:
        if self.known is not None and (word := word.lower()) not in self.known:
            raise _refused("%(word)r is none of %(known)s.", word=word, known=", ".join(self.known))
        return word


class KindNamesField(WordsField):
    """Kinds in any spelling."""

    also: Collection[str] = ()

    def _one(self, word: str) -> str:
        name = catalogue.canonical(word)
        if catalogue.find(name) is None and name not in self.also:
            raise _refused("There is no kind %(word)r.", word=word)
        return name


# 002 logs one row per channel; its SYSTEM is what shows up in the application
_CHANNEL_NAMES: Mapping[str, str] = {"email": Channel.EMAIL, "whatsapp": Channel.WHATSAPP, "system": Channel.WEBSOCKET}


class KindsField(KindNamesField):
    """Besides, categories (the kind `general` in that category), and 002's names of channels."""

    also = (*Category.values, *_CHANNEL_NAMES)


class NumberField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=_LARGEST, **kwargs)


@extend_schema_field(OpenApiTypes.BOOL)
class YesNo(django_filters.Filter):
    field_class = YesNoField


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(django_filters.Filter):
    field_class = MomentField


class AnyOf(django_filters.Filter):
    field_class = WordsField

    def __init__(self, field_name: str | None = None, **kwargs: Any) -> None:
        super().__init__(field_name, lookup_expr="in", **kwargs)
        known = kwargs.get("known")
        extend_schema_field({"type": "array", "items": {"type": "string", **({"enum": [*known]} if known else {})}})(
            self
        )


class KindNames(AnyOf):
    field_class = KindNamesField


class Kinds(AnyOf):
    field_class = KindsField

    def filter(self, rows: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        return rows.filter(kinds(value)) if value else rows


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": _LARGEST})
class Number(django_filters.Filter):
    field_class = NumberField


def kinds(names: Collection[str]) -> Q:
    """Rows of these kinds, or of what else can be asked for by that parameter."""
    found = Q(pk__in=[])
    for name in names:
        if name in _CHANNEL_NAMES:
            found |= channels([_CHANNEL_NAMES[name]])
        elif catalogue.find(name) is None:
            found |= Q(kind="general", event__category=name)
        else:
            found |= Q(kind=name)
    return found


def channels(names: Collection[str]) -> Q:
    """Rows with the decision `send` on one of these channels; the inbox has them all, and outward ones come later."""
    if Channel.INBOX in names:
        return Q()
    return Q(live=Live.SEND) if Channel.WEBSOCKET in names else Q(pk__in=[])


def priorities(names: Collection[str]) -> Q:
    return Q(priority__in=[Priority(name).rank for name in names])
