import io
import zipfile

import pytest

from sheetsync.backends.xlsx.package import Package
from sheetsync.model.errors import WorkbookUnreadable


def make(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, content in parts.items():
            z.writestr(name, content)
    return out.getvalue()


PARTS = {"a.xml": b"<a/>" * 1000, "b/c.bin": bytes(range(256)) * 20, "d.xml": b""}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_reads_what_zipfile_wrote(method: int) -> None:
    package = Package.open(make(PARTS, method))
    assert package.names == tuple(PARTS)
    assert {name: package.read(name) for name in package.names} == PARTS


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_reads_piece_by_piece_what_it_reads_as_a_whole(method: int) -> None:
    package = Package.open(make(PARTS, method))
    for size in (1, 64, 4000, 1 << 20):
        assert {name: b"".join(package.pieces(name, size)) for name in PARTS} == PARTS
    if method == zipfile.ZIP_DEFLATED:
        assert max(map(len, package.pieces("b/c.bin", 64))) <= 64


def test_a_damaged_part_is_told_when_its_pieces_end() -> None:
    good = make(PARTS)
    (member, *_) = Package.open(good).members
    lying = good.replace(member.crc.to_bytes(4, "little"), b"\1\2\3\4")
    pieces = Package.open(lying).pieces("a.xml", 64)
    with pytest.raises(WorkbookUnreadable, match="is damaged"):
        b"".join(pieces)


def test_a_changed_file_is_sound_and_keeps_the_other_parts_packed_as_they_were() -> None:
    old = Package.open(make(PARTS))
    data = old.with_parts({"a.xml": b"<new/>", "d.xml": None, "e/é.xml": b"<e/>"})
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None
        assert z.namelist() == ["a.xml", "b/c.bin", "e/é.xml"]
        assert z.read("a.xml") == b"<new/>"
        assert (
            z.getinfo("a.xml").date_time
            == zipfile.ZipFile(io.BytesIO(old.data)).getinfo("a.xml").date_time
        )
        assert z.getinfo("e/é.xml").date_time == (1980, 1, 1, 0, 0, 0)
    new = Package.open(data)
    kept, was = new.members[1], old.members[1]
    assert data[kept.start : kept.end] == old.data[was.start : was.end]


def test_the_same_change_gives_the_same_bytes_and_no_change_is_stable() -> None:
    package = Package.open(make(PARTS))
    change = {"a.xml": b"<x/>", "z.xml": b"<z/>"}
    assert package.with_parts(change) == package.with_parts(change)
    once = package.with_parts({})
    assert Package.open(once).with_parts({}) == once


def test_streamed_entries_lose_their_data_descriptor() -> None:
    class Pipe:
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: bytes) -> int:
            self.data += data
            return len(data)

        def flush(self) -> None:
            pass

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.xml", b"<a/>" * 100)
    package = Package.open(out.data)
    assert package.members[0].flags & 8
    again = Package.open(package.with_parts({}))
    assert not again.members[0].flags & 8
    assert again.read("a.xml") == b"<a/>" * 100


def test_zip64_fields_are_understood() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z, z.open("a.xml", "w", force_zip64=True) as part:
        part.write(b"<a/>")
    assert Package.open(out.getvalue()).read("a.xml") == b"<a/>"


def test_names_are_found_whatever_their_case() -> None:
    package = Package.open(make({"xl/SharedStrings.xml": b"<sst/>"}))
    assert package.find("xl/sharedStrings.xml") == "xl/SharedStrings.xml"
    assert package.find("xl/other.xml") == ""
    assert "xl/sharedStrings.xml" not in package


def test_a_damaged_part_is_refused_by_its_crc() -> None:
    data = bytearray(make(PARTS, zipfile.ZIP_STORED))
    data[data.index(b"<a/>") + 1] ^= 1
    with pytest.raises(WorkbookUnreadable, match=r"a\.xml") as refusal:
        Package.open(bytes(data)).read("a.xml")
    assert refusal.value.code == "damaged"
