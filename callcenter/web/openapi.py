"""The API described in OpenAPI 3.1, made from the routes themselves: paths, permissions, models, first sentences."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from callcenter.web.identity import CSRF_HEADER, SAFE_METHODS, Handler, public
from callcenter.web.problems import CONTENT_TYPE, ProblemDocument

JSON = "application/json"
REFERENCE = "#/components/schemas/{model}"
DOCUMENT: web.AppKey[dict[str, Any]] = web.AppKey("openapi", dict)

_PATH_NAME = re.compile(r"{(\w+)}")
H = TypeVar("H", bound=Handler)
Model = type[BaseModel]
References = Mapping[Any, dict[str, Any]]

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Contract:
    """What a route takes and gives.

    `upload`: the type of a body that is a file. `media`: the type, or the types to choose from, of an answer that is
    not JSON.
    """

    query: Model | None = None
    body: Model | None = None
    upload: str | None = None
    answer: Model | None = None
    status: HTTPStatus = HTTPStatus.OK
    also: tuple[HTTPStatus, ...] = ()
    media: str | tuple[str, ...] | None = None
    ids: Literal["integer", "string"] = "integer"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    handler: Handler
    contract: Contract

    @property
    def permission(self) -> str | None:
        """The permission that is wanted at the door, None for any signed-in user (or anyone, see `is_public`)."""
        permission: str | None = getattr(self.handler, "permission", None)
        return permission

    @property
    def is_public(self) -> bool:
        """Whether anyone may ask, signed in or not."""
        return hasattr(self.handler, "public")


def documented(contract: Contract) -> Callable[[H], H]:
    """Say what a handler takes and gives; `contract` stands on the handler."""

    def decorate(handler: H) -> H:
        handler.contract = contract  # type: ignore[attr-defined]
        return handler

    return decorate


def operations(app: web.Application) -> Iterator[Operation]:
    """Go through everything that the API offers; the pages are no part of it."""
    for route in app.router.routes():
        contract = getattr(route.handler, "contract", None)
        if route.resource is None or route.method == "HEAD" or contract is None:
            continue
        yield Operation(route.method, route.resource.canonical, route.handler, contract)


def describe(app: web.Application, version: str) -> dict[str, Any]:
    """Return the document of everything that `app` offers; what it says of the same routes is one object."""
    return _document(tuple(sorted(operations(app), key=lambda one: (one.path, one.method))), version)


@cache
def _document(found: tuple[Operation, ...], version: str) -> dict[str, Any]:
    """The document takes a third of a second: applications of one process that offer the same share it."""
    references, components = _schemas(found)
    paths: dict[str, dict[str, Any]] = {}
    for one in found:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, references, components)
    for one in found:
        if one.contract.query is not None:
            components.pop(_name(references[one.contract.query, "validation"]), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Call centre API",
            "version": version,
            "description": "Instants are ISO 8601 in UTC, durations are seconds. `x-permission` names the permission "
            "that a route wants; null stands for any signed-in user.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "callcenter_session"}},
        },
    }


@routes.get("/api/v1/openapi.json")
@documented(Contract(media=JSON))
@public
async def openapi(request: web.Request) -> web.Response:
    """Give this description."""
    return web.json_response(request.app[DOCUMENT])


def _schemas(found: Iterable[Operation]) -> tuple[References, dict[str, Any]]:
    wanted: dict[tuple[Model, JsonSchemaMode], None] = {(ProblemDocument, "serialization"): None}
    for one in found:
        for model, mode in _models(one.contract):
            wanted[model, mode] = None
    references, definitions = models_json_schema(list(wanted), ref_template=REFERENCE)
    return references, definitions.get("$defs", {})


def _models(contract: Contract) -> Iterator[tuple[Model, JsonSchemaMode]]:
    if contract.query is not None:
        yield contract.query, "validation"
    if contract.body is not None:
        yield contract.body, "validation"
    if contract.answer is not None:
        yield contract.answer, "serialization"


def _operation(one: Operation, references: References, components: Mapping[str, Any]) -> dict[str, Any]:
    contract = one.contract
    described: dict[str, Any] = {
        "operationId": getattr(one.handler, "__name__", one.path),
        "summary": (inspect.getdoc(one.handler) or "").partition("\n")[0],
        "tags": [_slice_of(one.handler)],
        "parameters": [*_path_parameters(one), *_query_parameters(contract, references, components)],
        "responses": _responses(contract, references),
        "security": [] if one.is_public else [{"session": []}],
    }
    if not one.is_public:
        described["x-permission"] = one.permission
        if one.method not in SAFE_METHODS:
            described["parameters"].append(_parameter("header", CSRF_HEADER, {"type": "string"}, required=True))
    if contract.body is not None:
        content = {JSON: {"schema": references[contract.body, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
    if contract.upload is not None:
        content = {contract.upload: {"schema": {"type": "string", "format": "binary"}}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    schema: dict[str, Any] = {"type": one.contract.ids}
    if one.contract.ids == "integer":
        schema["minimum"] = 1
    return [_parameter("path", name, schema, required=True) for name in _PATH_NAME.findall(one.path)]


def _query_parameters(
    contract: Contract, references: References, components: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if contract.query is None:
        return []
    model = components[_name(references[contract.query, "validation"])]
    required = model.get("required", [])
    return [
        _parameter("query", name, _without_null(schema), required=name in required)
        for name, schema in model["properties"].items()
    ]


def _parameter(place: str, name: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": schema}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is not null: leave that choice out."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "title") and value is not None}
    return {**choices[0], **rest} if len(choices) == 1 else rest


def _responses(contract: Contract, references: References) -> dict[str, Any]:
    problem = {"schema": references[ProblemDocument, "serialization"]}
    content: dict[str, Any] = {}
    if contract.answer is not None:
        content = {JSON: {"schema": references[contract.answer, "serialization"]}}
    elif contract.media is not None:
        media = (contract.media,) if isinstance(contract.media, str) else contract.media
        content = {kind: {} for kind in media}
    answers = {
        str(int(status)): {"description": status.phrase, **({"content": content} if content else {})}
        for status in (contract.status, *contract.also)
    }
    return {**answers, "default": {"description": "Refused or failed", "content": {CONTENT_TYPE: problem}}}


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _slice_of(handler: Handler) -> str:
    parts = handler.__module__.split(".")
    return parts[1] if parts[0] == "callcenter" else parts[0]
