"""Where providers report what became of a message. No login: the signature says who it is.

A receipt for a message that is not ours answers 200 too: a provider would repeat it for days otherwise.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed, NotFound, PermissionDenied
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ...events import Channel
from ...reaching import receipts
from ...transports.base import ProviderUrl
from . import bounces, meta, twilio
from .signing import NotSigned


class Provider(Protocol):
    """One provider's form of a callback."""

    def secret(self, url: ProviderUrl) -> str:
        """What it signs with; empty: nothing may be reported."""

    def read(self, request: HttpRequest, url: ProviderUrl) -> Iterator[receipts.Receipt]:
        """The receipts in a request. Raises NotSigned."""


PROVIDERS: Mapping[str, Provider] = {Channel.WHATSAPP: meta, Channel.SMS: twilio, Channel.EMAIL: bounces}


class CallbackView(APIView):
    """For WhatsApp, SMS and e-mail. Not throttled: after a broadcast the receipts come as fast as it went."""

    schema = None
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (JSONRenderer,)

    def get(self, request: Request, channel: str) -> HttpResponseBase:
        """Meta makes sure that the address is ours before it sends anything."""
        if channel != Channel.WHATSAPP:
            raise MethodNotAllowed("GET")
        answer = meta.challenge(request._request, self._url(channel))
        if answer is None:
            raise NotFound(_NOT_HERE)
        return HttpResponse(answer, content_type="text/plain")

    def post(self, request: Request, channel: str) -> Response:
        url = self._url(channel)
        provider = PROVIDERS[channel]
        if not provider.secret(url):
            raise NotFound(_NOT_HERE)
        found = list(provider.read(request._request, url))  # all of it, before any is believed
        return Response({"recorded": sum(receipts.record(receipt) for receipt in found)})

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotSigned):
            exc = PermissionDenied("The signature is wrong.", "wrong_signature")
        return super().handle_exception(exc)

    def _url(self, channel: str) -> ProviderUrl:
        url = settings.CHANNEL_URLS.get(channel) if channel in PROVIDERS else None
        if not url:
            raise NotFound(_NOT_HERE)
        return ProviderUrl.parse(url, form=f"{channel}://")


_NOT_HERE = "Nothing is reported here."
