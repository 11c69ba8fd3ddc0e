"""What to ask of typed tables, and the arithmetic on small results."""
