"""What and how: composer, recipients and sending in bulk (spec I)."""
