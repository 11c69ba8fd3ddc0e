"""What a file is that people took for an .xlsx workbook, told from its first bytes."""

from __future__ import annotations

from sheetsync.backends.xlsx.directory import unreadable

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AS = "open it in Excel and save it as Excel Workbook (.xlsx)"
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "pdf", "The file is a PDF, not a workbook; choose the .xlsx it was made from"),
    (b"{\\rtf", "rtf", f"The file is a text document (.rtf), not a workbook; {_SAVE_AS}"),
    (b"\x1f\x8b", "gzip", "The file is compressed (.gz), not a workbook; unpack it first"),
    (b"7z\xbc\xaf", "archive", "The file is an archive (.7z), not a workbook; unpack it first"),
    (b"Rar!", "archive", "The file is an archive (.rar), not a workbook; unpack it first"),
    (b"\x89PNG", "image", "The file is a picture, not a workbook; choose the .xlsx itself"),
    (b"\xff\xd8\xff", "image", "The file is a picture, not a workbook; choose the .xlsx itself"),
    (b"\x09\x08", "xls", f"The file is an old Excel workbook (.xls); {_SAVE_AS}"),
    (b"\x09\x04", "xls", f"The file is an old Excel workbook (.xls); {_SAVE_AS}"),
    (b"\x09\x02", "xls", f"The file is an old Excel workbook (.xls); {_SAVE_AS}"),
)


def refuse_other_kinds(data: bytes) -> None:
    """Raise ``WorkbookUnreadable``, saying what the file is, unless it starts like a zip."""
    if data.startswith(b"PK\3\4"):
        return
    code, sentence = _kind(data)
    raise unreadable(code, sentence)


def _kind(data: bytes) -> tuple[str, str]:
    if not data:
        return "empty", "The file is empty (0 bytes); fetch it again, or take a backup"
    if data.startswith(b"PK\5\6"):
        return "not_a_workbook", "The file is an empty zip, not a workbook; choose the .xlsx itself"
    if data.startswith(_OLE):
        return _ole_kind(data)
    for start, code, sentence in _STARTS:
        if data.startswith(start):
            return code, sentence
    if not data[:4096].strip(b"\0"):
        return "empty", (
            "The file holds only zeros, as files do whose download did not finish; fetch it again"
        )
    return _text_kind(data)


def _ole_kind(data: bytes) -> tuple[str, str]:
    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("DRMEncrypted"):
        return "rights_managed", (
            "The workbook is protected by rights management (IRM or a sensitivity label), so only "
            "Excel can open it; save a copy without protection"
        )
    if has("EncryptedPackage") or has("EncryptionInfo"):
        return "encrypted", (
            "The workbook is locked with a password; remove the password in Excel "
            "(File, Info, Protect Workbook) and save it"
        )
    if has("Workbook") or has("Book"):
        return "xls", f"The file is an old Excel workbook (.xls); {_SAVE_AS}"
    return "other_office", f"The file is an old Office document, not a workbook; {_SAVE_AS}"


def _text_kind(data: bytes) -> tuple[str, str]:
    start = data[:4096]
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if start.startswith(mark):
            start = start[2:].decode(encoding, "replace").encode()
    folded = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in folded:
        return "xml_2003", f"The file is an XML spreadsheet of 2003, not an .xlsx; {_SAVE_AS}"
    if folded.startswith((b"<!doctype", b"<html", b"<table", b"<head", b"<meta", b"<?xml", b"<")):
        return "html", (
            "The file is a web page or XML text with the name of a workbook, as some programs "
            f"export it; {_SAVE_AS}"
        )
    if b"\0" in start:
        return "not_zip", (
            "The file is not an Excel workbook, or its beginning is damaged; take a backup, or "
            "choose the .xlsx itself"
        )
    return "csv", f"The file is plain text (such as CSV), not a workbook; {_SAVE_AS}"
