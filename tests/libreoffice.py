"""LibreOffice as an independent reader: recalculates a workbook, or saves it as its own."""

from __future__ import annotations

import io
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pytest

needed = pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")

# By default LibreOffice shows the cached values of a file that another program saved.
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"
 xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def resaved(content: bytes, folder: Path) -> bytes:
    """Open the workbook in LibreOffice, recalculate everything and save it as .xlsx."""
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE)
    (folder / "in.xlsx").write_bytes(content)
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(folder / "out"), str(folder / "in.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return (folder / "out" / "in.xlsx").read_bytes()


def recalculated(content: bytes, folder: Path) -> Any:
    """The workbook as LibreOffice computes it, opened with openpyxl (values only)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(io.BytesIO(resaved(content, folder)), data_only=True)
