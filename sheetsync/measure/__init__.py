"""KPI values and tiers from typed tables: facts, SQL text, and arithmetic on small results."""
