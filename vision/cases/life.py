"""The life of a case: what each report about an incident makes of its case.

    opened ─▶ updated … ─▶ cleared ─▶ reinstalled ─▶ …
       └──────────┴──▶ withdrawn, rejected            (the end, unless the centre changes its mind)

A case may hold several incidents (vision/cases/joining.py). It is cleared when the last of them is; what happens to one
of them before that is an `updated` of the case, so that nothing that was merged is lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from vision.rules import IncidentKind, Reason

EventKind = Literal["opened", "updated", "cleared", "reinstalled", "withdrawn"]
IncidentState = Literal["open", "cleared", "withdrawn", "replaced"]
"""`replaced`: its rule has forgotten it, after a loss of its state, and has found the same thing anew."""
CaseState = Literal["open", "cleared", "withdrawn", "rejected"]


@dataclass(frozen=True, slots=True)
class Step:
    """What a report changes.

    Attributes:
        case_id: the case that the incident belongs to.
        kind: of the event to be sent; None: the change is noted, and nobody is told.
        incident_state, case_state: after it.
        why: what the book adds to the rule's reasons.
        supersedes: the event that this one corrects, or the case that it continues.
        replaces: the incident in whose place this one stands.
        joined: how a further incident came to its case, for the counters; None otherwise.
        answers: the centre's request that this report answers.
    """

    case_id: str
    kind: EventKind | None
    incident_state: IncidentState = "open"
    case_state: CaseState = "open"
    why: tuple[Reason, ...] = ()
    supersedes: str | None = None
    replaces: str | None = None
    joined: Literal["same_place", "aggregated", "similar_case", "rejected_before"] | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a report makes no event: a word for the log and the counters."""

    reason: Literal["not_new", "not_open", "withdrawn", "rejected"]


def next_step(
    kind: IncidentKind,
    incident: IncidentState,
    others: Collection[IncidentState],
    case_id: str,
    case: CaseState,
    *,
    closed_by_centre: bool,
    opening_event: str,
) -> Step | Refusal:
    """What a further report about a known incident makes of its case.

    Args:
        kind: what the rule reports.
        incident: the incident's state so far; `others`: those of the case's other incidents.
        case: the case's state so far.
        closed_by_centre: whether the centre has closed it since it was last opened.
        opening_event: the event that opened it, which a withdrawal corrects.
    """
    if kind is IncidentKind.OPENED:
        return Refusal("not_new")
    if incident == "withdrawn":
        return Refusal("withdrawn")
    if incident == "replaced":
        return Refusal("not_open")
    if kind is IncidentKind.REINSTALLED:
        return _reinstalled(incident, case_id, case, closed_by_centre)
    if incident != "open":
        return Refusal("not_open")
    if kind is IncidentKind.UPDATED:
        return Step(case_id, "updated") if case == "open" else Refusal("rejected" if case == "rejected" else "not_open")
    ending: Literal["cleared", "withdrawn"] = "cleared" if kind is IncidentKind.CLEARED else "withdrawn"
    if case == "rejected":
        return Step(case_id, None, ending, "rejected")
    standing = sum(state == "open" for state in others)
    if standing:
        return Step(case_id, "updated", ending, why=(Reason(f"incident_{ending}", float(standing), 0.0),))
    if ending == "withdrawn" and "cleared" not in others:
        return Step(case_id, "withdrawn", "withdrawn", "withdrawn", supersedes=opening_event)
    return Step(case_id, "cleared", ending, "cleared")


def _reinstalled(incident: IncidentState, case_id: str, case: CaseState, closed_by_centre: bool) -> Step | Refusal:
    """What was gone stands there again; a rejection held for as long as the first thing stood."""
    if incident == "open" and not closed_by_centre:
        return Refusal("rejected" if case == "rejected" else "not_open")
    if case == "open" and not closed_by_centre:
        return Step(case_id, "updated", why=(Reason("incident_reinstalled", 1.0, 0.0),))
    return Step(case_id, "reinstalled")


def state_after_answer(answer: str, case: CaseState, standing: bool) -> CaseState:
    """The case's state after a decision of the centre; what it has closed stays open here until the place is clean."""
    if answer == "rejected" and case == "open":
        return "rejected"
    if answer == "accepted" and case == "rejected":  # an appeal was granted
        return "open" if standing else "cleared"
    return case
