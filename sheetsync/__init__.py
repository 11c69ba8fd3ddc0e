"""Partner performance, computed inside the team's own spreadsheet.

``import sheetsync`` loads nothing heavy: pandas, DuckDB, gspread and xlwings come only
with the step that uses them.
"""

__version__ = "0.1.0"
