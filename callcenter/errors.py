"""Errors with names: what went wrong in the house's words, without the sentence that a person reads."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar


class HouseError(Exception):
    """A refusal or failure with a stable code, an HTTP status and parameters.

    The words, in Chinese and English, are looked up at the edge by `code`; `params` fill them in.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, **params: object) -> None:
        super().__init__(self.code, params)
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


class NotFound(HouseError):
    """The thing asked for does not exist; params: `kind`, `id`."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class InvalidInput(HouseError):
    """What was sent does not fit; params: `problems`, a list of `{field, code}`; `code` names the words to show."""

    code = "invalid_input"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class NotAuthenticated(HouseError):
    """Nobody is signed in."""

    code = "not_authenticated"
    status = HTTPStatus.UNAUTHORIZED


class NotPermitted(HouseError):
    """The signed-in user lacks a permission; params: `permission`."""

    code = "not_permitted"
    status = HTTPStatus.FORBIDDEN


class PbxUnavailable(HouseError):
    """The telephone exchange cannot be reached or did not answer in time; params: `reason`."""

    code = "pbx_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class PbxRefused(HouseError):
    """The telephone exchange refused an action; params: `action`, `reason`."""

    code = "pbx_refused"
    status = HTTPStatus.BAD_GATEWAY
