"""The live path beside its peers: the same message, the same sockets, each stack in turn."""
