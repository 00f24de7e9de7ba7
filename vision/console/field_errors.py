"""What pydantic finds wrong, said at the field in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Text = dict[str, str]
"""`{"zh": …, "en": …}`."""

_BY_TYPE = {
    "missing": ("必填", "this is needed"),
    "extra_forbidden": ("没有这个设置", "there is no such setting"),
    "greater_than_equal": ("不能小于 {ge}", "at least {ge}"),
    "greater_than": ("必须大于 {gt}", "more than {gt}"),
    "less_than_equal": ("不能大于 {le}", "at most {le}"),
    "less_than": ("必须小于 {lt}", "less than {lt}"),
    "float_parsing": ("应为数字", "this must be a number"),
    "float_type": ("应为数字", "this must be a number"),
    "int_parsing": ("应为整数", "this must be a whole number"),
    "int_type": ("应为整数", "this must be a whole number"),
    "bool_parsing": ("应为是或否", "this must be yes or no"),
    "string_type": ("应为文字", "this must be text"),
    "string_too_short": ("太短", "this is too short"),
    "string_too_long": ("太长，最多 {max_length} 个字符", "too long, at most {max_length} characters"),
    "too_long": ("太多，最多 {max_length} 个", "too many, at most {max_length}"),
    "too_short": ("太少，至少 {min_length} 个", "too few, at least {min_length}"),
    "literal_error": ("只能是：{expected}", "one of: {expected}"),
    "union_tag_invalid": ("没有规则 {tag}", "there is no rule {tag}"),
    "union_tag_not_found": ("缺少规则名", "a rule needs its name"),
    "json_invalid": ("不是 JSON", "this is no JSON"),
}
_BY_WORDS = (
    (r"crosses or touches itself", "多边形自相交，请按顺序描点"),
    (r"has no area", "多边形没有面积，各点在一条线上"),
    (r"has 3 to (\d+) points, this one has (\d+)", "多边形应有 3 到 {0} 个点，现在有 {1} 个"),
    (r"fractions of the picture, from 0 to 1", "点超出画面（坐标应在 0 到 1 之间）"),
    (r"two numbers from 0 to 1|a polygon is a list", "点应为 [x, y]，在 0 到 1 之间"),
    (r"x1 must be less than x2", "框的左上角必须在右下角之前"),
    (r"no span of time|no time of day|a schedule is a list", "时段写法如：周一-周五 06:00-22:00"),
    (r"is no day of the week", "没有这样的星期，请写 周一 … 周日"),
    (r"begins at 24:00", "请写次日 00:00"),
    (r"no duration|a duration", "时长写法如：30s、5m、1h30m"),
    (r"is no id", "名称只能用字母、数字、- _ . :，最多 64 个"),
    (r"has no such rule", "此区域没有该规则"),
    (r"\.preset is missing", "请选择预置位"),
    (r"\.preset is", "没有这个预置位"),
    (r"same id", "区域名称重复"),
)


def field_texts(errors: Iterable[Any], skip: int = 0, before: tuple[str, ...] = ()) -> dict[str, Text]:
    """Texts by place. `skip`: parts at the front that the client does not know (`body`); `before`: to be put there."""
    found: dict[str, Text] = {}
    for error in errors:
        place = [str(part) for part in error["loc"][skip:]]
        found.setdefault(".".join([*before, *place]), field_text(error))
    return found


def field_text(error: Mapping[str, Any]) -> Text:
    """One error of pydantic in both languages."""
    context = error.get("ctx") or {}
    known = _BY_TYPE.get(error["type"])
    if known is not None:
        return {"zh": known[0].format(**context), "en": known[1].format(**context)}
    english = str(context.get("error") or error["msg"]).removeprefix("Value error, ")
    return in_both(english)


def in_both(english: str) -> Text:
    """A message of the configuration's models in both languages; English twice where no translation is known."""
    for pattern, text in _BY_WORDS:
        if found := re.search(pattern, english):
            return {"zh": text.format(*found.groups()), "en": english}
    return {"zh": english, "en": english}
