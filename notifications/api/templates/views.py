"""The words of notifications, for staff. Everything they change is in the audit, and a version of its own."""

from typing import Any

import django_filters
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from ... import dispatch
from ...events import Audience, Channel, Event
from ...models import Event as EventRow
from ...models import Template
from ...words import catalogue, markdown, templates
from ...words.wording import preview
from ..events.sending import accepted
from ..events.serializers import AcceptedSerializer
from ..filtering import AnyOf, KindNames, YesNo
from ..reaching.views import ID, actor
from .serializers import ContextSerializer, PreviewSerializer, TemplateSerializer


class TemplateFilter(django_filters.FilterSet):
    notification_type = KindNames("kind", label="Kinds, in any spelling")
    channel = AnyOf("channel", label="Channel", known=Channel.values)
    locale = AnyOf("locale", label="Language")
    is_active = YesNo("is_active", label="In use")

    class Meta:
        model = Template
        fields: tuple[str, ...] = ()


class TemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Template]):
    """Words in place of the catalogue's: Liquid with Markdown, per kind, channel and language."""

    queryset = Template.objects.order_by("kind", "channel", "locale", "pk")
    serializer_class: type[BaseSerializer[Any]] = TemplateSerializer
    permission_classes = [IsAdminUser]
    limits = {"test_send": "test_send"}
    filterset_class = TemplateFilter
    lookup_value_regex = ID

    @extend_schema(responses={201: TemplateSerializer})
    def create(self, request: Request) -> Response:
        """From now on this is said in its place. A mistake is a 400 with line and column."""
        made = templates.create(self._fields(partial=False), actor=actor(request))
        return Response(TemplateSerializer(made).data, status=201)

    @extend_schema(responses=TemplateSerializer)
    def update(self, request: Request, pk: str, *, partial: bool = False) -> Response:
        """All of it, as the next version. What was sent stays as it was sent."""
        self.get_object()
        try:
            changed = templates.change(int(pk), self._fields(partial=partial), actor=actor(request))
        except Template.DoesNotExist as gone:
            raise NotFound from gone
        return Response(TemplateSerializer(changed).data)

    @extend_schema(responses=TemplateSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Only what is named, as the next version."""
        return self.update(request, pk, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """The catalogue's words are said again."""
        templates.delete(self.get_object().pk, actor=actor(request))
        return Response(status=204)

    @extend_schema(request=ContextSerializer, responses=PreviewSerializer)
    @action(detail=True, methods=["post"], serializer_class=ContextSerializer, filterset_class=None)
    def preview(self, request: Request, pk: str) -> Response:
        """How it reads with this context, or with the catalogue's example. A variable that is missing is a 400."""
        title, message, _ = self._rendered()
        html = markdown.html(message, base_url=settings.BASE_URL)
        return Response({"title": title, "message": message, "html": html})

    @extend_schema(request=ContextSerializer, responses={202: AcceptedSerializer})
    @action(detail=True, methods=["post"], serializer_class=ContextSerializer, filterset_class=None)
    def test_send(self, request: Request, pk: str) -> Response:
        """Send it to yourself, on its channel; on those of its kind if it is for all."""
        title, message, context = self._rendered()
        template = self.get_object()
        me, _ = actor(request)
        sent = dispatch.notify(
            Event(
                kind=template.kind,
                audience=Audience(users=[me]),
                context=context,
                actor_id=me,
                title=title,
                message=message,
                priority=template.priority or None,
                source="template test",
                channels=[Channel.INBOX, Channel.WEBSOCKET, template.channel] if template.channel else None,
            )
        )
        return accepted(EventRow.objects.get(pk=sent.pk))

    def _rendered(self) -> tuple[str, str, dict[str, Any]]:
        """Title, message, and the context they were filled in with."""
        body = self.get_serializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        template = self.get_object()
        if (kind := catalogue.find(template.kind)) is None:
            raise NotFound(f"The catalogue has no kind {template.kind!r} any more.")
        given = body.validated_data["context"]
        context = dict(kind.example) if given is None else given
        title, message = preview(template, kind, context, sender=actor(self.request)[1])
        return title, message, context

    def _fields(self, *, partial: bool) -> dict[str, Any]:
        body = TemplateSerializer(data=self.request.data, partial=partial)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        if "notification_type" in said:
            said["kind"] = said.pop("notification_type")
        return said
