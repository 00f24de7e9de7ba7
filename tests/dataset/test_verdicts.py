"""What the centre and operators said of cases becomes labels and hard negatives, and nothing that nobody said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from vision.cases import OperatorVerdict, VerdictInbox, VerdictKind
from vision.cases.book_file import BookFile, CaseRow, IncidentRow
from vision.dataset import DatasetError, Labelled, read_set
from vision.dataset.verdicts import import_verdicts, split_of
from vision.evidence import EvidenceStore
from vision.rules import Still
from vision.sources import Box

BOX: Box = (0.4, 0.5, 0.5, 0.7)
NOON = 1_767_240_000.0
CASES = {
    "a": ("illegal_dumping", [("accepted", None), ("handled", None)]),
    "b": ("illegal_dumping", [("rejected", "这是树影 a shadow")]),
    "c": ("street_vending", [("rejected", "重复案件 seen twice")]),
    "d": ("ground_lock", []),
    "e": ("ground_lock", [("accepted", None), ("check_before_closing", None)]),
    "f": ("camera_health", [("accepted", None)]),
}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[BookFile]:
    """One case of each kind of verdict, with its evidence."""
    with closing(BookFile(tmp_path / "cases.sqlite")) as file:
        store = EvidenceStore(
            tmp_path / "evidence", ZoneInfo("Asia/Shanghai"), max_bytes=10**9, min_free=0, retention_s=1e9
        )
        for number, (name, (category, answers)) in enumerate(CASES.items()):
            add_case(file, store, name, category, answers, number)
        yield file


def add_case(
    file: BookFile, store: EvidenceStore, name: str, category: str, answers: list[tuple[str, str | None]], seed: int
) -> None:
    last = next((kind for kind, _ in reversed(answers) if not kind.startswith("check")), None)
    file.put_case(
        CaseRow(
            name, category, "bj-001", "z", "open", NOON, NOON + 60, None, None, f"{name}-1", NOON + 40, "WGS84",
            f"{name}-1", last, NOON + 100 if last else None,
        )
    )  # fmt: skip
    file.put_incident(IncidentRow(f"i-{name}", name, "bj-001", "z", category, None, "open", BOX, 0.9, None))
    for kind, reason in answers:
        file.add_answer(name, kind, reason, json.dumps({"kind": kind, "by": "李"}), NOON + 100)
    stills = [Still(role, NOON, picture(seed, role)) for role in ("before", "after")]
    store.save(f"{name}-1", name, "bj-001", stills, None, clip_wanted=False)


def picture(seed: int, role: str) -> bytes:
    noise = np.random.default_rng([seed, len(role)]).integers(0, 255, (9, 16, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.resize(noise, (160, 90), interpolation=cv2.INTER_NEAREST))[1])


def test_confirmed_is_a_label_rejected_a_hard_negative_and_the_rest_is_counted(book: BookFile, tmp_path: Path) -> None:
    done = import_verdicts(book, tmp_path / "evidence", tmp_path / "set", site="bajiao")
    rows = {one.file: one for one in read_set(tmp_path / "set").pictures}
    assert sorted(rows) == ["a-after.jpg", "a-before.jpg", "b-after.jpg", "e-after.jpg", "e-before.jpg"]
    there = (Labelled(name="rubbish", box=BOX),)
    assert (rows["a-after.jpg"].boxes, rows["a-after.jpg"].absent) == (there, ())
    assert (rows["a-before.jpg"].boxes, rows["a-before.jpg"].absent) == ((), there)
    assert (rows["b-after.jpg"].boxes, rows["b-after.jpg"].absent) == ((), there)
    assert (rows["b-after.jpg"].verdict, rows["b-after.jpg"].reason) == ("rejected", "这是树影 a shadow")
    assert (rows["e-after.jpg"].boxes[0].name, rows["e-after.jpg"].by) == ("ground_lock", "李")
    assert {one.source for one in rows.values()} == {"bajiao/bj-001"}
    assert dict(done.skipped) == {
        "rejected for a reason that says nothing about the thing": 1, "no class for its category": 1,
    }  # fmt: skip
    assert (tmp_path / "set" / "images" / "a-after.jpg").read_bytes() == picture(0, "after")


def test_second_import_adds_what_is_new_and_takes_a_changed_mind(book: BookFile, tmp_path: Path) -> None:
    evidence, out = tmp_path / "evidence", tmp_path / "set"
    import_verdicts(book, evidence, out, site="bajiao")
    book.add_answer("a", "rejected", "是落叶 leaves", "{}", NOON + 500)
    case = book.case("a")
    assert case is not None
    book.put_case(CaseRow(*[*list(_values(case))[:13], "rejected", NOON + 500]))
    done = import_verdicts(book, evidence, out, site="bajiao")
    of_a = [one for one in done.pictures.pictures if one.case_id == "a"]
    assert [(one.file, one.verdict, one.reason) for one in of_a] == [("a-after.jpg", "rejected", "是落叶 leaves")]
    assert len(done.pictures.pictures) == 4


def say(folder: Path, case_id: str, verdict: VerdictKind, **more: Any) -> None:
    """What an operator of the console says."""
    with closing(VerdictInbox(folder / "cases.sqlite")) as inbox:
        values: dict[str, Any] = {
            "reason": None, "category": None, "duplicate_of": None, "box": None, "note": None, "by": "王", "at": NOON
        }  # fmt: skip
        inbox.add(OperatorVerdict(verdict_id=str(uuid4()), case_id=case_id, verdict=verdict, **(values | more)))


def test_operator_teaches_with_his_box_and_his_category(book: BookFile, tmp_path: Path) -> None:
    better: Box = (0.42, 0.52, 0.48, 0.66)
    say(tmp_path, "d", "true", box=better)  # nobody else has said anything
    say(tmp_path, "e", "wrong_category", category="street_vending")  # against the centre
    say(tmp_path, "b", "true")  # a shadow, said the centre
    say(tmp_path, "b", "undo")
    import_verdicts(book, tmp_path / "evidence", tmp_path / "set", site="bajiao")
    rows = {one.file: one for one in read_set(tmp_path / "set").pictures}
    assert rows["d-after.jpg"].boxes == (Labelled(name="ground_lock", box=better),)
    assert rows["d-before.jpg"].absent == (Labelled(name="ground_lock", box=better),)
    assert (rows["d-after.jpg"].by, rows["d-after.jpg"].verdict) == ("王", "confirmed")
    assert rows["e-after.jpg"].boxes == (Labelled(name="stall", box=BOX),)
    assert rows["e-after.jpg"].absent == (Labelled(name="ground_lock", box=BOX),)
    assert rows["e-before.jpg"].absent == (Labelled(name="stall", box=BOX),)
    assert rows["b-after.jpg"].verdict == "rejected"


def test_operator_who_rejects_is_not_counted_twice_and_who_is_unsure_teaches_nothing(
    book: BookFile, tmp_path: Path
) -> None:
    say(tmp_path, "a", "false", reason="leaves")
    say(tmp_path, "d", "duplicate", duplicate_of="a")
    say(tmp_path, "e", "unsure")
    say(tmp_path, "f", "wrong_category", category="illegal_dumping")
    done = import_verdicts(book, tmp_path / "evidence", tmp_path / "set", site="bajiao")
    rows = {one.file: one for one in done.pictures.pictures}
    assert sorted(rows) == ["a-after.jpg", "b-after.jpg", "f-after.jpg", "f-before.jpg"]
    assert (rows["a-after.jpg"].reason, rows["a-after.jpg"].absent[0].name) == ("leaves", "rubbish")
    assert rows["f-after.jpg"].boxes[0].name == "rubbish"
    assert dict(done.skipped) == {
        "rejected for a reason that says nothing about the thing": 2, "the operator was not sure": 1,
    }  # fmt: skip


def test_what_was_imported_stays_when_the_evidence_is_swept(book: BookFile, tmp_path: Path) -> None:
    before = import_verdicts(book, tmp_path / "evidence", tmp_path / "set", site="bajiao")
    after = import_verdicts(book, tmp_path / "swept", tmp_path / "set", site="bajiao")
    assert after.pictures.pictures == before.pictures.pictures
    assert after.skipped["no picture left"] == 3


def test_a_folder_that_is_no_set_is_not_written_into(book: BookFile, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "dataset.yaml").write_text("schema: other/1\n")
    with pytest.raises(DatasetError, match=r"dataset\.yaml: schema: must be picture-set/1"):
        import_verdicts(book, tmp_path / "evidence", tmp_path / "set", site="bajiao")


def test_cameras_are_split_once_and_for_all() -> None:
    splits = [split_of(f"bj-{number:03}") for number in range(333)]
    assert splits == [split_of(f"bj-{number:03}") for number in range(333)]
    assert 0.1 < splits.count("val") / 333 < 0.3


def _values(case: CaseRow) -> Iterator[object]:
    return (getattr(case, name) for name in CaseRow.__slots__)
