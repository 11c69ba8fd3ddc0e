"""The add-in file for this computer: ``base.xlam`` with the name of the Python that it is to run.

Nothing but sheetsync is needed to make it. The VBA in it belongs to one version of xlwings, which
must be the one that is installed: on a Mac the script that starts Python has it in its name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from sheetsync.addin.failures import NotAllowed, SetupMissing
from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.graft import insert
from sheetsync.backends.xlsx.package import Package

HERE = Path(__file__).parent
BASE = HERE / "base.xlam"
XLWINGS = "0.37.8"
"""The version of xlwings whose VBA is in the add-in."""

CONF = "sheetsync.conf"
"""The name of the add-in's own sheet, which holds its settings."""

LABEL = "sheetsync"
_KEYS = {"win32": "INTERPRETER_WIN", "darwin": "INTERPRETER_MAC"}
_MAX_LABEL = 40
_RIBBON = "customUI/customUI.xml"
_SHEET, _DATA = (
    "xl/worksheets/sheet1.xml",
    re.compile(rb"<sheetData\s*/>|<sheetData>.*</sheetData>"),
)
_EXTENSIBILITY = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"


def write(path: Path, *, label: str = LABEL, platform: str = sys.platform) -> tuple[str, ...]:
    """Write the add-in to ``path`` (.xlam), over an older one; returns what to do next.

    ``label`` is the title of its ribbon tab. Raises SetupMissing (another xlwings), NotAllowed (a
    label or a path that Excel would not take) or WriteFailed.
    """
    from sheetsync.model.errors import WriteFailed

    if path.suffix.casefold() != ".xlam":
        raise NotAllowed(f"{path}: the name of an Excel add-in must end in .xlam.")
    check_version(platform)
    data = addin_bytes(interpreter(platform), label=label)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise WriteFailed(
            f"{path} could not be written ({error.strerror}): close Excel if it has the add-in "
            "open, or choose another folder."
        ) from error
    return steps(path, platform)


def addin_bytes(settings: Mapping[str, str], *, label: str = LABEL) -> bytes:
    """The add-in with these settings (see ``interpreter``) and that title of its ribbon tab."""
    if not label.strip() or len(label) > _MAX_LABEL or not label.isprintable():
        raise NotAllowed(f"A ribbon tab needs a title of 1 to {_MAX_LABEL} characters.")
    package = Package.open(BASE.read_bytes())
    rows = {"ADD_WORKBOOK_TO_PYTHONPATH": "false", **settings}
    cells = "".join(_row(i, pair) for i, pair in enumerate(rows.items(), 1)).encode()
    sheet = _DATA.sub(lambda _: b"<sheetData>%b</sheetData>" % cells, package.read(_SHEET))
    ribbon = package.read(_RIBBON).replace(
        f'label="{LABEL}"'.encode(), f"label={quoteattr(label.strip())}".encode(), 1
    )
    return package.with_parts({_SHEET: sheet, _RIBBON: ribbon})


def interpreter(platform: str = sys.platform, executable: str = sys.executable) -> dict[str, str]:
    """The setting that names this Python; none where there is no Excel, so that it is looked up.

    Raises NotAllowed for a path that cannot be handed to Excel.
    """
    if platform not in _KEYS:
        return {}
    odd = " |$`\\\"';" if platform == "darwin" else '%"'
    if any(sign in executable for sign in odd):
        raise NotAllowed(
            f"Excel cannot start the Python at {executable}, because of a sign in its path: "
            "install sheetsync into a folder without spaces and signs, then run this again."
        )
    return {_KEYS[platform]: executable}


def check_version(platform: str = sys.platform) -> None:
    """Raise SetupMissing unless the installed xlwings is the one whose VBA the add-in has."""
    if platform not in _KEYS:
        return
    try:
        found = version("xlwings")
    except PackageNotFoundError:
        found = ""
    if found != XLWINGS:
        have = f"xlwings {found} is" if found else "xlwings is not"
        raise SetupMissing(
            f"The ribbon's buttons need xlwings {XLWINGS}, and {have} installed: run "
            f"`{sys.executable} -m pip install xlwings=={XLWINGS}`, then this again."
        )


def steps(path: Path, platform: str = sys.platform) -> tuple[str, ...]:
    """What a person does once, in order, after the file was written."""
    mac = platform == "darwin"
    script = f"Run `{sys.executable} -m xlwings.cli runpython install` once."
    menu = "Tools > Excel Add-ins" if mac else "Developer > Excel Add-ins"
    return (
        *((script,) if mac else ()),
        f"In Excel open {menu}, choose Browse, pick {path} and tick it.",
        "Open a tracker and press Recalculate in the new ribbon tab.",
    )


def with_ribbon(data: bytes) -> bytes:
    """An add-in with the ribbon's part and the relationship that leads to it."""
    draft = Draft(Package.open(data))
    draft.write(_RIBBON, (HERE / "ribbon.xml").read_bytes())
    told = f'<Relationship Id="rIdRibbon" Type="{_EXTENSIBILITY}" Target="{_RIBBON}"/>'
    insert(draft, "_rels/.rels", b"Relationships", told.encode())
    return draft.package.with_parts(draft.changes())


def _row(number: int, pair: tuple[str, str]) -> str:
    cells = (
        f'<c r="{column}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        for column, text in zip("AB", pair, strict=True)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'
