"""The peer: the consumer that the Channels tutorial teaches, with `group_send`, on the same server and layer."""
