"""Words that staff write in place of the catalogue's. Each change is a version; what was sent stays as it was sent."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from .. import audit
from ..audit import Actor
from ..database import database_now
from ..events import Priority, Refused
from ..locks import transacting
from ..models import Template, TemplateVersion
from . import catalogue, rendering
from .kind import WITH_OWN_WORDS, is_locale

LONGEST_TITLE = 1_000  # as a template; what comes out of it has its own bounds
FIELDS = ("kind", "channel", "locale", "title", "message", "priority", "is_active")


@transacting
def create(fields: Mapping[str, Any], *, actor: Actor) -> Template:
    """A new one, from now on said in its place. Raises Refused."""
    template = Template(**checked(fields), updated_at=database_now())
    _save(template, "created", actor)
    return template


@transacting
def change(template_id: int, fields: Mapping[str, Any], *, actor: Actor) -> Template:
    """With these fields, and the next version; the same as before if nothing differs.

    Raises Refused and Template.DoesNotExist.
    """
    template = Template.objects.select_for_update().get(pk=template_id)
    before = {name: getattr(template, name) for name in FIELDS}
    after = checked({**before, **fields})
    if after == before:
        return template
    for name, value in after.items():
        setattr(template, name, value)
    template.version += 1
    template.updated_at = database_now()
    _save(template, "changed", actor)
    return template


@transacting
def delete(template_id: int, *, actor: Actor) -> None:
    """The catalogue's words are said again. Its versions stay. Repeating it changes nothing."""
    template = Template.objects.select_for_update().filter(pk=template_id).first()
    if template is not None:
        template.delete()
        _note(template, template_id, "deleted", actor)


def in_use() -> dict[str, list[Template]]:
    """Those that are said, by kind."""
    found: dict[str, list[Template]] = {}
    for template in Template.objects.filter(is_active=True):
        found.setdefault(template.kind, []).append(template)
    return found


def variables(template: Template) -> list[str]:
    """What its words read from the context: dotted paths, sorted."""
    found = {*rendering.variables(template.title), *rendering.variables(template.message)}
    return sorted(found)


def _save(template: Template, act: str, actor: Actor) -> None:
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        why = "There is a template for this kind, channel and language: change that one."
        raise Refused("notification_type", why, "exists") from error
    TemplateVersion.objects.create(
        template_id=template.pk,
        author_id=actor[0],
        created_at=template.updated_at,
        **{name: getattr(template, name) for name in ("version", "kind", "channel", "locale", "title", "message")},
    )
    _note(template, template.pk, act, actor)


def _note(template: Template, template_id: int, act: str, actor: Actor) -> None:
    audit.record(
        "template.changed",
        "template",
        template_id,
        actor=actor,
        act=act,
        version=template.version,
        kind=template.kind,
        channel=template.channel,
        locale=template.locale,
    )


def checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are stored, the blanks filled in. Raises Refused."""
    kind = catalogue.find(fields["kind"])
    if kind is None:
        raise Refused("notification_type", f"There is no kind {fields['kind']!r}.", "unknown_kind")
    channel, locale, priority = fields.get("channel") or "", fields.get("locale") or "en", fields.get("priority") or ""
    if channel and channel not in WITH_OWN_WORDS:
        why = f"Words of their own have {', '.join(WITH_OWN_WORDS)}; null is for all that have none."
        raise Refused("channel", why, "unknown_channel")
    if not is_locale(locale):
        raise Refused("locale", f"{locale!r} is no language such as de or pt-BR.", "unknown_locale")
    if priority and priority not in Priority.values:
        raise Refused("priority", f"{priority!r} is none of {', '.join(Priority.values)}.", "unknown_priority")
    return {
        "kind": kind.name,
        "channel": str(channel),
        "locale": locale,
        "title": _template("title", fields.get("title") or "", most=LONGEST_TITLE),
        "message": _template("message", fields.get("message") or "", most=rendering.LONGEST_WORDS),
        "priority": str(priority),
        "is_active": fields.get("is_active", True),
    }


def _template(field: str, words: str, *, most: int) -> str:
    if field == "message" and not words.strip():
        raise Refused(field, "Say something.", "required")
    if len(words) > most:
        raise Refused(field, f"At most {most:,} characters.", "max_length")
    try:
        rendering.check(words)
    except rendering.Unusable as error:
        raise Refused(field, f"{str(error).capitalize()}.", "template_mistake") from error
    return words
