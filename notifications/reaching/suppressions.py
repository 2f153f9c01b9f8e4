"""Addresses that nothing is sent to: put there by `delivery.receipts` and by transports, released by staff."""

from .. import audit
from ..audit import Actor
from ..locks import transacting
from ..models import Suppression


@transacting
def release(suppression_id: int, *, actor: Actor) -> None:
    """The address is written to again. Repeating it changes nothing."""
    suppression = Suppression.objects.select_for_update().filter(pk=suppression_id).first()
    if suppression:
        audit.record("suppression.released", "suppression", suppression_id, actor=actor, channel=suppression.channel)
        suppression.delete()
