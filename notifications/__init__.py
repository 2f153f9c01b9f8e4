"""The engine. The way of a notification, in this order:

events (what happened) → audience (who) → dispatch (one transaction) → expansion (a row each) →
live (the bell, the hub) → sockets and api (the doors) → inbox (what the recipient does with it).
"""
