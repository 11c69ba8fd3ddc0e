import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sheetsync.backends.xlsx.preflight import preflight, write_refusal
from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.backends.xlsx.worker import read_in_worker
from sheetsync.model.errors import WorkbookUnreadable
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import CellType, Column, Role, Tab


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hostile = _load("hostile")
REFUSED = hostile.refused()
SOUND = hostile.sound()
TABS = (
    Tab(
        "deals",
        "Deals",
        Role.ENTRY,
        "Deals.",
        columns=(
            Column("deal_id", "Deal ID", CellType.ID, "Its id.", required=True),
            Column("name", "Deal name", CellType.TEXT, "Its name."),
            Column("amount", "Amount", CellType.MONEY, "Its value."),
        ),
        key_columns=("deal_id",),
    ),
)
WORDS_OF_A_CRASH = re.compile(r"Traceback|Error\b|Exception|object at|\bNone\b|0x[0-9a-f]{4}")


def read(data: bytes) -> Snapshot:
    preflight(data)
    return snapshot(data, TABS, "book.xlsx")


def assert_a_clear_sentence(refusal: WorkbookUnreadable) -> None:
    message = str(refusal)
    assert message.endswith(". Nothing was changed.")
    assert message[0].isupper()
    assert len(message) < 400
    assert message.isprintable()
    assert not WORDS_OF_A_CRASH.search(message), message
    assert re.fullmatch(r"[a-z0-9_]+", refusal.code)


def test_the_good_file_is_read() -> None:
    table = read(hostile.good()).tables["deals"]
    assert len(table) == 29
    assert table.cells[2][:2] == [1.5, 3]


@pytest.mark.parametrize("attack", REFUSED)
def test_an_attack_is_refused_in_one_sentence(attack: str) -> None:
    code, data = REFUSED[attack]
    with pytest.raises(WorkbookUnreadable) as refusal:
        read(data)
    assert_a_clear_sentence(refusal.value)
    assert refusal.value.code == code


@pytest.mark.parametrize("oddity", SOUND)
def test_an_odd_file_is_read(oddity: str) -> None:
    try:
        found = read(SOUND[oddity])
    except WorkbookUnreadable as refusal:
        assert_a_clear_sentence(refusal)
        assert oddity == "catastrophic attributes"
    else:
        assert set(found.tables) == {"deals"}


def test_there_are_enough_cases() -> None:
    assert len(REFUSED) + len(SOUND) >= 100


@pytest.mark.parametrize("oddity", ["strict", "macros", "signed", "streamed zip", "zip comment"])
def test_an_odd_package_reads_like_the_good_one(oddity: str) -> None:
    assert read(SOUND[oddity]).tables == read(hostile.good()).tables


@pytest.mark.parametrize("seed", range(8))
def test_mutants_are_read_or_refused_in_one_sentence(seed: int) -> None:
    for data in hostile.mutants(seed, 60):
        try:
            read(data)
        except WorkbookUnreadable as refusal:
            assert_a_clear_sentence(refusal)


def test_a_file_cut_anywhere_is_refused_in_one_sentence() -> None:
    data = hostile.good()
    for end in range(0, len(data), max(1, len(data) // 150)):
        with pytest.raises(WorkbookUnreadable) as refusal:
            read(data[:end])
        assert_a_clear_sentence(refusal.value)


@pytest.mark.parametrize("attack", ["csv", "deep cell", "strings malformed"])
def test_the_worker_hands_refusals_on(attack: str) -> None:
    code, data = REFUSED[attack]
    with pytest.raises(WorkbookUnreadable) as refusal:
        read_in_worker(data, TABS, "book.xlsx", seconds=30, memory_bytes=1 << 30)
    assert_a_clear_sentence(refusal.value)
    assert refusal.value.code == code


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are Linux's")
def test_a_sheet_of_millions_of_cells_is_bounded() -> None:
    rows = "".join(f'<row r="{r}">{"<c><v>1</v></c>" * 200}</row>' for r in range(1, 4000))
    with pytest.raises(WorkbookUnreadable) as refusal:
        read_in_worker(
            hostile.sheet_of(rows + "\x20" * 10),
            TABS,
            "book.xlsx",
            seconds=30,
            memory_bytes=120 << 20,
        )
    assert_a_clear_sentence(refusal.value)
    assert refusal.value.code in ("too_big", "crashed")


def test_signed_and_protected_workbooks_are_read_but_not_written() -> None:
    assert write_refusal(hostile.good()) is None
    signed = write_refusal(SOUND["signed"])
    assert signed is not None
    assert signed.startswith("The workbook is digitally signed")
    label = '<clbl:labelList xmlns:clbl="x"><clbl:label contentBits="{}"/></clbl:labelList>'
    name = "docMetadata/LabelInfo.xml"
    protected = hostile.with_entry(name, label.format(8).encode())
    assert write_refusal(protected) is not None
    assert write_refusal(hostile.with_entry(name, label.format(1).encode())) is None


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from sheetsync.backends.xlsx import cells, walk

    monkeypatch.setattr(cells, "MAX_CELLS", 50)
    monkeypatch.setattr(walk, "MAX_CELLS", 50)
    for data in (hostile.good(), hostile.sheet_of("<row>" + "<c><v>1</v></c>" * 60 + "</row>")):
        with pytest.raises(WorkbookUnreadable) as refusal:
            read(data)
        assert refusal.value.code == "too_many_cells"
