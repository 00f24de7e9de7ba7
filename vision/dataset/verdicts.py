"""From verdicts to pictures: what the centre confirmed becomes a label, what it rejected a hard negative.

Of a confirmed case the picture with the thing (`after`) and the one of the place without it (`before`) are taken, of a
rejected one the picture of what was no such thing; as they were stored, with their masks. A case without a verdict,
rejected for a reason that says nothing about the thing, or whose evidence is gone, teaches nothing and is counted.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vision.cases.book_file import BookFile, CaseRow, Decision
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
    for case, decision in book.decisions():
        name = classes.get(case.category)
        if name is None:
            skipped["no class for its category"] += 1
            continue
        reason = (decision.reason or "").casefold()
        if decision.kind not in CONFIRMING and any(part.casefold() in reason for part in other_reasons):
            skipped["rejected for a reason that says nothing about the thing"] += 1
            continue
        rows = _pictures(case, decision, book, evidence, out, f"{site}/{case.camera_id}", name)
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


def _pictures(
    case: CaseRow, decision: Decision, book: BookFile, evidence: Path, out: Path, source: str, name: str
) -> list[Picture]:
    incidents = book.incidents_of(case.case_id)
    box = _clipped(incidents[0].box) if incidents else None
    confirmed = decision.kind in CONFIRMING
    taken = []
    for role in ("after", "before") if confirmed else ("after",):
        found = sorted(evidence.glob(f"*/{case.camera_id}/{case.case_id}/{case.opening_event}-{role}.jpg"))
        if not found or box is None:
            continue
        file = f"{case.case_id}-{role}.jpg"
        shutil.copyfile(found[-1], out / IMAGES / file)
        there = confirmed and role == "after"
        here = (Labelled(name=name, box=box),)
        taken.append(
            Picture(
                file=file,
                sha256=hashlib.sha256((out / IMAGES / file).read_bytes()).hexdigest(),
                source=source,
                licence="private",
                split=split_of(case.camera_id),
                boxes=here if there else (),
                absent=() if there else here,
                verdict="confirmed" if confirmed else "rejected",
                reason=decision.reason,
                by=decision.by,
                case_id=case.case_id,
                taken_at=datetime.fromtimestamp(case.opened if role == "before" else case.found, UTC),
            )
        )
    return taken


def _clipped(box: Box) -> Box | None:
    x1, y1, x2, y2 = (min(1.0, max(0.0, side)) for side in box)
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None
