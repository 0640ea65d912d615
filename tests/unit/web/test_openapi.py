"""The API's description is made from the code, complete, and true: every route × every role, and hostile input."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
import requests
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from callcenter.staff.roles import Role, permissions_of
from callcenter.staff.service import Person
from tests.application import Application

DOCUMENT = "/api/v1/openapi.json"
METHODS = {"get", "post", "put", "delete", "patch"}
EXAMPLES = 20
PARTS = 4
"""So many tests share the operations: one alone would last longer than all others beside it."""
OURS = {"Cookie": "callcenter_session=x", "X-CSRF-Token": "csrf"}
LAST = {("delete", "/api/v1/session")}
"""What ends the session that knocks comes after everything else."""


async def test_given_the_routes_of_the_application_when_described_then_none_of_the_api_is_missing(
    whole: Application,
) -> None:
    document = await _document(whole)

    served = {
        (route.method.lower(), route.resource.canonical)
        for route in whole.web.router.routes()
        if isinstance(route, web.ResourceRoute) and route.resource is not None and route.method != "HEAD"
    }
    described = {(method, path) for method, path, _ in _operations(document)}
    assert served - described == {("get", "/{path}")}


async def test_given_the_description_when_read_then_it_is_openapi_3_1_with_names_sentences_and_models(
    whole: Application,
) -> None:
    document = await _document(whole)
    operations = [operation for _, _, operation in _operations(document)]

    assert document["openapi"] == "3.1.0"
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)
    assert {tag for operation in operations for tag in operation["tags"]} == {
        "agents",
        "calls",
        "desk",
        "emergencies",
        "guests",
        "ivr",
        "outbound",
        "recordings",
        "reservations",
        "rooms",
        "shifts",
        "staff",
        "stays",
        "web",
    }
    filters = document["paths"]["/api/v1/calls"]["get"]["parameters"]
    assert {"in": "query", "name": "from", "required": False, "schema": {"type": "string", "format": "date-time"}} in (
        filters
    )
    assert document["paths"]["/api/v1/users"]["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/NewUserIn"
    }
    assert document["paths"]["/api/v1/audit"]["get"]["x-permission"] == "audit.read"
    assert document["paths"]["/api/v1/session"]["post"]["security"] == []


async def test_given_the_description_when_its_references_are_followed_then_each_leads_somewhere(
    whole: Application,
) -> None:
    document = await _document(whole)

    wanted = {reference.rpartition("/")[2] for reference in _references(document)}

    assert wanted == set(document["components"]["schemas"])


@pytest.mark.parametrize("role", Role)
async def test_given_a_role_when_it_knocks_at_every_described_route_then_it_is_let_in_exactly_where_it_may(
    whole: Application, role: Role
) -> None:
    csrf = await whole.sign_in(role.value)
    operations = sorted(_operations(await _document(whole)), key=lambda one: one[:2] in LAST)

    for method, path, operation in operations:
        if operation["security"] == []:
            continue
        answer = await whole.client.request(method, path.format(id=4711, number=4711), headers=csrf)
        wanted = operation["x-permission"]
        refused = answer.status == 403 and (await answer.json())["code"] == "not_permitted"
        assert refused is (wanted is not None and wanted not in permissions_of(role)), (method, path, answer.status)
        assert answer.status != 401, (method, path)


async def test_given_nobody_signed_in_when_knocking_at_every_described_route_then_only_the_public_ones_open(
    whole: Application,
) -> None:
    for method, path, operation in _operations(await _document(whole)):
        answer = await whole.client.request(method, path.format(id=4711, number=4711))
        assert (answer.status == 401) is (operation["security"] != []), (method, path, answer.status)


async def test_given_a_change_without_the_csrf_token_when_asked_for_at_any_route_then_refused(
    whole: Application,
) -> None:
    await whole.sign_in("admin")

    for method, path, operation in _operations(await _document(whole)):
        if method != "get" and operation["security"] != []:
            answer = await whole.client.request(method, path.format(id=4711, number=4711))
            assert (answer.status, (await answer.json())["code"]) == (403, "csrf_refused"), (method, path)


@pytest.mark.parametrize("part", range(PARTS))
async def test_given_whatever_a_client_may_think_of_when_it_is_sent_then_nothing_breaks_and_answers_are_as_described(
    on_each_database: list[Application], monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    admin = Person(
        1, "admin", "Admin", "admin", permissions_of("admin"), "csrf", second_factor=False, session_id="0" * 16
    )

    async def always_admin(token: str, *, extend: bool) -> Person:
        return admin  # whatever is changed or ended meanwhile

    for application in on_each_database:
        monkeypatch.setattr(application.logins, "find", always_admin)
    document = await _document(on_each_database[0])
    addresses = [str(application.client.make_url("/")).rstrip("/") for application in on_each_database]

    await asyncio.to_thread(_send_part, document, addresses, part)


def _send_part(document: dict[str, Any], addresses: list[str], part: int) -> None:
    found: Any
    with requests.Session() as session:
        session.trust_env = False  # no proxy between here and here: to look for one takes as long as to ask
        for found in islice(schemathesis.openapi.from_dict(document).get_all_operations(), part, None, PARTS):
            _sender(found.ok(), addresses, session)()


def _sender(operation: Any, addresses: list[str], session: requests.Session) -> Callable[[], None]:
    """Each case goes to all: to think of one takes as long as to send it."""
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        for address in addresses:
            case.call_and_validate(base_url=address, session=session, headers=OURS, checks=checks, timeout=20)

    return send


async def _document(application: Application) -> dict[str, Any]:
    answer = await application.client.get(DOCUMENT)
    assert answer.status == 200
    document: dict[str, Any] = await answer.json()
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield method, path, operation


def _references(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(content, list):
        for value in content:
            yield from _references(value)
