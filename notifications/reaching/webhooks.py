"""Other systems that want to hear. Secrets are in the form of Standard Webhooks: whsec_ and base64."""

from collections.abc import Sequence
from datetime import timedelta

from .. import audit, bus
from ..audit import Actor
from ..database import database_now
from ..locks import transacting
from ..models import Webhook
from ..transports.webhook import new_secret

TYPES = bus.TYPES
OLD_SIGNS_FOR = timedelta(hours=24)


@transacting
def add_webhook(url: str, types: Sequence[str], *, actor: Actor) -> Webhook:
    """With its secret, which is shown to whoever asked for it, once."""
    now = database_now()
    webhook = Webhook.objects.create(url=url, types=list(types), secret=new_secret(), created_at=now)
    audit.record("webhook.added", "webhook", webhook.pk, actor=actor, at=now, types=list(types))
    return webhook


@transacting
def rotate_secret(webhook_id: int, *, actor: Actor) -> Webhook:
    """With its new secret; the one before signs beside it for 24 h, one before that no longer.

    Raises Webhook.DoesNotExist.
    """
    webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
    now = database_now()
    webhook.old_secret, webhook.old_until = webhook.secret, now + OLD_SIGNS_FOR
    webhook.secret = new_secret()
    webhook.save(update_fields=["secret", "old_secret", "old_until"])
    audit.record("webhook.rotated", "webhook", webhook_id, actor=actor, at=now)
    return webhook


@transacting
def remove_webhook(webhook_id: int, *, actor: Actor) -> None:
    """It hears nothing any more. Repeating it changes nothing."""
    if Webhook.objects.filter(pk=webhook_id).delete()[0]:
        audit.record("webhook.removed", "webhook", webhook_id, actor=actor)
