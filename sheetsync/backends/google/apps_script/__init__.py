"""The script that people add to their sheet: the menu, its sidebar, the player of strict syncs.

Plain JavaScript of Apps Script's V8; ``Values.gs`` and ``Player.gs`` know no menu.
"""

from __future__ import annotations

from pathlib import Path

FILES = (
    "appsscript.json",
    "Code.gs",
    "Values.gs",
    "Player.gs",
    "Sidebar.html",
    ".claspignore",
    ".clasp.json.example",
)


def folder() -> Path:
    """The folder of the script's files."""
    return Path(__file__).parent


def write_files(to: Path) -> list[str]:
    """Write the files into a folder (made if missing) and return their names.

    A file of the same name is overwritten; ``.clasp.json`` is none of them. Raises WriteFailed.
    """
    from sheetsync.model.errors import WriteFailed

    try:
        to.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (to / name).write_bytes((folder() / name).read_bytes())
    except OSError as error:
        raise WriteFailed(
            f"The script could not be written into {to} ({error.strerror}): choose another folder."
        ) from error
    return list(FILES)
