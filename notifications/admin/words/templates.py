"""Words of notifications: written here as over the API, and shown as an e-mail would look."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.views.decorators.clickjacking import xframe_options_sameorigin

from ...events import Priority, Refused
from ...models import Template, TemplateVersion
from ...transports.base import Address, Message
from ...transports.email import letter
from ...words import catalogue, markdown, templates
from ...words.kind import WITH_OWN_WORDS
from ...words.wording import preview
from ..looking import BoundedPaginator, TypedFilter, WordFilter
from ..pages import actor, require

_NAMES = {"notification_type": "kind"}  # as this form calls them
_WIDE = "wide-field"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; sandbox"
_NOWHERE = Address(value="preview@example.org")


def _kinds() -> list[tuple[str, str]]:
    return [("", "---------"), *((name, name.replace("_", " ")) for name in sorted(catalogue.kinds()))]


class TemplateForm(forms.ModelForm):
    """What is wrong is said beside its field, with line and column."""

    kind = forms.ChoiceField(choices=_kinds)
    channel = forms.ChoiceField(
        choices=[("", "all that have no words of their own"), *((name, name) for name in WITH_OWN_WORDS)],
        required=False,
    )
    title = forms.CharField(
        widget=forms.TextInput(attrs={"class": _WIDE}),
        required=False,
        help_text="Blank: the kind's.",
    )
    message = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12, "class": _WIDE}),
        strip=False,
        help_text="Liquid and Markdown: {{ order_id }}, {% if carrier %}…{% endif %}, **bold**, [link](/orders/7).",
    )
    priority = forms.ChoiceField(choices=[("", "the kind's"), *Priority.choices], required=False)

    class Meta:
        model = Template
        fields = templates.FIELDS

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                return templates.checked(said)
            except Refused as refused:
                self.add_error(_NAMES.get(refused.field, refused.field), refused.message)
        return said


class ChannelFilter(WordFilter):
    title = parameter_name = "channel"
    words = tuple(WITH_OWN_WORDS)


class LocaleFilter(TypedFilter):
    title, parameter_name = "language", "locale"
    hint = "de"

    def meaning(self, word: str) -> Q:
        return Q(locale=word)


class ActiveFilter(WordFilter):
    title, parameter_name = "in use", "is_active"
    words = ("yes", "no")

    def pick(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        return rows.filter(is_active=word == "yes")


@admin.register(Template)
class TemplateAdmin(admin.ModelAdmin):
    heading = "Templates"
    change_list_template = "admin/console/list.html"
    form = TemplateForm
    paginator = BoundedPaginator
    list_display = ("kind", "channel", "locale", "title", "priority", "is_active", "version", "updated_at")
    list_filter = (ChannelFilter, LocaleFilter, ActiveFilter)
    search_fields = ("kind", "title", "message")
    fields = (*templates.FIELDS, "variables", "version", "look", "earlier")
    readonly_fields = ("variables", "version", "look", "earlier")

    def get_urls(self) -> list[Any]:
        look = path("<int:template_id>/look/", self.admin_site.admin_view(self.page), name="console_look")
        return [look, *super().get_urls()]

    @method_decorator(xframe_options_sameorigin)
    def page(self, request: HttpRequest, template_id: int) -> HttpResponse:
        """The e-mail as it would look. Its styles are inside it, as e-mails have them: hence a policy of its own."""
        template = get_object_or_404(Template, pk=template_id)
        require(request, "notifications.view_template")
        kind = catalogue.find(template.kind)
        if kind is None:
            raise Http404(f"There is no kind {template.kind} any more.")
        try:
            answer = HttpResponse(_page(template, *preview(template, kind, kind.example)))
        except Refused as refused:
            raise Http404(f"{refused.field}: {refused.message}") from refused
        answer["Content-Security-Policy"] = _POLICY
        return answer

    def save_model(self, request: HttpRequest, obj: Template, form: Any, change: bool) -> None:
        by = actor(request)
        saved = templates.change(obj.pk, form.cleaned_data, actor=by) if change else None
        obj.pk = (saved or templates.create(form.cleaned_data, actor=by)).pk
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Template) -> None:
        templates.delete(obj.pk, actor=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Template]) -> None:
        for one in queryset:
            self.delete_model(request, one)

    @admin.display
    def variables(self, template: Template) -> str:
        return ", ".join(templates.variables(template)) or "none" if template.pk else "–"

    @admin.display(description="with the catalogue's example")
    def look(self, template: Template) -> str:
        kind = catalogue.find(template.kind) if template.pk else None
        if kind is None:
            return "Save it to see it."
        try:
            preview(template, kind, kind.example)
        except Refused as refused:
            return f"{refused.field}: {refused.message}"
        url = reverse("admin:console_look", args=[template.pk])
        return format_html('<iframe class="look" sandbox src="{}" title="Preview"></iframe>', url)

    @admin.display(description="earlier versions")
    def earlier(self, template: Template) -> str:
        versions = TemplateVersion.objects.filter(template_id=template.pk, version__lt=template.version)
        rows = [
            (one.version, f"{one.created_at:%Y-%m-%d %H:%M}", one.title, one.message)
            for one in versions.order_by("-version")[:20]
        ]
        return format_html_join("", "<p><b>{}</b> ({}) {}<br>{}</p>", rows) or "none"


def _page(template: Template, title: str, message: str) -> str:
    """The whole e-mail, as HTML."""
    said = Message(
        delivery_id="preview",
        kind=template.kind,
        title=title,
        message=markdown.plain(message),
        html=markdown.html(message, base_url="/"),
        priority=template.priority or Priority.NORMAL,
        created_at=timezone.now(),
        locale=template.locale,
    )
    body = letter(said, _NOWHERE).get_body(("html",))
    return str(body.get_content()) if body else ""
