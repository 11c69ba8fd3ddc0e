"""A shared Google Sheet as a workbook: one read, one atomic write."""
