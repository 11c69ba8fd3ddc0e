"""``python -m sheetsync`` is the command ``sheetsync``."""

from sheetsync.cli import main

main(prog_name="sheetsync")
