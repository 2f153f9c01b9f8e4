"""From a committed row to an open connection: the bell rings, the hub passes it on, resume reads what was missed."""
