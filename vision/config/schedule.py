"""When a rule is in force: `["Mon-Sun 06:00-22:00"]`, also `周六 22:00-02:00`, over midnight as well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CHINESE = "一二三四五六日"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_HINT = "write 'Mon-Fri 06:00-22:00', 'Sat,Sun 22:00-02:00', '周一-周五 06:00-22:00' or '06:00-22:00'"


@dataclass(frozen=True, slots=True)
class Span:
    """Some days of the week (0 is Monday) from one minute of the day to another; over midnight when end <= start."""

    days: frozenset[int]
    start: int
    end: int
    text: str

    def holds(self, at: datetime) -> bool:
        """Whether the local wall-clock time lies in the span; the day is the one on which the span begins."""
        minute = at.hour * 60 + at.minute
        if self.start < self.end:
            return at.weekday() in self.days and self.start <= minute < self.end
        before = (at.date() - timedelta(days=1)).weekday()
        return (at.weekday() in self.days and minute >= self.start) or (before in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Spans of the week; none at all means always."""

    spans: tuple[Span, ...] = ()

    def active(self, at: datetime) -> bool:
        """Whether it is in force at an aware local time; wall-clock time decides, so a change of clocks cannot move it.

        Raises:
            ValueError: `at` has no timezone.
        """
        if at.tzinfo is None:
            raise ValueError("a schedule needs a time with a timezone")
        return not self.spans or any(span.holds(at) for span in self.spans)

    def texts(self) -> list[str]:
        """As it was written."""
        return [span.text for span in self.spans]

    @classmethod
    def parse(cls, value: Any) -> Schedule:
        """From a text or a list of texts.

        Raises:
            ValueError: one of them is no span.
        """
        if isinstance(value, Schedule):
            return value
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"a schedule is a list of texts; {_HINT}")
        return cls(tuple(_span(text) for text in texts))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(lambda s: s.texts())
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}, "examples": [["Mon-Sun 06:00-22:00"]]}


def _span(text: str) -> Span:
    days_text, _, hours_text = text.strip().rpartition(" ")
    if hours_text.count("-") != 1:
        raise ValueError(f"{text!r} is no span of time; {_HINT}")
    start, end = (_minute(part, text) for part in hours_text.split("-"))
    if start == 1440:
        raise ValueError(f"{text!r} begins at 24:00; write 00:00 of the next day")
    return Span(_days(days_text, text) if days_text else frozenset(range(7)), start, end, text.strip())


def _minute(part: str, text: str) -> int:
    found = _CLOCK.fullmatch(part.strip())
    if found is None or int(found[2]) > 59 or (minute := int(found[1]) * 60 + int(found[2])) > 1440:
        raise ValueError(f"{part!r} in {text!r} is no time of day; {_HINT}")
    return minute


def _days(part: str, text: str) -> frozenset[int]:
    days: set[int] = set()
    for piece in part.replace(" ", "").split(","):
        first, dash, last = piece.partition("-")
        start = _day(first, text)
        end = _day(last, text) if dash else start
        days |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return frozenset(days)


def _day(name: str, text: str) -> int:
    for number, day in enumerate(_DAYS):
        if name.lower() in (day.lower(), _full(number)) or name in (f"周{_CHINESE[number]}", f"星期{_CHINESE[number]}"):
            return number
    if name in ("周天", "星期天"):
        return 6
    raise ValueError(f"{name!r} in {text!r} is no day of the week; use {', '.join(_DAYS)} or 周一 … 周日")


def _full(number: int) -> str:
    return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[number]
