"""What a verdict of an operator makes of its case.

A ruling is computed from the book alone, and the ids of its events from the verdict's own: applied a second time, after
a crash between outbox and book, it is the same, and a consumer that drops the `event_id`s it has seen notices nothing.

| verdict | case waits for review | case was told |
|---|---|---|
| true | its events are sent | – (a rejected one is `reinstalled`) |
| wrong_category | its events are sent, corrected | `updated`, corrected |
| false, duplicate | its events are dropped, it is rejected | `withdrawn`, it is rejected |
| undo | waits again, unless something was sent | the opposite is told: `reinstalled`, `updated` |
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from vision.cases.book_file import BookFile, CaseRow
from vision.cases.drafting import BookSettings, corrected, follow_up
from vision.cases.event import CaseEvent
from vision.cases.inbox import OperatorVerdict
from vision.cases.life import EventKind
from vision.rules.rule import new_incident_id

Hold = Literal["leave", "release", "drop", "restore", "hold"]
_NEGATIVE = ("false", "duplicate")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is to be done in the outbox, and then in the book.

    Attributes:
        case: as it is afterwards; None when nothing changes, or the case is not known.
        hold: what becomes of events that wait. `restore`: those that were dropped wait again; `hold`: those that were
            released wait again if none was sent.
        waiting: events of the case's present round, oldest first, as they are to be sent or held.
        events: further ones, made by the verdict; they wait where the case does.
        answer: to be noted as rejected, with this reason.
        effect: what it did, as plain JSON values, for a later undo.
        otherwise: what holds instead when `hold: hold` comes too late.
    """

    verdict: OperatorVerdict
    case: CaseRow | None = None
    hold: Hold = "leave"
    waiting: tuple[CaseEvent, ...] = ()
    events: tuple[CaseEvent, ...] = ()
    answer: str | None = None
    effect: dict[str, Any] | None = None
    otherwise: Ruling | None = None


def rule_on(verdict: OperatorVerdict, book: BookFile, settings: BookSettings) -> Ruling:
    """The ruling on a verdict that waits."""
    case = book.case(verdict.case_id)
    if case is None:
        return Ruling(verdict, effect={"did": "unknown_case"})
    if verdict.verdict == "undo":
        return _undone(verdict, case, book, settings)
    if _taken_back_meanwhile(verdict, book):
        return Ruling(verdict, effect={"did": "nothing"})
    if verdict.verdict in _NEGATIVE:
        return _rejected(verdict, case, book, settings)
    if verdict.verdict in ("true", "wrong_category"):
        return _confirmed(verdict, case, book, settings)
    return Ruling(verdict, effect={"did": "nothing"})


def _rejected(verdict: OperatorVerdict, case: CaseRow, book: BookFile, settings: BookSettings) -> Ruling:
    reason = verdict.reason or (f"duplicate of {verdict.duplicate_of}" if verdict.verdict == "duplicate" else "false")
    if case.state == "rejected" or (case.state == "withdrawn" and not case.held):
        return Ruling(verdict, effect={"did": "nothing"})
    after = replace(case, state="rejected", answer="rejected", answered=verdict.at)
    before = {"answer": case.answer, "answered": case.answered}
    if case.held:
        return Ruling(verdict, after, "drop", answer=reason, effect={"did": "dropped"} | before)
    condition = "operator_duplicate" if verdict.verdict == "duplicate" else "operator_rejected"
    event = _event(verdict, case, "withdrawn", condition, case.opening_event, book, settings)
    after = replace(after, last_event=event.event_id)
    return Ruling(verdict, after, events=(event,), answer=reason, effect={"did": "withdrawn"} | before)


def _confirmed(verdict: OperatorVerdict, case: CaseRow, book: BookFile, settings: BookSettings) -> Ruling:
    category = verdict.category if verdict.verdict == "wrong_category" else case.told_as
    after = replace(case, told_as=category)
    effect: dict[str, Any] = {"told_as": case.told_as}
    if case.held:
        waiting = [_corrected(event, category, settings) for event in round_of(case, book)]
        after, more = _standing_again(verdict, after, book, settings)
        return Ruling(
            verdict, replace(after, held=False), "release", tuple(waiting), more, effect=effect | {"did": "released"}
        )
    if case.state == "rejected" and (last := _last(case.case_id, book, "withdrawn")) is not None:
        after, more = _standing_again(verdict, after, book, settings)
        return Ruling(
            verdict, after, events=(_back(verdict, after, last, book, settings), *more),
            effect=effect | {"did": "restored"},
        )  # fmt: skip
    if case.state in ("open", "cleared") and category != (case.told_as or case.category):
        event = _event(verdict, after, "updated", "operator_wrong_category", case.opening_event, book, settings)
        return Ruling(
            verdict, replace(after, last_event=event.event_id), events=(event,), effect=effect | {"did": "corrected"}
        )
    return Ruling(verdict, effect={"did": "nothing"})


def _undone(verdict: OperatorVerdict, case: CaseRow, book: BookFile, settings: BookSettings) -> Ruling:
    """The last verdict taken back: what was not sent waits again, what was sent is told otherwise."""
    last = undone_by(verdict, book)
    did = last[1].get("did") if last is not None else None
    if last is None or did in (None, "nothing", "unknown_case"):
        return Ruling(verdict, effect={"did": "nothing"})
    effect = last[1]
    if did == "dropped":
        after = replace(case, answer=effect.get("answer"), answered=effect.get("answered"))
        after, more = _standing_again(verdict, after, book, settings)
        waiting = [_corrected(event, after.told_as, settings) for event in round_of(case, book)]
        return Ruling(verdict, after, "restore", tuple(waiting), more, effect={"did": "nothing"})
    if did == "restored":
        event = _event(verdict, case, "withdrawn", "operator_undo", case.opening_event, book, settings)
        after = replace(
            case, state="rejected", answer="rejected", answered=verdict.at, last_event=event.event_id,
            told_as=effect.get("told_as"),
        )  # fmt: skip
        return Ruling(verdict, after, events=(event,), effect={"did": "nothing"})
    if did == "withdrawn":
        after = replace(case, answer=effect.get("answer"), answered=effect.get("answered"))
        gone = _last(case.case_id, book, "withdrawn") or case.opening_event
        after, more = _standing_again(verdict, after, book, settings)
        return Ruling(
            verdict, after, events=(_back(verdict, after, gone, book, settings), *more), effect={"did": "nothing"}
        )
    before = replace(case, told_as=effect.get("told_as"))
    corrects = before.told_as != case.told_as
    told = Ruling(verdict, effect={"did": "too_late"})
    if corrects and case.state in ("open", "cleared"):
        event = _event(verdict, before, "updated", "operator_undo", case.last_event, book, settings)
        told = Ruling(verdict, replace(before, last_event=event.event_id), events=(event,), effect={"did": "nothing"})
    if did == "corrected":
        return told
    waiting = [_corrected(event, before.told_as, settings) for event in round_of(case, book)]
    held = replace(before, held=True)
    return Ruling(verdict, held, "hold", tuple(waiting), effect={"did": "nothing"}, otherwise=told)


def undone_by(undo: OperatorVerdict, book: BookFile) -> tuple[OperatorVerdict, dict[str, Any]] | None:
    """The verdict that an undo takes back, with what it did; None when there is none left."""
    stack: list[tuple[OperatorVerdict, dict[str, Any]]] = []
    for verdict, effect in book.verdicts_of(undo.case_id):
        if verdict.verdict_id == undo.verdict_id:
            return stack[-1] if stack else None
        if verdict.verdict != "undo":
            stack.append((verdict, effect or {}))
        elif stack:
            stack.pop()
    return None


def in_force(verdicts: Iterable[OperatorVerdict]) -> OperatorVerdict | None:
    """The verdict of one case that counts: the last that was not taken back. `verdicts`: oldest first."""
    stack: list[OperatorVerdict] = []
    for verdict in verdicts:
        if verdict.verdict != "undo":
            stack.append(verdict)
        elif stack:
            stack.pop()
    return stack[-1] if stack else None


def round_of(case: CaseRow, book: BookFile) -> list[CaseEvent]:
    """The case's events since it was last opened, as far as the book has their content."""
    events = book.events_of(case.case_id)
    first = next((i for i, (event_id, *_) in enumerate(events) if event_id == case.opening_event), 0)
    return [CaseEvent.model_validate_json(payload) for _id, _kind, payload in events[first:] if payload is not None]


def _taken_back_meanwhile(verdict: OperatorVerdict, book: BookFile) -> bool:
    """Whether an undo of this very verdict waits behind it: then neither does anything."""
    return any(
        later.verdict == "undo" and (target := undone_by(later, book)) is not None
        and target[0].verdict_id == verdict.verdict_id
        for later, _effect in book.verdicts_of(verdict.case_id)
    )  # fmt: skip


def _standing_again(
    verdict: OperatorVerdict, case: CaseRow, book: BookFile, settings: BookSettings
) -> tuple[CaseRow, tuple[CaseEvent, ...]]:
    """A rejected case that counts again: open while its thing stands. What went in silence is told now."""
    if case.state != "rejected":
        return case, ()
    standing = any(row.state == "open" for row in book.incidents_of(case.case_id))
    kinds = [kind for _id, kind, _payload in book.events_of(case.case_id) if kind != "withdrawn"]
    after = replace(case, state="open" if standing else "cleared")
    if standing or (kinds and kinds[-1] == "cleared"):
        return after, ()
    event = _event(verdict, after, "cleared", "cleared_while_rejected", None, book, settings)
    return replace(after, last_event=event.event_id), (event,)


def _back(verdict: OperatorVerdict, case: CaseRow, withdrawn: str, book: BookFile, settings: BookSettings) -> CaseEvent:
    condition = "operator_undo" if verdict.verdict == "undo" else "operator_confirmed"
    return _event(verdict, case, "reinstalled", condition, withdrawn, book, settings)


def _event(
    verdict: OperatorVerdict,
    case: CaseRow,
    kind: EventKind,
    condition: str,
    supersedes: str | None,
    book: BookFile,
    settings: BookSettings,
) -> CaseEvent:
    payloads = [payload for _id, _kind, payload in book.events_of(case.case_id) if payload is not None]
    last = CaseEvent.model_validate_json(payloads[-1]) if payloads else None
    first = next(iter(book.incidents_of(case.case_id)), None)
    event_id = new_incident_id(verdict.at, "verdict", verdict.verdict_id, kind)
    return follow_up(last, case, first, kind, condition, verdict.at, supersedes, event_id, settings)


def _corrected(event: CaseEvent, category: str | None, settings: BookSettings) -> CaseEvent:
    """The event in the category that an operator gave; as its rule made it where he gave none."""
    return corrected(event, category, None, settings) if category is not None and category != event.category else event


def _last(case_id: str, book: BookFile, kind: str) -> str | None:
    return next((event_id for event_id, was, _ in reversed(book.events_of(case_id)) if was == kind), None)


def effect_text(ruling: Ruling) -> str:
    """What is written beside the verdict."""
    return json.dumps(ruling.effect or {"did": "nothing"})
