"""Every refusal and failure is a problem document in the client's language; nothing sent ever breaks a handler."""

import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

import recordings.routes  # noqa: F401
from callcenter.db import DatabaseUnavailable
from callcenter.errors import HouseError
from callcenter.web.problems import language_of, messages
from tests.application import PASSWORD, Application

SESSION = "/api/v1/session"


@pytest.mark.parametrize(
    ("language", "title"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "未登录"), ("en-GB,en;q=0.5", "Not signed in"), ("", "未登录"), ("fr", "未登录")],
)
async def test_given_a_language_when_refused_then_the_problem_is_in_that_language(
    application: Application, language: str, title: str
) -> None:
    answer = await application.client.get(SESSION, headers={"Accept-Language": language})

    problem = await answer.json()
    assert answer.status == 401
    assert answer.content_type == "application/problem+json"
    assert problem["title"] == title
    assert (problem["status"], problem["code"]) == (401, "not_authenticated")
    assert problem["type"] == "urn:callcenter:problem:not_authenticated"
    assert problem["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en;q=0.2, zh;q=0.8", "zh"),
        ("zh;q=0.2, en;q=0.8", "en"),
        ("de, en;q=0.1", "en"),
        ("en;q=0", "zh"),
        ("en;q=abc, zh;q=0.1", "zh"),
        (",;=;;", "zh"),
    ],
)
def test_given_weights_when_choosing_a_language_then_the_heaviest_of_ours_wins(header: str, language: str) -> None:
    assert language_of(make_mocked_request("GET", "/", headers={"Accept-Language": header})) == language


def test_given_every_error_of_the_house_when_looked_up_then_it_has_words_in_both_languages() -> None:
    def descendants(kind: type[HouseError]) -> set[type[HouseError]]:
        return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))

    for error in descendants(HouseError):
        words = messages()[error.code]
        for language in ("zh", "en"):
            assert words[language]["title"]
            assert words[language]["detail"]


def test_given_the_words_for_fields_when_read_then_each_is_in_both_languages() -> None:
    for words in messages()["fields"].values():
        assert set(words) == {"zh", "en"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json_invalid"),
        (b"{", "json_invalid"),
        (b"\xff\xfe", "json_invalid"),
        (b"null", "model_type"),
        (b"[1]", "model_type"),
        (b'{"username":"a"}', "missing"),
        (b'{"username":1,"password":"x"}', "string_type"),
        (b'{"username":"","password":"x"}', "too_short"),
        (b'{"username":"a\\u0000b","password":"x"}', "string_unicode"),
        (b'{"username":"\\ud800","password":"x"}', "json_invalid"),
        (b'{"username":"a","password":"x","admin":true}', "extra_forbidden"),
        (b"[" * 100_000, "json_invalid"),
    ],
)
async def test_given_a_body_that_does_not_fit_when_sent_then_it_is_said_and_nothing_breaks(
    application: Application, body: bytes, code: str
) -> None:
    answer = await application.client.post(
        SESSION, data=body, headers={"Content-Type": "application/json", "Accept-Language": "en"}
    )

    problem = await answer.json()
    assert answer.status == 422
    assert [entry["code"] for entry in problem["params"]["problems"]] == [code]
    assert all(entry["reason"] for entry in problem["params"]["problems"])


async def test_given_a_field_too_short_when_refused_in_chinese_then_the_reason_is_chinese_with_the_limit(
    application: Application,
) -> None:
    csrf = await application.sign_in("operator")

    answer = await application.client.put(
        f"{SESSION}/password",
        json={"current": PASSWORD, "new": "short"},
        headers={**csrf, "Accept-Language": "zh"},
    )

    assert (await answer.json())["params"]["problems"] == [
        {"field": "new", "code": "too_short", "reason": "至少 10 个字符"}
    ]


async def test_given_too_large_a_body_when_sent_then_it_is_refused(application: Application) -> None:
    answer = await application.client.post(
        SESSION, data=b"x" * (1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )

    assert (answer.status, (await answer.json())["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/", "/api/%ff", "/api/%ed%a0%80", "/api/v2/calls", "/assets/gone.js"]
)
async def test_given_an_address_that_does_not_exist_when_asked_then_not_found(
    application: Application, path: str, tmp_path: Path
) -> None:
    _build_pages(tmp_path)

    answer = await application.client.get(path)

    assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


async def test_given_a_wrong_method_when_asked_then_the_right_ones_are_named(application: Application) -> None:
    answer = await application.client.patch("/api/v1/calls")

    assert (answer.status, (await answer.json())["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


async def test_given_a_defect_when_a_handler_breaks_then_the_client_sees_no_trace_and_the_log_has_it(
    application: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(token: str, *, extend: bool) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(application.logins, "find", broken)
    answer = await application.client.get(SESSION, headers={"Cookie": "callcenter_session=x", "Accept-Language": "en"})

    problem = await answer.json()
    assert (answer.status, problem["code"]) == (500, "internal")
    assert "secret" not in json.dumps(problem)
    logged = capsys.readouterr().out
    assert "ZeroDivisionError: a secret of the inside" in logged
    assert problem["request_id"] in logged


async def test_given_no_database_when_asked_then_the_problem_says_so_with_503(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(token: str, *, extend: bool) -> None:
        raise DatabaseUnavailable(reason="gone")

    monkeypatch.setattr(application.logins, "find", away)

    answer = await application.client.get("/api/v1/calls", headers={"Cookie": "callcenter_session=x"})

    assert (answer.status, (await answer.json())["code"]) == (503, "database_unavailable")


@pytest.mark.parametrize(
    ("sent", "kept"), [("0123456789abcdef", True), ("short", False), ("x" * 65, False), ("bad id here!", False)]
)
async def test_given_a_request_id_when_sent_then_only_a_harmless_one_is_kept(
    application: Application, sent: str, kept: bool
) -> None:
    answer = await application.client.get("/health", headers={"X-Request-Id": sent})

    assert (answer.headers["X-Request-Id"] == sent) is kept


async def test_given_any_answer_when_received_then_browsers_are_told_to_be_careful(application: Application) -> None:
    for path in ("/", "/health", "/api/v1/session", "/api/v1/nothing"):
        answer = await application.client.get(path)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"


def test_given_every_route_when_looked_at_then_it_says_who_may_reach_it(application: Application) -> None:
    unguarded = [
        route.resource.canonical
        for route in application.web.router.routes()
        if isinstance(route, web.ResourceRoute)
        and route.resource is not None
        and not hasattr(route.handler, "permission")
        and not hasattr(route.handler, "public")
    ]

    assert unguarded == []


def _build_pages(folder: Path) -> None:
    (folder / "dist").mkdir()
    (folder / "dist" / "index.html").write_text("<!doctype html><title>pages</title>")
