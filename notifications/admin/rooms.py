"""Rooms with their members. What is changed here is changed by the same verbs as over the API."""

import re
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest

from .. import rooming
from ..models import Member, Room
from .looking import BoundedPaginator
from .pages import actor


class RoomForm(ModelForm):
    class Meta:
        model = Room
        fields = ("name", "is_open")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not re.fullmatch(rooming.NAME, name):
            raise ValidationError("Letters, digits and _ . : @ + - only, the first a letter or a digit.")
        return name


class MemberInline(admin.TabularInline):
    model = Member
    fields = ("user", "role")
    raw_id_fields = ("user",)
    extra = 1

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what somebody is there is taken away, or added


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    form = RoomForm
    paginator = BoundedPaginator
    show_full_result_count = False
    list_display = ("name", "is_open", "people", "created_by", "created_at")
    list_filter = ("is_open",)
    list_select_related = ("created_by",)
    list_per_page = 50
    ordering = ("name",)
    sortable_by = ()
    search_fields = ("name__startswith",)
    search_help_text = "How its name begins."
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return rooming.with_people(super().get_queryset(request))

    @admin.display
    def people(self, room: Any) -> int:
        return int(room.people)

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()  # events name rooms

    def save_model(self, request: HttpRequest, obj: Room, form: ModelForm, change: bool) -> None:
        made, _ = rooming.make(obj.name, is_open=obj.is_open, actor=actor(request))
        obj.pk = made.pk

    def save_formset(self, request: HttpRequest, form: ModelForm, formset: BaseModelFormSet, change: bool) -> None:
        formset.save(commit=False)
        room: Room = form.instance
        for gone in Member.objects.filter(pk__in=[form.pk for form in formset.deleted_objects]):  # as they were shown
            rooming.remove_member(room.pk, gone.user_id, role=gone.role, actor=actor(request))
        for new in formset.new_objects:
            rooming.add_member(room.pk, new.user_id, role=new.role, actor=actor(request))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        rooming.remove(obj.pk, actor=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room_id in queryset.values_list("pk", flat=True):
            rooming.remove(room_id, actor=actor(request))
