"""How the API refuses: one shape of JSON, in both languages, with the fields that are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter
from ruamel.yaml import YAML
from starlette.exceptions import HTTPException

from vision.console.field_errors import Text, field_texts


class ApiError(Exception):
    """A refusal.

    Args:
        code: a key of messages.yaml.
        status: HTTP status.
        values: what goes into the message's braces.
        fields: what is wrong, by place such as `zones.0.polygon`.
        extra: further keys of the body, e.g. the newer case after a conflict.
        headers: of the answer.
    """

    def __init__(
        self,
        code: str,
        status: int = 400,
        *,
        values: Mapping[str, Any] | None = None,
        fields: Mapping[str, Text] | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.status, self.headers = code, status, dict(headers or {})
        self.body: dict[str, Any] = {"error": code, "message": message(code, values or {}), **(extra or {})}
        if fields:
            self.body["fields"] = dict(fields)


@cache
def _messages() -> dict[str, Text]:
    text = (files("vision.console.api") / "messages.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Text]).validate_python(YAML(typ="safe").load(text), strict=True)


def message(code: str, values: Mapping[str, Any]) -> Text:
    """The text of a code in both languages."""
    return {language: text.format(**values) for language, text in _messages()[code].items()}


def add_error_handlers(app: FastAPI) -> None:
    """Every error of the app leaves in the API's shape, and none with a traceback."""

    @app.exception_handler(ApiError)
    async def _refused(_request: Request, error: ApiError) -> JSONResponse:
        return JSONResponse(error.body, error.status, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        refusal = ApiError("invalid", 422, fields=field_texts(error.errors(), skip=1))
        return JSONResponse(refusal.body, 422)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not_found", 413: "too_large"}.get(error.status_code, "bad_request")
        return JSONResponse(ApiError(code).body, error.status_code, error.headers)
