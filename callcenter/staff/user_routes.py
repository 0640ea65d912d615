"""Users, rights and everybody's sessions over HTTP, for those who may manage them."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from callcenter.staff.parts import PARTS, PERSON
from callcenter.staff.roles import PERMISSIONS
from callcenter.staff.schemas import (
    MemberOut,
    NewPasswordOut,
    NewUserIn,
    NewUserOut,
    RoleList,
    RoleOut,
    SessionList,
    UserChange,
    UserList,
    session_row,
)
from callcenter.staff.service import NewUser
from callcenter.web.identity import address_of, requires
from callcenter.web.inputs import body, path_id
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content

routes = web.RouteTableDef()


@routes.get("/api/v1/roles")
@documented(Contract(answer=RoleList))
@requires("staff.manage")
async def list_roles(request: web.Request) -> web.Response:
    """Show which role carries which permissions."""
    rows = [RoleOut(role=role, permissions=sorted(permissions)) for role, permissions in PERMISSIONS.items()]
    return answer(RoleList(items=rows))


@routes.get("/api/v1/users")
@documented(Contract(answer=UserList))
@requires("staff.manage")
async def list_users(request: web.Request) -> web.Response:
    """Show every user, the active first."""
    members = await request.app[PARTS].users.all()
    return answer(UserList(items=[MemberOut.model_validate(member) for member in members]))


@routes.post("/api/v1/users")
@documented(Contract(body=NewUserIn, answer=NewUserOut, status=HTTPStatus.CREATED))
@requires("staff.manage")
async def create_user(request: web.Request) -> web.Response:
    """Add a user; the password is told only now."""
    wanted = await body(request, NewUserIn)
    member, password = await request.app[PARTS].users.create(
        NewUser(wanted.username, wanted.name, wanted.role), request[PERSON], address_of(request)
    )
    return answer(NewUserOut(user=MemberOut.model_validate(member), password=password), HTTPStatus.CREATED)


@routes.put("/api/v1/users/{id}")
@documented(Contract(body=UserChange, answer=MemberOut))
@requires("staff.manage")
async def change_user(request: web.Request) -> web.Response:
    """Set name, role and whether the user may sign in."""
    number = path_id(request, "user")
    wanted = await body(request, UserChange)
    member = await request.app[PARTS].users.change(
        number, wanted.name, wanted.role, wanted.active, request[PERSON], address_of(request)
    )
    return answer(MemberOut.model_validate(member))


@routes.post("/api/v1/users/{id}/password")
@documented(Contract(answer=NewPasswordOut))
@requires("staff.manage")
async def reset_password(request: web.Request) -> web.Response:
    """Give a new random password, told only now, and end the user's sessions and lock-out."""
    number = path_id(request, "user")
    password = await request.app[PARTS].users.reset_password(number, request[PERSON], address_of(request))
    return answer(NewPasswordOut(password=password))


@routes.delete("/api/v1/users/{id}/second-factor")
@documented(Contract(status=HTTPStatus.NO_CONTENT))
@requires("staff.manage")
async def remove_second_factor(request: web.Request) -> web.Response:
    """Take the second factor from a user who lost it."""
    number = path_id(request, "user")
    await request.app[PARTS].users.remove_second_factor(number, request[PERSON], address_of(request))
    return no_content()


@routes.get("/api/v1/sessions")
@documented(Contract(answer=SessionList))
@requires("staff.manage")
async def list_sessions(request: web.Request) -> web.Response:
    """Show who is signed in, and where."""
    found = await request.app[PARTS].sessions.open()
    own = request[PERSON].session_id
    return answer(SessionList(items=[session_row(one, own) for one in found]))


@routes.delete("/api/v1/sessions/{id}")
@documented(Contract(status=HTTPStatus.NO_CONTENT, ids="string"))
@requires("staff.manage")
async def revoke_session(request: web.Request) -> web.Response:
    """End anybody's session."""
    await request.app[PARTS].sessions.revoke(request.match_info["id"], request[PERSON], address_of(request))
    return no_content()
