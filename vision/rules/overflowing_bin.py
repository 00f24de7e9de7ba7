"""Overflowing bins (垃圾箱满溢): waste over the rim of a bin or beside it, that stays.

A bin stands for years: where one has been seen is kept. Waste that keeps being seen at it for the dwell time is a case;
the bin emptied and the place clean again, it is cleared. A bag that is put in a moment later is none.

Not seen yet: a bin that is full to the rim with nothing over it; the model does not tell full bins from others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from vision.config import Duration, RuleSettings, Zone
from vision.detect import Detections, Role
from vision.rules.incident import Incident, IncidentKind, Reason
from vision.rules.rule import ZoneRule, fits, in_zone
from vision.scene import Place, SceneState
from vision.scene.geometry import covered_share, gap, hull, iou
from vision.sources import Box

BIN_NAMES = ("bin", "trash can", "garbage bin")
"""What models call a bin; its role, a fixture, is that of benches and plants, too."""
SAME_BIN_IOU = 0.5
LEAST_SEEN = 4  # looks, before a bin counts as one
BESIDE_HEIGHTS = 0.25
"""Waste belongs to a bin within this share of the bin's height: 25 cm at a kerbside bin of 1 m."""
RIM = 0.35
"""Waste that lies within the bin's box and begins lower than this share of its height is the bin's own front."""
PRESENT_SHARE = 0.6
"""Share of the last looks, those that nobody blocked, at which the model must have seen the waste."""
FORGET_S, MOST_BINS = 86400.0, 16
"""A bin that is not seen for a day has been taken away; a zone has a few."""


class BinSettings(RuleSettings):
    """Settings of `overflowing_bin` in one zone."""

    rule: Literal["overflowing_bin"] = "overflowing_bin"
    dwell: Duration = Field(
        300.0, ge=1, le=86400, description="How long waste must lie there: who tidies up has done it by then."
    )
    clear_after: Duration = Field(60.0, ge=1, le=86400, description="How long without waste counts as emptied.")
    min_area: float = Field(0.0004, ge=0, le=1, description="Smallest bin, share of the picture (see size_of).")
    max_area: float = Field(0.08, ge=0, le=1, description="Largest bin; street-n's false ones are larger than 0.09.")
    min_score: float = Field(0.4, ge=0, le=1, description="Least score of the bin, and median score of the waste.")


@dataclass(slots=True)
class _Bin:
    """A bin, and since when (UNIX seconds of media time) waste has lain at it; None while it is clean."""

    box: Box
    last_seen: float
    seen: int = 1
    incident_id: str | None = None
    full_since: float | None = None
    last_full: float = 0.0
    confidence: float = 0.0


class OverflowingBin(ZoneRule[BinSettings]):
    """The rule in one zone of one camera; see `vision.rules.rule.Rule`."""

    category: ClassVar[str] = "overflowing_bin"
    settings_type: ClassVar[type[RuleSettings]] = BinSettings

    def __init__(self, zone: Zone, settings: BinSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(zone, settings, local)
        self._bins: list[_Bin] = []

    def update(self, scene: SceneState) -> list[Incident]:
        """Learn where bins stand, gather the waste at each, report what overflows and what was emptied."""
        if scene.detections is None:
            return []
        self._learn_bins(scene.detections, scene.time)
        reports = []
        for one in self._bins:
            waste = [p for p in scene.places if p.role is Role.WASTE and _at(p.box, one.box, scene.aspect)]
            reports.append((self._emptied if one.incident_id else self._overflows)(one, waste, scene))
        return [report for report in reports if report is not None]

    def save(self) -> dict[str, Any]:
        return {"bins": [asdict(one) for one in self._bins]}

    def load(self, state: dict[str, Any]) -> None:
        # The time away proves nothing: that a place is clean counts from the first look after it.
        self._bins = [_Bin(**{**one, "box": tuple(one["box"]), "last_full": 0.0}) for one in state.get("bins", [])]

    def _learn_bins(self, seen: Detections, time: float) -> None:
        for (x1, y1, x2, y2), score, name in zip(seen.boxes.tolist(), seen.scores, seen.names, strict=True):
            box = (x1, y1, x2, y2)
            if name not in BIN_NAMES or score < self._settings.min_score:
                continue
            known = next((one for one in self._bins if iou(one.box, box) > SAME_BIN_IOU), None)
            if known is not None:
                known.box, known.last_seen, known.seen = box, time, known.seen + 1
            elif in_zone(self._zone, box) and fits(self._settings, box, self._zone) and len(self._bins) < MOST_BINS:
                self._bins.append(_Bin(box, time))
        self._bins = [one for one in self._bins if one.incident_id or time - one.last_seen < FORGET_S]

    def _overflows(self, one: _Bin, waste: list[Place], scene: SceneState) -> Incident | None:
        lying = [p for p in waste if p.present_share >= PRESENT_SHARE and p.score >= self._settings.min_score]
        if not any(place.present_share > 0 for place in waste):
            one.full_since = None
        if not lying or one.seen < LEAST_SEEN:
            return None
        one.full_since = one.full_since or scene.time
        one.last_full, most = scene.time, max(lying, key=lambda place: place.score)
        lain_for = max(place.last_seen for place in lying) - one.full_since
        if lain_for < self._settings.dwell or not self._on_duty(scene):
            return None
        one.confidence = round(min(0.95, 0.4 + 0.5 * most.score), 3)
        one.incident_id = self._new_id(scene, one.full_since, most.place_id)
        why = (
            Reason("waste_at_bin_s", round(lain_for, 1), self._settings.dwell),
            Reason("waste_seen_share", round(most.present_share, 2), PRESENT_SHARE),
            Reason("waste_score", round(most.score, 2), self._settings.min_score),
        )
        return self._incident(
            IncidentKind.OPENED, scene, one.incident_id, hull(one.box, most.box), one.full_since, one.confidence, why,
            dwell=lain_for, subcategory="bin",
        )  # fmt: skip

    def _emptied(self, one: _Bin, waste: list[Place], scene: SceneState) -> Incident | None:
        if one.last_full == 0.0 or any(place.present_share > 0 for place in waste):
            one.last_full = scene.time
        clean_for = scene.time - one.last_full
        if one.incident_id is None or one.full_since is None or clean_for < self._settings.clear_after:
            return None
        why = (Reason("bin_clean_s", round(clean_for, 1), self._settings.clear_after),)
        report = self._incident(
            IncidentKind.CLEARED, scene, one.incident_id, one.box, one.full_since, one.confidence, why,
            dwell=one.last_full - one.full_since, subcategory="bin", ended=one.last_full,
        )  # fmt: skip
        one.incident_id = one.full_since = None
        return report


def _at(waste: Box, bin_box: Box, aspect: float) -> bool:
    """Whether waste lies over the rim of a bin or beside it, and is not the bin itself or its front."""
    height = bin_box[3] - bin_box[1]
    is_front = covered_share(waste, bin_box) > 0.9 and waste[1] > bin_box[1] + RIM * height
    is_bin = iou(waste, bin_box) > SAME_BIN_IOU
    return not is_front and not is_bin and gap(waste, bin_box, aspect) <= BESIDE_HEIGHTS * height
