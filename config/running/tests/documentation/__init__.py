"""What the documentation says is so, and what it tells people to type works."""
