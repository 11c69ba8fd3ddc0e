"""The classic ribbon: an Excel add-in (.xlam) whose buttons run Python on the open workbook.

For teams whose Excel takes no web add-ins. ``project`` makes ``base.xlam`` when sheetsync is
built, from our VBA and the free part of xlwings; ``addin`` names this computer's Python in it;
``run`` is what the buttons run.
"""
