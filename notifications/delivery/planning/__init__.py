"""What is decided for the recipients of an event, and the deliveries that follow from it."""
