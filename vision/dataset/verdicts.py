"""From verdicts to pictures: what was confirmed becomes a label, what was rejected a hard negative.

The verdicts are those of the console's operators and the answers of the centre; where both spoke, the operator counts:
he has looked at the picture, and may have corrected the box and the category. Of a confirmed case the picture with the
thing (`after`) and the one of the place without it (`before`) are taken, of a rejected one the picture of what was no
such thing; as they were stored, with their masks. What was something else teaches both: what it is, and what not. A
case without a verdict, rejected for a reason that says nothing about the thing, or whose evidence is gone, teaches
nothing and is counted.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vision.cases import OperatorVerdict
from vision.cases.book_file import BookFile, CaseRow, Decision
from vision.cases.ruling import in_force
from vision.dataset.pictures import ABOUT, IMAGES, Labelled, Picture, PictureSet, Split, read_set, write_set
from vision.sources import Box

CLASS_OF = {
    "illegal_dumping": "rubbish",
    "street_vending": "stall",
    "ground_lock": "ground_lock",
    "overflowing_bin": "rubbish",
}
"""What the thing of a case is called by the shipped model; a category that is not here is left out."""
OTHER_REASONS = ("duplicate", "重复", "handled", "已处理", "已处置", "jurisdiction", "辖区", "权属")
"""Parts of reasons for which a centre rejects what is there all the same (domain: duplicates, done, not ours)."""
CONFIRMING = frozenset({"accepted", "dispatched", "handled", "closed"})
VAL_SHARE = 5
"""Every fifth camera, by its name, is kept for measuring: split by place, never by picture."""
NOTE = "pictures of this site's own cameras, labelled by verdicts on its cases; not for publication"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import: the set, and how many cases gave nothing, by reason."""

    pictures: PictureSet
    added: int
    skipped: Mapping[str, int]


def import_verdicts(
    book: BookFile,
    evidence: Path,
    out: Path,
    *,
    site: str,
    classes: Mapping[str, str] = CLASS_OF,
    other_reasons: Sequence[str] = OTHER_REASONS,
) -> Imported:
    """Add the pictures of all decided cases to the set in `out`; a case that is there already is taken anew.

    Args:
        book: the case book.
        evidence: folder of the evidence store.
        out: folder of the set; begun when there is none.
        site: id of the site, for the pictures' source.
        classes: category → class.
        other_reasons: a rejection whose reason holds one of these (in any case) is no verdict on the thing.

    Raises:
        DatasetError: what is in `out` is no set.
        OSError: `out` cannot be written.
    """
    before = read_set(out).pictures if (out / ABOUT).exists() else ()
    (out / IMAGES).mkdir(parents=True, exist_ok=True)
    skipped: Counter[str] = Counter()
    taken: dict[str, list[Picture]] = {}
    for case, said in _judgements(book):
        lesson = _lesson(case, said, classes, other_reasons)
        if isinstance(lesson, str):
            skipped[lesson] += 1
            continue
        rows = _pictures(case, lesson, book, evidence, out, f"{site}/{case.camera_id}")
        if not rows:
            skipped["no picture left"] += 1
            continue
        taken[case.case_id] = rows
    kept = [one for one in before if one.case_id not in taken]
    added = [one for rows in taken.values() for one in rows]
    return Imported(write_set(out, f"verdicts of {site}", NOTE, (*kept, *added)), len(added), skipped)


def split_of(camera_id: str) -> Split:
    """Which split all pictures of a camera are in, today and in ten years."""
    digest = hashlib.sha256(camera_id.encode()).digest()
    return "val" if digest[0] % VAL_SHARE == 0 else "train"


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What a verdict says of the thing in the box: the class that it is, and the one that it is not."""

    there: str | None
    absent: str | None
    box: Box | None
    reason: str | None
    by: str | None


def _judgements(book: BookFile) -> list[tuple[CaseRow, Decision | OperatorVerdict]]:
    """Every case on which somebody has decided, with what counts, oldest first."""
    found: dict[str, tuple[CaseRow, Decision | OperatorVerdict]] = {
        case.case_id: (case, decision) for case, decision in book.decisions()
    }
    by_case: dict[str, list[OperatorVerdict]] = defaultdict(list)
    for verdict in book.verdicts():
        by_case[verdict.case_id].append(verdict)
    for case_id, verdicts in by_case.items():
        last, case = in_force(verdicts), book.case(case_id)
        if last is not None and case is not None:
            found[case_id] = (case, last)
    return sorted(found.values(), key=lambda pair: pair[0].found)


def _lesson(
    case: CaseRow, said: Decision | OperatorVerdict, classes: Mapping[str, str], other_reasons: Sequence[str]
) -> _Lesson | str:
    """What is to be learnt, or why nothing is."""
    name, reason = classes.get(case.category), said.reason
    if isinstance(said, OperatorVerdict):
        if said.verdict == "unsure":
            return "the operator was not sure"
        if said.verdict == "wrong_category":
            should = classes.get(said.category or "")
            if should is None and name is None:
                return "no class for its category"
            wrong = name if name != should else None
            return _Lesson(should, wrong, said.box, reason or f"not {case.category}", said.by)
        confirmed, box = said.verdict == "true", said.box
    else:
        confirmed, box = said.kind in CONFIRMING, None
    if name is None:
        return "no class for its category"
    other = isinstance(said, OperatorVerdict) and said.verdict == "duplicate"
    if not confirmed and (other or any(part.casefold() in (reason or "").casefold() for part in other_reasons)):
        return "rejected for a reason that says nothing about the thing"
    return _Lesson(name if confirmed else None, None if confirmed else name, box, reason, said.by)


def _pictures(case: CaseRow, lesson: _Lesson, book: BookFile, evidence: Path, out: Path, source: str) -> list[Picture]:
    incidents = book.incidents_of(case.case_id)
    box = _clipped(lesson.box or incidents[0].box) if lesson.box or incidents else None
    taken = []
    for role in ("after", "before") if lesson.there is not None else ("after",):
        found = sorted(evidence.glob(f"*/{case.camera_id}/{case.case_id}/{case.opening_event}-{role}.jpg"))
        if not found or box is None:
            continue
        file = f"{case.case_id}-{role}.jpg"
        shutil.copyfile(found[-1], out / IMAGES / file)
        there = [lesson.there] if role == "after" and lesson.there is not None else []
        absent = [lesson.absent] if role == "after" else [lesson.there]
        taken.append(
            Picture(
                file=file,
                sha256=hashlib.sha256((out / IMAGES / file).read_bytes()).hexdigest(),
                source=source,
                licence="private",
                split=split_of(case.camera_id),
                boxes=tuple(Labelled(name=name, box=box) for name in there),
                absent=tuple(Labelled(name=name, box=box) for name in absent if name is not None),
                verdict="confirmed" if lesson.there is not None else "rejected",
                reason=lesson.reason,
                by=lesson.by,
                case_id=case.case_id,
                taken_at=datetime.fromtimestamp(case.opened if role == "before" else case.found, UTC),
            )
        )
    return taken


def _clipped(box: Box) -> Box | None:
    x1, y1, x2, y2 = (min(1.0, max(0.0, side)) for side in box)
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None
