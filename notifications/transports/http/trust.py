"""Whose certificates we believe."""

import ssl
from functools import cache

import certifi


@cache
def tls(use: str) -> ssl.SSLContext:
    """The system's authorities and certifi's; SSL_CERT_FILE replaces the system's. Reading them takes 20 ms: once.

    One for each use ("http", "smtp"): httpcore writes its protocols into the one that it is given.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
