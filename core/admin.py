"""The desk for admins: to search and to look. What happens to a ticket happens through the workflow, here too."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.functional import cached_property

from . import workflow
from .models import Comment, Ticket, WrongState

_MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):
    """Counts no further than anybody pages: an exact count of a million rows takes longer than the page."""

    @cached_property
    def count(self) -> int:
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[:_MOST_COUNTED].count()


class _History(admin.ModelAdmin):
    """To be looked at, not to be changed."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class CommentInline(admin.TabularInline):
    model = Comment
    fields = readonly_fields = ("author", "text", "created_at")
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return super().get_queryset(request).select_related("author")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Ticket)
class TicketAdmin(_History):
    list_display = ("id", "title", "status", "priority", "created_by", "assignees", "resolution_due_at", "created_at")
    list_display_links = ("id", "title")
    list_filter = ("status", "priority")
    list_select_related = ("created_by",)
    search_fields = ("title",)  # and what get_search_results adds
    search_help_text = "A number, part of the title, or the username of who reported it."
    sortable_by = ("id",)
    fields = (
        "title",
        "description",
        "priority",
        "status",
        "created_by",
        "assignees",
        "resolution_due_at",
        "estimated_resolution_time",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields[3:]
    inlines = (CommentInline,)
    actions = ("open_tickets", "approve_tickets")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).prefetch_related("assigned_to")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        """A number or a name goes by its index: in `search_fields` each would be compared with every row's text."""
        term = search_term.strip()
        if term.isdecimal():
            return queryset.filter(pk=int(term)), False
        if reporter := User.objects.filter(username=term).first():
            return queryset.filter(created_by=reporter), False
        return super().get_search_results(request, queryset, search_term)

    def save_model(self, request: HttpRequest, obj: Ticket, form: "ModelForm[Ticket]", change: bool) -> None:
        """Only what was edited: the form was loaded a while ago, and the ticket may have moved on since."""
        obj.save(update_fields=[*form.changed_data, "updated_at"])

    @admin.display(description="assigned to")
    def assignees(self, ticket: Ticket) -> str:
        return ", ".join(user.get_username() for user in ticket.assigned_to.all())

    @admin.action(description="Open the selected tickets", permissions=["change"])
    def open_tickets(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        self._each(request, queryset, workflow.open_ticket)

    @admin.action(description="Approve the selected tickets", permissions=["change"])
    def approve_tickets(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        self._each(request, queryset, workflow.approve)

    def _each(self, request: HttpRequest, queryset: QuerySet[Ticket], verb: Callable[..., Ticket]) -> None:
        """Each ticket in its own transaction: one that refuses does not undo the others."""
        actor = cast(User, request.user)
        for ticket_id in queryset.values_list("pk", flat=True):
            try:
                verb(ticket_id, actor=actor)
            except (WrongState, workflow.NotAllowed) as refusal:
                self.message_user(request, f"Ticket {ticket_id}: {refusal}", messages.WARNING)
            else:
                self.message_user(request, f"Ticket {ticket_id}: done.", messages.SUCCESS)
