"""Errors as people and programs read them: RFC 9457 problem documents in Chinese or English."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
import yaml
from aiohttp import web
from pydantic import BaseModel
from structlog.contextvars import get_contextvars

from callcenter.errors import HouseError, InvalidInput

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
LANGUAGES = ("zh", "en")


class ProblemDocument(BaseModel):
    """A refusal or failure (RFC 9457): `code` is for programs, `title` and `detail` are in the client's language."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    params: dict[str, Any]
    request_id: str | None = None


_HTTP_CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}


def problem(request: web.Request, error: HouseError) -> web.Response:
    """Describe `error` in the language that the client asked for."""
    language = language_of(request)
    params = dict(error.params)
    if isinstance(error, InvalidInput):
        params["problems"] = [_in_words(entry, language) for entry in params.get("problems", [])]  # type: ignore[attr-defined]
    response = _document(language, error.status, error.code, params)
    if "retry_after" in params:
        response.headers["Retry-After"] = str(params["retry_after"])
    return response


def http_problem(request: web.Request, error: web.HTTPException) -> web.Response:
    """Describe a refusal of the framework itself (no such address, wrong method, too large)."""
    code = _HTTP_CODES.get(HTTPStatus(error.status), "bad_request")
    response = _document(language_of(request), HTTPStatus(error.status), code, {})
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def language_of(request: web.Request) -> str:
    """Choose Chinese or English by the client's Accept-Language; Chinese when it names neither."""
    best, weight = LANGUAGES[0], 0.0
    for part in request.headers.get("Accept-Language", "").split(","):
        tag, _, quality = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        value = _weight(quality)
        if language in LANGUAGES and value > weight:
            best, weight = language, value
    return best


@cache
def messages() -> dict[str, Any]:
    """Read the words of all errors, by code and language."""
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("messages.yaml").read_text(encoding="utf-8"))
    return loaded


def words_of(code: str, params: dict[str, Any], language: str) -> str:
    """Say in one sentence what a refusal of this code means."""
    words = messages().get(code, messages()["bad_request"])
    return str(words[language]["detail"].format_map(_Forgiving(params)))


def _document(language: str, status: HTTPStatus, code: str, params: dict[str, Any]) -> web.Response:
    words = messages().get(code)
    if words is None:
        log.error("error_without_words", code=code)
        words = messages()["bad_request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal"]
    body = {
        "type": f"urn:callcenter:problem:{code}",
        "title": words[language]["title"],
        "status": int(status),
        "code": code,
        "detail": words[language]["detail"].format_map(_Forgiving(params)),
        "params": params,
    }
    if request_id := get_contextvars().get("request_id"):
        body["request_id"] = request_id
    text = json.dumps(body, ensure_ascii=False, default=str)
    return web.Response(body=text.encode("utf-8", "replace"), status=status, content_type=CONTENT_TYPE)


def _in_words(entry: dict[str, Any], language: str) -> dict[str, Any]:
    fields = messages()["fields"]
    code = entry.get("code", "other")
    words = fields.get(code, fields["other"])
    return {
        "field": entry["field"],
        "code": code,
        "reason": words[language].format_map(_Forgiving(entry.get("context", {}))),
    }


def _weight(quality: str) -> float:
    try:
        return float(quality.strip().removeprefix("q=")) if quality.strip() else 1.0
    except ValueError:
        return 0.0


class _Forgiving(dict[str, Any]):
    """Leaves a placeholder without a value as it stands: a missing parameter must not hide the error itself."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
