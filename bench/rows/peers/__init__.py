"""What Tidings is compared with."""
