"""The peer for Server-Sent Events: django-eventstream, a channel for everybody and one per person."""
