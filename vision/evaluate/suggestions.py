"""Settings that past verdicts speak for: 'dwell 45 s would have dropped 6 of 7 false alarms and no true one'.

Computed from what each case says of itself, without any replay: the values in its reasons, its box, and for how long
its thing stood in the end. A rule reports as soon as the dwell is over, so that the reason of a case never says more
than the dwell; what a longer one would have dropped shows only from when the place was clean again. A case whose end
nobody knows is taken to stand for ever, which proposes rather too little than too much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vision.cases import CaseEvent
from vision.config import Zone, format_duration
from vision.scene.geometry import area
from vision.sources import Box

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "illegal_dumping": {"left_behind_s": "dwell", "waste_present_s": "pile_after", "score": "min_score"},
    "street_vending": {
        "stall_attended_s": "dwell",
        "stall_score": "min_score",
        "new_stall_score": "min_score_new",
    },
    "ground_lock": {"lock_present_s": "dwell", "lock_score": "min_score", "new_lock_score": "min_score_new"},
    "overflowing_bin": {"waste_at_bin_s": "dwell", "waste_score": "min_score"},
    "camera_health": {"problem_lasted_s": "dwell"},
}
"""Rule → condition of its reasons → the parameter that it compares with; a case is kept while its value is not less."""
LEAST_DROPPED = 2
"""False alarms that a value must drop to be worth a proposal: one is chance. And there must be a true case that it
keeps: of a place that has only ever given false alarms, nobody can say what it would cost."""
LONGEST = 24 * 3600.0
_STEPS = {"dwell": (300.0, 60.0, 15.0, 5.0, 1.0), "score": (0.05, 0.01), "area": (0.001, 0.0005, 0.0001, 0.00001)}
"""Round values that people would write, coarse ones first."""


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """A past case with its verdict.

    Attributes:
        category: the rule that reported it.
        true: whether it was one.
        why: value of each condition when it was reported.
        detected, ended: UNIX seconds; `ended` None when nobody knows when the place was clean again.
    """

    case_id: str
    zone_id: str
    category: str
    true: bool
    why: Mapping[str, float]
    box: Box
    detected: float
    ended: float | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value that would have dropped false alarms and no true case.

    Attributes:
        now: the value in force; `value`: the one proposed. Seconds, scores or shares, as the parameter has it.
        drops_false, of_false: false alarms it would have dropped, of those that the value in force lets through.
        drops_true, of_true: the same of true cases; `drops_true` is 0.
        text: for people, by language.
    """

    zone: str
    rule: str
    parameter: str
    now: float
    value: float
    drops_false: int
    drops_true: int
    of_false: int
    of_true: int
    text: Mapping[str, str]


def judged_cases(events: Iterable[CaseEvent], verdicts: Mapping[str, bool]) -> list[JudgedCase]:
    """The cases with a verdict, from their events (any order of cases, each case's oldest first).

    Args:
        verdicts: case_id → whether it was one.
    """
    first: dict[str, CaseEvent] = {}
    ended: dict[str, float] = {}
    for event in events:
        if event.case_id not in verdicts:
            continue
        if event.kind == "opened":
            first[event.case_id] = event
        elif event.kind == "cleared":
            ended[event.case_id] = event.occurred_at.timestamp() + event.dwell_s
        elif event.kind == "reinstalled":
            ended.pop(event.case_id, None)
    return [
        JudgedCase(
            case_id, event.zone_id, event.category, verdicts[case_id],
            {why.condition: why.value for why in event.why}, event.bbox, event.detected_at.timestamp(),
            ended.get(case_id),
        )
        for case_id, event in first.items()
    ]  # fmt: skip


def suggestions(zones: Sequence[Zone], cases: Sequence[JudgedCase]) -> list[Suggestion]:
    """What past verdicts propose for the rules of a camera's zones, what drops most false alarms first.

    Only the values in force are looked at: cases that they would not report any more do not count.
    """
    found = []
    for zone in zones:
        for rule in zone.rules:
            own = [case for case in cases if (case.zone_id, case.category) == (zone.id, rule.rule)]
            present = [case for case in own if _passes(case, zone, rule.rule)]
            for parameter in dict.fromkeys((*PARAMETERS.get(rule.rule, {}).values(), "min_area", "max_area")):
                now = float(getattr(rule, parameter))
                one = _suggestion(zone, rule.rule, parameter, now, present)
                found += [one] if one is not None else []
    return sorted(found, key=lambda one: (-one.drops_false, one.zone, one.rule, one.parameter))


def _suggestion(zone: Zone, rule: str, parameter: str, now: float, cases: Sequence[JudgedCase]) -> Suggestion | None:
    sign = -1.0 if parameter == "max_area" else 1.0  # so that a case is dropped when its value is less
    values = [(case, _value(case, zone, rule, parameter)) for case in cases]
    known = [(case, sign * value) for case, value in values if value is not None]
    true = [value for case, value in known if case.true]
    false = [value for case, value in known if not case.true]
    least_true = min(true, default=math.inf)
    below = [value for value in false if value < least_true]
    if len(below) < LEAST_DROPPED or not true:
        return None
    value = _between(max(below), least_true, sign, parameter)
    if value is None or sign * value <= sign * now:
        return None
    dropped = sum(one < sign * value for one in false)
    of_false, of_true = sum(not case.true for case in cases), sum(case.true for case in cases)
    text = _text(zone.id, rule, parameter, value, dropped, of_false, of_true)
    return Suggestion(zone.id, rule, parameter, now, value, dropped, 0, of_false, of_true, text)


def _between(above: float, least: float, sign: float, parameter: str) -> float | None:
    """The roundest value greater than `above` and at most `least`, nearest to `above`; both are times `sign`."""
    kind = "score" if "score" in parameter else "area" if "area" in parameter else "dwell"
    highest = LONGEST if kind == "dwell" else 1.0
    for step in _STEPS[kind]:
        times = math.floor(above / step + 1e-9) + 1
        value = round(sign * times * step, 6)
        if sign * value <= least and 0 <= value <= highest and sign * value > above:
            return value
    return None


def _value(case: JudgedCase, zone: Zone, rule: str, parameter: str) -> float | None:
    """What the parameter would have been compared with for this case; None when its reasons say nothing of that.

    Infinite where no value would have dropped it: what scores enough by itself needs nothing new in its place.
    """
    settings = next(one for one in zone.rules if one.rule == rule)
    if parameter in ("min_area", "max_area"):
        return area(case.box) / zone.polygon.area if settings.size_of == "zone" else area(case.box)
    for condition, name in PARAMETERS[rule].items():
        if name != parameter or condition not in case.why:
            continue
        value = case.why[condition]
        if parameter == "min_score_new" and value >= float(settings.min_score):
            return math.inf
        if not condition.endswith("_s"):
            return value
        return math.inf if case.ended is None else value + max(0.0, case.ended - case.detected)
    return None


def _passes(case: JudgedCase, zone: Zone, rule: str) -> bool:
    """Whether the values in force would still report a case."""
    settings = next(one for one in zone.rules if one.rule == rule)
    for parameter in {*PARAMETERS.get(rule, {}).values(), "min_area"}:
        value = _value(case, zone, rule, parameter)
        if value is not None and value < float(getattr(settings, parameter)):
            return False
    largest = _value(case, zone, rule, "max_area")
    return largest is None or largest <= settings.max_area


def _text(
    zone: str, rule: str, parameter: str, value: float, dropped: int, of_false: int, of_true: int
) -> dict[str, str]:
    shown = f"{value:g}" if "score" in parameter or "area" in parameter else format_duration(value)
    chinese = f"{parameter} 设为 {shown}，{of_false} 个误报可减少 {dropped} 个，{of_true} 个真实案件一个不漏"
    english = f"would have dropped {dropped} of {of_false} false alarms and none of {of_true} true ones"
    return {"zh": f"{zone} {rule}：{chinese}", "en": f"{zone} {rule}: {parameter} {shown} {english}"}
