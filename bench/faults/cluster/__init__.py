"""The real processes: stores, servers, workers, and the TCP in between."""
