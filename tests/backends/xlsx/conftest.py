import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def soffice(tmp_path: Path) -> Callable[[bytes], bytes]:
    """Load a workbook in LibreOffice and save it as .xlsx again."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")

    def save(data: bytes) -> bytes:
        source, out = tmp_path / "in.xlsx", tmp_path / "out"
        source.write_bytes(data)
        command = [
            program,
            f"-env:UserInstallation=file://{tmp_path / 'profile'}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(out),
            str(source),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return (out / "in.xlsx").read_bytes()

    return save
