"""The fault suite: real processes, honest clients with a ledger each, and everything that may happen to them."""
