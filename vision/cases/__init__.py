"""Case events: schema, codes, the book of open cases, the centre's answers."""

from vision.cases.answers import Answer, AnswerError, parse_answer
from vision.cases.book import CaseBook
from vision.cases.categories import CategoryTable, load_categories, shipped_categories
from vision.cases.drafting import BookSettings
from vision.cases.event import (
    CaseEvent,
    EvidenceItem,
    MissingEvidence,
    Producer,
    case_event_schema,
    replay_line,
)
from vision.cases.inbox import OperatorVerdict, VerdictInbox, VerdictKind
from vision.cases.requests import CaseRequest, fresh_look
from vision.cases.ruling import Ruling
from vision.cases.suppressed import SuppressedCount

__all__ = [
    "Answer",
    "AnswerError",
    "BookSettings",
    "CaseBook",
    "CaseEvent",
    "CaseRequest",
    "CategoryTable",
    "EvidenceItem",
    "MissingEvidence",
    "OperatorVerdict",
    "Producer",
    "Ruling",
    "SuppressedCount",
    "VerdictInbox",
    "VerdictKind",
    "case_event_schema",
    "fresh_look",
    "load_categories",
    "parse_answer",
    "replay_line",
    "shipped_categories",
]
