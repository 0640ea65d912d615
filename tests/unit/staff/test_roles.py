"""Every role reaches what it may and nothing else; a route that is new must be entered here."""

import pytest
from aiohttp import web

from callcenter.staff.roles import Role, permissions_of
from tests.application import Application

EVERYBODY = set(Role)
SUPERVISING = {Role.SUPERVISOR, Role.MANAGER, Role.ADMIN}
MANAGING = {Role.MANAGER, Role.ADMIN}
OPERATING = SUPERVISING | {Role.OPERATOR}
CARD_KEEPING = OPERATING | {Role.FRONT_DESK}
REVEALING = SUPERVISING | {Role.FRONT_DESK}
IN_HOUSE = OPERATING | {Role.FRONT_DESK}
RUNNING_ROOMS = SUPERVISING | {Role.FRONT_DESK}
RECEIVING = {Role.FRONT_DESK, Role.MANAGER, Role.ADMIN}

SPAN = "?from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z"

ALLOWED: dict[tuple[str, str], set[Role]] = {
    ("GET", "/api/v1/session"): EVERYBODY,
    ("DELETE", "/api/v1/session"): EVERYBODY,
    ("PUT", "/api/v1/session/password"): EVERYBODY,
    ("GET", "/api/v1/status"): EVERYBODY,
    ("GET", "/api/v1/account/sessions"): EVERYBODY,
    ("DELETE", "/api/v1/account/sessions/{id}"): EVERYBODY,
    ("POST", "/api/v1/account/second-factor"): EVERYBODY,
    ("PUT", "/api/v1/account/second-factor"): EVERYBODY,
    ("POST", "/api/v1/account/second-factor/removal"): EVERYBODY,
    ("GET", "/api/v1/roles"): {Role.ADMIN},
    ("GET", "/api/v1/users"): {Role.ADMIN},
    ("POST", "/api/v1/users"): {Role.ADMIN},
    ("PUT", "/api/v1/users/{id}"): {Role.ADMIN},
    ("POST", "/api/v1/users/{id}/password"): {Role.ADMIN},
    ("DELETE", "/api/v1/users/{id}/second-factor"): {Role.ADMIN},
    ("GET", "/api/v1/sessions"): {Role.ADMIN},
    ("DELETE", "/api/v1/sessions/{id}"): {Role.ADMIN},
    ("GET", "/api/v1/audit"): {Role.MANAGER, Role.ADMIN},
    ("GET", "/api/v1/desk/me/state"): OPERATING,
    ("POST", "/api/v1/desk/me/state"): OPERATING,
    ("POST", "/api/v1/desk/me/sign-on"): OPERATING,
    ("POST", "/api/v1/desk/me/wrap-up/extension"): OPERATING,
    ("POST", "/api/v1/desk/me/call-back"): OPERATING,
    ("GET", "/api/v1/agents/times"): SUPERVISING,
    ("GET", "/api/v1/roster"): OPERATING,
    ("PUT", "/api/v1/roster/entry"): SUPERVISING,
    ("PUT", "/api/v1/roster/chore"): SUPERVISING,
    ("GET", "/api/v1/shift-swaps"): OPERATING,
    ("POST", "/api/v1/shift-swaps"): OPERATING,
    ("POST", "/api/v1/shift-swaps/{id}/answer"): OPERATING,
    ("GET", "/api/v1/handovers"): OPERATING,
    ("GET", "/api/v1/handovers/draft"): OPERATING,
    ("POST", "/api/v1/handovers"): OPERATING,
    ("POST", "/api/v1/handovers/{id}/signature"): OPERATING,
    ("GET", "/api/v1/floor"): SUPERVISING,
    ("POST", "/api/v1/floor/places"): SUPERVISING,
    ("POST", "/api/v1/agents/{id}/listen"): SUPERVISING,
    ("POST", "/api/v1/agents/{id}/whisper"): SUPERVISING,
    ("POST", "/api/v1/agents/{id}/barge"): SUPERVISING,
    ("POST", "/api/v1/agents/{id}/take-over"): SUPERVISING,
    ("POST", "/api/v1/agents/{id}/state"): SUPERVISING,
    ("POST", "/api/v1/agents/{id}/log-out"): SUPERVISING,
    ("GET", "/api/v1/live"): OPERATING | {Role.FRONT_DESK},
    ("GET", "/api/v1/desk/phones"): OPERATING,
    ("POST", "/api/v1/desk/phone"): OPERATING,
    ("POST", "/api/v1/desk/call"): OPERATING,
    ("DELETE", "/api/v1/desk/phone"): OPERATING,
    ("GET", "/api/v1/desk/line"): OPERATING,
    ("GET", "/api/v1/desk/sip"): OPERATING,
    ("GET", "/api/v1/calls"): EVERYBODY,
    ("GET", "/api/v1/calls/{id}"): EVERYBODY,
    ("GET", "/api/v1/calls/figures"): SUPERVISING,
    ("POST", "/api/v1/calls/{id}/recording/pause"): OPERATING,
    ("POST", "/api/v1/calls/{id}/recording/resume"): OPERATING,
    ("GET", "/api/v1/calls/{id}/links"): EVERYBODY,
    ("GET", "/api/v1/call-subjects"): CARD_KEEPING,
    ("POST", "/api/v1/calls/{id}/links"): CARD_KEEPING,
    ("POST", "/api/v1/call-links/{id}/removal"): CARD_KEEPING,
    ("GET", "/api/v1/guests"): EVERYBODY,
    ("GET", "/api/v1/guests/search"): EVERYBODY,
    ("GET", "/api/v1/guest-levels"): EVERYBODY,
    ("GET", "/api/v1/guests/name-check"): EVERYBODY,
    ("GET", "/api/v1/guests/export"): SUPERVISING,
    ("POST", "/api/v1/guests"): CARD_KEEPING,
    ("GET", "/api/v1/guests/{id}"): EVERYBODY,
    ("PUT", "/api/v1/guests/{id}"): CARD_KEEPING,
    ("GET", "/api/v1/guests/{id}/history"): EVERYBODY,
    ("POST", "/api/v1/guests/{id}/documents"): CARD_KEEPING,
    ("DELETE", "/api/v1/guest-documents/{id}"): CARD_KEEPING,
    ("POST", "/api/v1/guest-documents/{id}/reveal"): REVEALING,
    ("POST", "/api/v1/guests/{id}/contacts"): CARD_KEEPING,
    ("POST", "/api/v1/guests/{id}/check"): SUPERVISING,
    ("POST", "/api/v1/guests/{id}/review"): MANAGING,
    ("POST", "/api/v1/guests/{id}/conversion"): CARD_KEEPING,
    ("GET", "/api/v1/guests/{id}/claims"): EVERYBODY,
    ("POST", "/api/v1/guests/{id}/claims"): CARD_KEEPING,
    ("PUT", "/api/v1/guests/{id}/owner"): MANAGING,
    ("GET", "/api/v1/guest-disputes"): EVERYBODY,
    ("GET", "/api/v1/guest-owners"): EVERYBODY,
    ("PUT", "/api/v1/guest-owners/{id}"): MANAGING,
    ("GET", "/api/v1/follow-ups"): EVERYBODY,
    ("POST", "/api/v1/follow-ups/{id}/done"): CARD_KEEPING,
    ("POST", "/api/v1/follow-ups/{id}/dropped"): CARD_KEEPING,
    ("GET", "/api/v1/guests/{id}/merge-preview"): SUPERVISING,
    ("GET", "/api/v1/guests/{id}/merges"): EVERYBODY,
    ("POST", "/api/v1/guests/{id}/merges"): SUPERVISING,
    ("POST", "/api/v1/guest-merges/{id}/undoing"): SUPERVISING,
    ("GET", "/api/v1/guest-imports"): MANAGING,
    ("POST", "/api/v1/guest-imports"): MANAGING,
    ("GET", "/api/v1/guest-imports/{id}"): MANAGING,
    ("POST", "/api/v1/guest-imports/{id}/run"): MANAGING,
    ("DELETE", "/api/v1/guest-imports/{id}"): MANAGING,
    ("GET", "/api/v1/guest-imports/{id}/errors"): MANAGING,
    ("GET", "/api/v1/guests/{id}/memberships"): EVERYBODY,
    ("POST", "/api/v1/guests/{id}/memberships"): CARD_KEEPING,
    ("GET", "/api/v1/memberships"): EVERYBODY,
    ("POST", "/api/v1/memberships/{id}/decision"): SUPERVISING,
    ("POST", "/api/v1/memberships/{id}/closing"): SUPERVISING,
    ("POST", "/api/v1/memberships/{id}/sales"): CARD_KEEPING,
    ("GET", "/api/v1/stored-value-sales"): SUPERVISING,
    ("POST", "/api/v1/stored-value-sales/reconciliation"): SUPERVISING,
    ("GET", "/api/v1/companies"): EVERYBODY,
    ("POST", "/api/v1/companies"): SUPERVISING,
    ("PUT", "/api/v1/companies/{id}"): SUPERVISING,
    ("GET", "/api/v1/stays"): IN_HOUSE,
    ("POST", "/api/v1/stays"): RECEIVING,
    ("GET", "/api/v1/stays/{id}"): IN_HOUSE,
    ("PATCH", "/api/v1/stays/{id}"): RECEIVING,
    ("POST", "/api/v1/stays/{id}/extension"): RECEIVING,
    ("POST", "/api/v1/stays/{id}/overnight"): RECEIVING,
    ("POST", "/api/v1/stays/{id}/move"): RECEIVING,
    ("POST", "/api/v1/stays/{id}/link"): RECEIVING,
    ("DELETE", "/api/v1/stays/{id}/link"): RECEIVING,
    ("PUT", "/api/v1/stays/{id}/group"): RECEIVING,
    ("PUT", "/api/v1/stays/{id}/commission"): {Role.MANAGER, Role.ADMIN},
    ("POST", "/api/v1/stays/{id}/check-out"): RECEIVING,
    ("DELETE", "/api/v1/stays/{id}/check-out"): RECEIVING,
    ("POST", "/api/v1/stays/{id}/folio"): RECEIVING,
    ("PATCH", "/api/v1/folio-lines/{id}"): RECEIVING,
    ("POST", "/api/v1/folio-lines/{id}/reversal"): RECEIVING,
    ("POST", "/api/v1/folio-lines/{id}/transfer"): RECEIVING,
    ("POST", "/api/v1/stays/{id}/messages"): IN_HOUSE,
    ("GET", "/api/v1/messages/due"): IN_HOUSE,
    ("PUT", "/api/v1/messages/{id}/delivered"): IN_HOUSE,
    ("GET", "/api/v1/wake-ups"): IN_HOUSE,
    ("POST", "/api/v1/wake-ups"): IN_HOUSE,
    ("POST", "/api/v1/stays/{id}/wake-ups"): IN_HOUSE,
    ("PUT", "/api/v1/stays/{id}/do-not-disturb"): IN_HOUSE,
    ("DELETE", "/api/v1/wake-ups/{id}"): IN_HOUSE,
    ("POST", "/api/v1/calls/{id}/guest-search"): IN_HOUSE,
    ("POST", "/api/v1/calls/{id}/guest-connection"): IN_HOUSE,
    ("POST", "/api/v1/calls/{id}/guest-room"): IN_HOUSE,
    ("GET", "/api/v1/calls/{id}/caller-marks"): EVERYBODY,
    ("POST", "/api/v1/calls/{id}/caller-marks"): OPERATING,
    ("DELETE", "/api/v1/calls/{id}/caller-block"): SUPERVISING,
    ("GET", "/api/v1/interpreters"): OPERATING,
    ("POST", "/api/v1/calls/{id}/interpreter"): OPERATING,
    ("GET", "/api/v1/emergencies"): EVERYBODY,
    ("POST", "/api/v1/emergencies"): EVERYBODY,
    ("GET", "/api/v1/emergencies/{id}"): EVERYBODY,
    ("PUT", "/api/v1/emergencies/{id}/kind"): EVERYBODY,
    ("POST", "/api/v1/emergencies/{id}/ticks"): EVERYBODY,
    ("POST", "/api/v1/emergencies/{id}/notes"): EVERYBODY,
    ("POST", "/api/v1/emergencies/{id}/responders"): EVERYBODY,
    ("POST", "/api/v1/emergencies/{id}/close"): EVERYBODY,
    ("GET", "/api/v1/due-calls"): OPERATING,
    ("GET", "/api/v1/due-calls/closed"): OPERATING,
    ("POST", "/api/v1/due-calls/{id}/take"): OPERATING,
    ("POST", "/api/v1/due-calls/{id}/give-back"): OPERATING,
    ("POST", "/api/v1/due-calls/{id}/finish"): OPERATING,
    ("GET", "/api/v1/lost-callers"): OPERATING,
    ("POST", "/api/v1/lost-callers/call-back"): OPERATING,
    ("GET", "/api/v1/availability"): IN_HOUSE,
    ("GET", "/api/v1/customer-credit"): IN_HOUSE,
    ("GET", "/api/v1/hotel-calendar"): IN_HOUSE,
    ("GET", "/api/v1/meetings"): IN_HOUSE,
    ("GET", "/api/v1/rate-plans"): IN_HOUSE,
    ("GET", "/api/v1/reservation-form"): IN_HOUSE,
    ("GET", "/api/v1/reservations"): IN_HOUSE,
    ("GET", "/api/v1/reservations/{number}"): IN_HOUSE,
    ("GET", "/api/v1/reservations/{number}/changes"): IN_HOUSE,
    ("GET", "/api/v1/reservations/{number}/free-rooms"): IN_HOUSE,
    ("GET", "/api/v1/room-chart"): IN_HOUSE,
    ("GET", "/api/v1/room-plan"): IN_HOUSE,
    ("GET", "/api/v1/seasons"): IN_HOUSE,
    ("POST", "/api/v1/group-reservations"): IN_HOUSE,
    ("POST", "/api/v1/meetings"): IN_HOUSE,
    ("POST", "/api/v1/reservation-offers"): IN_HOUSE,
    ("POST", "/api/v1/reservations"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/cancel"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/confirm"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/contacts"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/copies"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/deposits"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/reinstate"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/rooms/automatic"): IN_HOUSE,
    ("PUT", "/api/v1/group-reservations/{number}"): IN_HOUSE,
    ("PUT", "/api/v1/reservations/{number}"): IN_HOUSE,
    ("PUT", "/api/v1/reservations/{number}/guests"): IN_HOUSE,
    ("PUT", "/api/v1/reservations/{number}/rooms"): IN_HOUSE,
    ("DELETE", "/api/v1/reservations/{number}"): IN_HOUSE,
    ("POST", "/api/v1/reservations/{number}/forfeits"): RUNNING_ROOMS,
    ("POST", "/api/v1/reservations/{number}/refunds"): RUNNING_ROOMS,
    ("POST", "/api/v1/reservations/{number}/no-show"): RUNNING_ROOMS,
    ("POST", "/api/v1/room-outages"): RUNNING_ROOMS,
    ("DELETE", "/api/v1/room-outages/{id}"): RUNNING_ROOMS,
    ("GET", "/api/v1/reservation-figures"): SUPERVISING,
    ("GET", "/api/v1/reservations/export"): SUPERVISING,
    ("POST", "/api/v1/reservations/{number}/unconfirm"): SUPERVISING,
    ("POST", "/api/v1/reservations/{number}/approve"): MANAGING,
    ("PUT", "/api/v1/rate-plans/{number}"): MANAGING,
    ("POST", "/api/v1/seasons"): MANAGING,
    ("PUT", "/api/v1/seasons/{id}"): MANAGING,
    ("PUT", "/api/v1/room-types/{id}"): MANAGING,
    ("DELETE", "/api/v1/seasons/{id}"): MANAGING,
    ("GET", "/api/v1/day-prices"): IN_HOUSE,
    ("PUT", "/api/v1/day-prices"): MANAGING,
    ("GET", "/api/v1/calendar-feeds"): MANAGING,
    ("POST", "/api/v1/calendar-feeds"): MANAGING,
    ("DELETE", "/api/v1/calendar-feeds/{id}"): MANAGING,
    ("GET", "/api/v1/audit-runs"): SUPERVISING,
    ("PUT", "/api/v1/meetings/{number}"): IN_HOUSE,
    ("GET", "/api/v1/free-rooms"): IN_HOUSE,
    ("GET", "/api/v1/known-persons"): RECEIVING,
    ("GET", "/api/v1/purchase-tracking"): SUPERVISING,
    ("GET", "/api/v1/missed-cards"): SUPERVISING,
    ("GET", "/api/v1/reception-log"): EVERYBODY,
    ("POST", "/api/v1/prints"): IN_HOUSE,
    ("GET", "/api/v1/change-notices"): EVERYBODY,
    ("PUT", "/api/v1/change-notices/{id}/read"): EVERYBODY,
    ("GET", "/api/v1/room-moves"): IN_HOUSE,
    ("PUT", "/api/v1/role-discount-ceilings/{number}"): {Role.ADMIN},
    ("GET", "/api/v1/discount-ceilings"): MANAGING,
    ("PUT", "/api/v1/discount-ceilings/{id}"): {Role.ADMIN},
    ("GET", "/api/v1/room-outages"): EVERYBODY,
    ("GET", "/api/v1/room-types"): EVERYBODY,
    ("GET", "/api/v1/rooms"): EVERYBODY,
    ("PUT", "/api/v1/rooms/{number}/condition"): RUNNING_ROOMS | {Role.DEPARTMENT},
}
SIGNING_OUT = ("DELETE", "/api/v1/session")
FILES = (
    "/api/v1/handovers",
    "/api/v1/agents/times",
    "/api/v1/account/sessions",
    "/api/v1/audit",
    "/api/v1/audit-runs",
    "/api/v1/calendar-feeds",
    "/api/v1/calls",
    "/api/v1/calls/figures",
    "/api/v1/companies",
    "/api/v1/day-prices",
    "/api/v1/discount-ceilings",
    "/api/v1/due-calls",
    "/api/v1/due-calls/closed",
    "/api/v1/follow-ups",
    "/api/v1/guest-disputes",
    "/api/v1/guest-imports",
    "/api/v1/guest-owners",
    "/api/v1/hotel-calendar",
    "/api/v1/lost-callers",
    "/api/v1/meetings",
    "/api/v1/memberships",
    "/api/v1/messages/due",
    "/api/v1/missed-cards",
    "/api/v1/rate-plans",
    "/api/v1/purchase-tracking",
    "/api/v1/reception-log",
    "/api/v1/room-moves",
    "/api/v1/room-outages",
    "/api/v1/room-types",
    "/api/v1/rooms",
    "/api/v1/seasons",
    "/api/v1/sessions",
    "/api/v1/stays",
    "/api/v1/stored-value-sales",
    "/api/v1/users",
    "/api/v1/wake-ups",
)
"""Lists that whoever sees them may take along as a file."""

ALLOWED |= {("GET", f"{path}/export"): ALLOWED["GET", path] for path in FILES}
ALLOWED |= {
    ("GET", f"/api/v1/reservation-figures/export/{part}"): ALLOWED["GET", "/api/v1/reservation-figures"]
    for part in ("salespeople", "sources", "days", "credits")
}

PUBLIC = {
    ("GET", "/api/v1/arrivals.ics"),
    ("POST", "/api/v1/session"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/{path}"),
    ("GET", "/api/v1/openapi.json"),
}


@pytest.mark.parametrize("role", Role)
async def test_given_a_role_when_it_knocks_at_every_route_then_it_is_let_in_exactly_where_it_may(
    application: Application, role: Role
) -> None:
    csrf = await application.sign_in(role.value)
    for (method, path), allowed in ALLOWED.items():
        address = path.format(id=17, number=17) + (SPAN if path.endswith(("figures", "times")) else "")

        answer = await application.client.request(method, address, headers=csrf)

        assert answer.status != 401, (method, path)
        assert (answer.status != 403) is (role in allowed), (method, path, answer.status)
        if (method, path) == SIGNING_OUT:
            csrf = await application.sign_in(role.value)


async def test_given_nobody_signed_in_when_knocking_at_every_route_then_only_the_public_ones_open(
    application: Application,
) -> None:
    for method, path in ALLOWED:
        answer = await application.client.request(method, path.format(id=17, number=17))
        assert answer.status == 401, (method, path)


def test_given_the_routes_of_the_application_when_listed_then_each_is_entered_above(application: Application) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in application.web.router.routes()
        if isinstance(route, web.ResourceRoute) and route.resource is not None and route.method != "HEAD"
    }

    assert served == set(ALLOWED) | PUBLIC


def test_given_a_role_that_no_longer_exists_when_looked_up_then_it_may_nothing() -> None:
    assert permissions_of("concierge") == frozenset()
