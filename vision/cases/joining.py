"""One incident is one case: when a further find belongs to a case that is open already.

- `same_place`: on the same spot of the same camera. A heap that grows is one case; so is a thing that its rule finds
  anew after a loss of its state, or that stands in two zones.
- `aggregated`: anywhere in the zone, within the rule's `aggregate` of the case's first find. Off unless asked for: two
  heaps put down by two people some minutes apart are two cases, and hiding one of them is worse than telling both. The
  time counts from the first find, so that a busy corner does not keep one case open all day.
- `similar_case`: the city's rule, 50 m and 24 h and the same category, across cameras. Off unless asked for: two
  cameras on one pole that look up and down the street see different heaps. `cases.views` names those that share a
  view. What one camera tells apart stays apart.
- `rejected_before`: on the spot of something that the centre has rejected and that still stands there.
"""

from __future__ import annotations

import math

from vision.cases.book_file import BookFile, CaseRow, IncidentRow
from vision.cases.life import Step
from vision.config import Camera, CaseSettings, RuleSettings
from vision.rules import Incident, Reason
from vision.scene.geometry import area, intersection, iou

SAME_PLACE = 0.5
"""Share of the smaller box that two finds of one spot have in common."""
SAME_THING_IOU = 0.5
"""A rule never reports one box twice while it knows it: where it does, it has forgotten the first. Goods before a stall
join its case and leave it in it."""
REJECTED_FOR_S = 24 * 3600.0
"""A rule that has lost its state finds what it knew within minutes. A find on a rejected spot later than this after the
rejection may well be another thing: better told twice than missed."""
SAME_EARTH = ("WGS84", "CGCS2000")
"""Reference systems that differ by decimetres; any other pair is not compared."""


def first_step(incident: Incident, camera: Camera, book: BookFile, cases: CaseSettings) -> Step:
    """What the first report of an incident makes: a case of its own, or a further find of an open one."""
    own = Step(incident.incident_id, "opened")
    for other in book.standing(camera.id, incident.category):
        overlap = _overlap(incident, other)
        case = book.case(other.case_id) if overlap >= SAME_PLACE else None
        if case is None:
            continue
        same = other.zone_id == incident.zone_id and iou(other.box, incident.box) >= SAME_THING_IOU
        replaced = other.incident_id if same else None
        if case.state == "open" and not case.closed_by_centre:
            why = (Reason("same_place", round(overlap, 3), SAME_PLACE),)
            return Step(case.case_id, "updated", why=why, replaces=replaced, joined="same_place")
        if case.state == "rejected" and incident.detected - (case.answered or 0.0) <= REJECTED_FOR_S:
            return Step(case.case_id, None, "open", "rejected", replaces=replaced, joined="rejected_before")
        if case.closed_by_centre:
            own = Step(incident.incident_id, "opened", supersedes=case.case_id, replaces=replaced)
    return _aggregated(incident, camera, book) or _similar(incident, camera, book, cases) or own


def rule_settings(incident: Incident, camera: Camera) -> RuleSettings | None:
    """The settings of the rule that reported it; None when the configuration no longer has that rule or zone."""
    rules = (rule for zone in camera.zones if zone.id == incident.zone_id for rule in zone.rules)
    return next((rule for rule in rules if rule.rule == incident.category), None)


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance in metres (haversine, mean earth radius 6,371 km); degrees in."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


def _aggregated(incident: Incident, camera: Camera, book: BookFile) -> Step | None:
    settings = rule_settings(incident, camera)
    window = settings.aggregate if settings is not None else 0.0
    for case in _open_cases(incident, book, incident.detected - window, incident.detected) if window else ():
        since = incident.detected - case.found
        if case.camera_id == camera.id and case.zone_id == incident.zone_id and since < window:
            why = (Reason("aggregated", round(since, 1), window),)
            return Step(case.case_id, "updated", why=why, joined="aggregated")
    return None


def _similar(incident: Incident, camera: Camera, book: BookFile, cases: CaseSettings) -> Step | None:
    """The case found nearest in time; a case that holds a find of this very camera is of another thing."""
    if not cases.similar:
        return None
    now, within = incident.detected, cases.similar_within
    for case in sorted(_open_cases(incident, book, now - within, now + within), key=lambda c: abs(now - c.found)):
        away = _away_m(case, camera)
        if away is None or away > cases.similar_distance:
            continue
        if all(cases.may_share(camera.id, other.camera_id) for other in book.incidents_of(case.case_id)):
            why = (Reason("similar_case", round(away, 1), cases.similar_distance),)
            return Step(case.case_id, "updated", why=why, joined="similar_case")
    return None


def _open_cases(incident: Incident, book: BookFile, since: float, until: float) -> list[CaseRow]:
    return [case for case in book.open_cases(incident.category, since, until) if not case.closed_by_centre]


def _away_m(case: CaseRow, camera: Camera) -> float | None:
    """Metres between the case's camera and this one; None when it cannot be told."""
    here = camera.location
    if case.lat is None or case.lon is None or here.lat is None or here.lon is None:
        return None
    if case.crs != here.crs and not {case.crs, here.crs} <= set(SAME_EARTH):
        return None
    return distance_m(case.lat, case.lon, here.lat, here.lon)


def _overlap(incident: Incident, other: IncidentRow) -> float:
    smaller = min(area(incident.box), area(other.box))
    return intersection(incident.box, other.box) / smaller if smaller > 0 else 0.0
