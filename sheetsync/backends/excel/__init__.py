"""A workbook that is open in Excel on Windows or Mac, reached through xlwings (its BSD part)."""
