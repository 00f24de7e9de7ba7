"""What the command centre answers: taken, refused, sent on, done, or a question."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticSerializationError

MOST_BYTES = 65_536
AnswerKind = Literal[
    "accepted", "rejected", "dispatched", "handled", "closed", "verify_before_filing", "check_before_closing"
]


class AnswerError(ValueError):
    """An answer that cannot be used; the text says why."""


class Answer(BaseModel):
    """One answer about one case. Unknown keys are kept out, not refused: centres add their own."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: AnswerKind
    case_id: str
    reason: str | None = None
    """Why it was rejected."""
    case_number: str | None = None
    """The centre's own number of the case."""
    by: str | None = None
    """Who decided."""
    at: AwareDatetime | None = None


def parse_answer(case_id: str, payload: bytes, *, retained: bool = False) -> Answer:
    """Read an answer from topic `…/answers/{case_id}`.

    Raises:
        AnswerError: retained (a broker would repeat it at every start), too large, no JSON, or not an answer.
    """
    if retained:
        raise AnswerError(f"case {case_id}: the answer is retained; publish answers without the retain flag")
    if len(payload) > MOST_BYTES:
        raise AnswerError(f"case {case_id}: the answer has {len(payload)} bytes; at most {MOST_BYTES} are taken")
    try:
        plain = json.loads(payload)
    except (ValueError, RecursionError):
        raise AnswerError(f"case {case_id}: the answer is no JSON") from None
    if not isinstance(plain, dict):
        raise AnswerError(f"case {case_id}: the answer must be a JSON object with the key kind")
    try:
        answer = Answer.model_validate({"case_id": case_id, **plain})
        answer.model_dump_json()
    except PydanticSerializationError:
        raise AnswerError(f"case {case_id}: the answer holds text that is not Unicode") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise AnswerError(f"case {case_id}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if answer.case_id != case_id:
        raise AnswerError(f"case {case_id}: the answer is about another case, {answer.case_id}")
    if answer.kind == "rejected" and not answer.reason:
        raise AnswerError(f"case {case_id}: a rejection needs its reason")
    return answer
