"""An event becomes a row for each recipient: in chunks, each one transaction, and each at most once."""

from .chunks import CHUNK, SMALL, expand_chunk, expand_small, work

__all__ = ["CHUNK", "SMALL", "expand_chunk", "expand_small", "work"]
