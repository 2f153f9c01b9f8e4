"""What the API shows of a ticket, and what it takes to report one."""

from typing import ClassVar

from rest_framework import serializers

from .models import Comment, Ticket


class CommentSerializer(serializers.ModelSerializer[Comment]):
    author_name = serializers.CharField(source="author.username", read_only=True)

    class Meta:
        model = Comment
        fields = ("id", "author", "author_name", "text", "created_at")
        read_only_fields = fields


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    comments = CommentSerializer(many=True, read_only=True)

    class Meta:
        model = Ticket
        fields = (
            "id",
            "title",
            "description",
            "priority",
            "status",  # from here on it is the workflow that writes
            "created_by",
            "assigned_to",
            "resolution_due_at",
            "estimated_resolution_time",
            "comments",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields[4:]
        extra_kwargs: ClassVar = {
            "title": {"help_text": "What is wrong, in a line."},
            "description": {"style": {"base_template": "textarea.html", "rows": 6}},
        }
