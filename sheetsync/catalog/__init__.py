"""The tracker we ship, declared once."""
