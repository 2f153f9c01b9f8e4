"""The peer: the consumer that the Channels tutorial teaches, with `group_send` and a signed token at the handshake."""
