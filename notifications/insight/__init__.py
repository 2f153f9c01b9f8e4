"""Looking back: what happened, and whether it adds up."""
