"""Plain frozen values that every other folder speaks in; imports nothing of ours."""
