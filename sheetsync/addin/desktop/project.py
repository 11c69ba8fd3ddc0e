"""Make ``base.xlam``, or check that it is not stale: a step of building sheetsync, not of using it.

``python -m sheetsync.addin.desktop.project`` writes it anew, ``--check`` writes nothing and fails
when its code or ribbon differ from what would be written. It is built, not made by users, because
pyOpenVBA, which writes VBA projects, is young: nobody needs it to run sheetsync.

The VBA is ours, the free (BSD) part of xlwings with its notice, and the dictionary that xlwings
brings for the Mac (MIT). xlwings' text is changed for an add-in that lies open to every workbook:

- Settings are taken from the add-in alone, never from the active workbook or its folder: else a
  workbook that somebody sent could name the program that a click starts.
- Every procedure is private, so that no formula in a cell can run Python or a program.
- What would ask for a licence (code that is embedded in sheets) is taken out.
- The workbook's path is not handed to Python; its folder is no place to import from.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from sheetsync.addin.desktop.addin import BASE, CONF, HERE, with_ribbon
from sheetsync.backends.xlsx.package import Package
from sheetsync.generated import run

_SHEET_NAME = b'<sheet name="Sheet1"'
_RUN = """
' Changed for sheetsync: settings come from the add-in alone, and all procedures but this one are
' private. A Sub, because cells can call functions.
Public Sub RunSheetsync(ByVal what As String)
    RunPython "from sheetsync.addin.desktop import run; run." & what & "()"
End Sub
"""
_CHANGES: tuple[tuple[str, str, int], ...] = (
    (r'(PROJECT_NAME As String = )"myaddin"', r'\1"sheetsync"', 1),
    (
        r"If SheetExists\(ActiveWorkbook, PROJECT_NAME & \"\.conf\"\) = True Then",
        "If False Then",
        1,
    ),
    (r'If GetFullName\(ActiveWorkbook\) <> "" Then.*', "If False Then", 1),
    (r"^( +)(ActiveFullName|ThisFullName) = .*", r'\1\2 = ""', 6),
    (r"(?s) {4}' PythonCommand with embedded code\n.*?(?= {4}' Call Python platform)", "", 1),
    (r"^( +uses_embedded_code = )True$", r"\1False", 1),
    (r"^(?:Public )?(?=(?:Function|Sub) )", "Private ", 42),
    (r"^( *)(?=Declare )", r"\1Private ", 5),
    (r"^Public Const", "Private Const", 2),
)
"""Pattern, replacement, and how often it is found: another count means another xlwings."""


def xlwings_text() -> str:
    """The installed xlwings' VBA, changed as told above; RuntimeError when it is another."""
    import xlwings

    text = (Path(xlwings.__file__).parent / "xlwings_custom_addin.bas").read_text("ascii")
    for pattern, new, wanted in _CHANGES:
        text, found = re.subn(pattern, new, text, flags=re.MULTILINE)
        if found != wanted:
            raise RuntimeError(f"xlwings' VBA has {found} places like {pattern}, not {wanted}")
    return text + _RUN


def modules() -> Mapping[str, str]:
    """The text of every VBA module by its name, with the line ends that VBA has."""
    import xlwings

    mac = Path(xlwings.__file__).parent / "addin" / "Dictionary.cls"
    told = {
        "SheetsyncRibbon": (HERE / "Ribbon.bas").read_text("ascii"),
        "xlwings": xlwings_text(),
        "Dictionary": mac.read_text("ascii"),
    }
    return {name: text.replace("\n", "\r\n") for name, text in told.items()}


def base_bytes() -> bytes:
    """The add-in without the name of a Python: our modules, the ribbon, an empty sheet."""
    from pyopenvba import ExcelFile
    from pyopenvba.vba import VBAModuleKind

    with TemporaryDirectory() as folder:
        path = Path(folder) / BASE.name
        book = ExcelFile.create_new(path)
        project = book.vba_project()
        project.delete_module("Module1")
        for name, text in modules().items():
            kind = VBAModuleKind.other if name == "Dictionary" else VBAModuleKind.standard
            project.add_module(name, text, kind=kind)
        book.save(path)
        book.close()
        package = Package.open(path.read_bytes())
    workbook = package.read("xl/workbook.xml")
    named = workbook.replace(_SHEET_NAME, b'<sheet name="%b"' % CONF.encode())
    return with_ribbon(package.with_parts({"xl/workbook.xml": named}))


def stale(path: Path = BASE) -> list[str]:
    """What differs in the file from what would be written: names of modules or parts."""
    if not path.is_file():
        return [path.name]
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / path.name
        fresh.write_bytes(base_bytes())
        was, now = _texts(path), _texts(fresh)
    return sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))


def _texts(path: Path) -> dict[str, str | bytes]:
    """The VBA modules of an add-in, and its other parts: the project's bytes may differ."""
    from pyopenvba import ExcelFile

    book = ExcelFile(path)
    with ZipFile(path) as file:
        parts = {n: file.read(n) for n in file.namelist() if n != "xl/vbaProject.bin"}
    try:
        return {**parts, **book.vba_modules()}
    finally:
        book.close()


def main(arguments: list[str]) -> int:
    """Write the file, or with ``--check`` tell what is stale (exit code 1)."""
    return run(
        arguments,
        "sheetsync.addin.desktop.project",
        stale,
        lambda: BASE.write_bytes(base_bytes()),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
