"""One attempt at a time for each delivery: begun, made, recorded, settled."""
