"""The guarded way to addresses that users give: webhooks, push. `client.post` sends, `check_url` only looks."""

from .addresses import check_url

__all__ = ["check_url"]
