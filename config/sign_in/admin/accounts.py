"""Accounts are switched off, keys are revoked; neither is deleted, so that the audit has a name for them."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from notifications.audit import Actor

from ..keys import issuing
from ..models import ApiKey, ServiceAccount


def actor(request: HttpRequest) -> Actor:
    return cast(int, request.user.pk), request.user.get_username()


class Kept(admin.ModelAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class KeyInline(admin.TabularInline):
    model = ApiKey
    fields = readonly_fields = ("prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ServiceAccount)
class ServiceAccountAdmin(Kept):
    list_display = ("name", "people", "created_at", "disabled_at")
    list_select_related = ("people",)
    fields = ("name", "people", "created_at", "disabled_at")
    ordering = ("name",)
    search_fields = ("name",)
    inlines = (KeyInline,)
    actions = ("switch_off", "switch_on")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("created_at", "disabled_at", *(("name",) if obj else ()))

    def save_model(self, request: HttpRequest, obj: ServiceAccount, form: forms.ModelForm, change: bool) -> None:
        if change:
            issuing.set_people(obj, obj.people, actor=actor(request))
        else:
            obj.pk = issuing.create_account(obj.name, people=obj.people, actor=actor(request)).pk

    @admin.action(description="Switch the selected accounts off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[ServiceAccount]) -> None:
        self._switch(request, queryset, on=False)

    @admin.action(description="Switch the selected accounts on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[ServiceAccount]) -> None:
        self._switch(request, queryset, on=True)

    def _switch(self, request: HttpRequest, queryset: QuerySet[ServiceAccount], *, on: bool) -> None:
        for account_id in queryset.values_list("pk", flat=True):
            issuing.switch(account_id, on=on, actor=actor(request))
        self.message_user(request, "Done.")


class KeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=issuing.Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiKey
        fields = ("account", "scopes", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(Kept):
    form = KeyForm
    list_display = ("prefix", "account", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("account",)
    list_select_related = ("account",)
    ordering = ("-pk",)
    search_fields = ("prefix", "account__name")
    actions = ("revoke_keys",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)  # the list's action; a key is as it was made

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.list_display if obj else ("account", "scopes", "expires_at")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: forms.ModelForm, change: bool) -> None:
        scopes = form.cleaned_data["scopes"]
        row, key = issuing.create_key(obj.account, scopes, expires_at=obj.expires_at, actor=actor(request))
        obj.pk, obj.prefix = row.pk, row.prefix
        self.message_user(request, f"The key, shown this once: {key}", messages.WARNING)

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke_keys(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key_id in queryset.values_list("pk", flat=True):
            issuing.revoke(key_id, actor=actor(request))
        self.message_user(request, "Revoked: they are good for nothing from now on.")
