"""A busy machine draws slowly: what is expected is waited for."""

from playwright.async_api import expect

expect.set_options(timeout=20_000)
