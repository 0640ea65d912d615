"""Managing users and sessions: passwords told once, the last administrator stays, what changed is in the audit log."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.staff.models import AuditEntry, User
from tests.application import PASSWORD, Application

USERS = "/api/v1/users"
SESSION = "/api/v1/session"


async def test_given_a_new_user_when_signing_in_then_nothing_is_possible_before_the_password_is_changed(
    application: Application,
) -> None:
    password = await _create(application, "lin.mei")
    csrf = await _sign_in(application, "lin.mei", password)

    refused = await application.client.get("/api/v1/calls")
    session = await (await application.client.get(SESSION)).json()
    same = await _change_password(application, csrf, password, password)
    changed = await _change_password(application, csrf, password, "my own password")

    assert (refused.status, (await refused.json())["code"]) == (403, "password_change_required")
    assert session["user"]["must_change_password"] is True
    assert (same.status, (await same.json())["code"]) == (409, "password_unchanged")
    assert changed.status == 204
    assert (await application.client.get("/api/v1/calls")).status == 200


async def test_given_a_name_that_is_taken_when_creating_then_refused(application: Application) -> None:
    csrf = await application.sign_in("admin")

    answer = await application.client.post(
        USERS, json={"username": "operator", "name": "Another", "role": "operator"}, headers=csrf
    )

    assert (answer.status, (await answer.json())["code"]) == (409, "username_taken")


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""},
        {"username": "with space"},
        {"username": "../x"},
        {"role": "king"},
        {"name": ""},
        {"name": "a\u0000b"},
        {"extra": 1},
    ],
)
async def test_given_a_user_that_does_not_fit_when_creating_then_it_is_said(
    application: Application, wrong: dict[str, Any]
) -> None:
    csrf = await application.sign_in("admin")

    answer = await application.client.post(
        USERS, json={"username": "new", "name": "New", "role": "operator", **wrong}, headers=csrf
    )

    assert answer.status == 422


async def test_given_users_when_listed_then_the_active_come_first_and_none_shows_a_secret(
    application: Application,
) -> None:
    csrf = await application.sign_in("admin")
    await _change(application, csrf, "department", active=False)

    text = await (await application.client.get(USERS)).text()
    items = (await (await application.client.get(USERS)).json())["items"]

    assert [item["username"] for item in items] == [
        "admin",
        "front_desk",
        "manager",
        "operator",
        "supervisor",
        "department",
    ]
    assert items[0]["seen_at"] == "2026-11-21T04:00:00Z"
    assert "argon2" not in text
    assert "totp_secret" not in text


@pytest.mark.parametrize("change", [{"role": "department"}, {"active": False}])
async def test_given_a_user_at_work_when_role_or_leave_to_sign_in_changes_then_the_sessions_end(
    application: Application, change: dict[str, Any]
) -> None:
    token = await _token_of(application, "supervisor")
    csrf = await application.sign_in("admin")

    assert (await _change(application, csrf, "supervisor", **change)).status == 200

    assert await application.logins.find(token, extend=False) is None


async def test_given_a_user_at_work_when_only_the_name_changes_then_work_goes_on(application: Application) -> None:
    token = await _token_of(application, "supervisor")
    csrf = await application.sign_in("admin")

    changed = await _change(application, csrf, "supervisor", name="Somebody Else")

    assert (await changed.json())["seen_at"] == "2026-11-21T04:00:00Z"
    found = await application.logins.find(token, extend=False)
    assert found is not None
    assert found.name == "Somebody Else"


@pytest.mark.parametrize("change", [{"role": "manager"}, {"active": False}])
async def test_given_the_last_administrator_when_the_rights_are_to_go_then_refused(
    application: Application, change: dict[str, Any]
) -> None:
    csrf = await application.sign_in("admin")

    answer = await _change(application, csrf, "admin", **change)

    assert (answer.status, (await answer.json())["code"]) == (409, "last_manager")
    assert (await application.client.get(USERS)).status == 200


async def test_given_two_administrators_when_each_deactivates_the_other_at_once_then_one_remains(
    application: Application,
) -> None:
    csrf = await application.sign_in("admin")
    await _change(application, csrf, "manager", role="admin")

    await asyncio.gather(
        _change(application, csrf, "admin", active=False), _change(application, csrf, "manager", active=False)
    )

    async with application.database.read() as session:
        left = (await session.scalars(select(User.username).where(User.role == "admin", User.active))).all()
    assert len(left) == 1


async def test_given_a_change_when_made_then_the_audit_log_has_only_what_changed_before_and_after(
    application: Application,
) -> None:
    csrf = await application.sign_in("admin")

    await _change(application, csrf, "operator", role="supervisor")
    await _change(application, csrf, "operator", role="supervisor")

    (entry,) = await _entries(application, "user.changed")
    assert (entry.username, entry.subject_type, entry.subject_id) == ("admin", "user", "operator")
    assert (entry.before, entry.after) == ({"role": "operator"}, {"role": "supervisor"})


async def test_given_a_forgotten_password_when_reset_then_only_the_new_one_fits_and_the_lock_out_ends(
    application: Application,
) -> None:
    for _ in range(5):
        await application.client.post(SESSION, json={"username": "operator", "password": "guess"})
    csrf = await application.sign_in("admin")

    answer = await application.client.post(f"{USERS}/{await _id(application, 'operator')}/password", headers=csrf)

    password = (await answer.json())["password"]
    old = await application.client.post(SESSION, json={"username": "operator", "password": PASSWORD})
    assert old.status == 401
    await _sign_in(application, "operator", password)
    assert (await application.client.get("/api/v1/calls")).status == 403
    (entry,) = await _entries(application, "password.reset")
    assert password not in str((entry.before, entry.after, entry.note))


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/4711"), ("POST", "/4711/password"), ("DELETE", "/4711/second-factor"), ("PUT", "/x"), ("PUT", "/0")],
)
async def test_given_a_user_who_does_not_exist_when_changed_then_not_found(
    application: Application, method: str, path: str
) -> None:
    csrf = await application.sign_in("admin")

    answer = await application.client.request(
        method, USERS + path, json={"name": "A", "role": "operator", "active": True}, headers=csrf
    )

    assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


async def test_given_sessions_in_several_places_when_one_is_revoked_then_only_it_ends(
    application: Application,
) -> None:
    elsewhere = await _token_of(application, "operator")
    csrf = await application.sign_in("operator")
    items = (await (await application.client.get("/api/v1/account/sessions")).json())["items"]
    (other,) = [item for item in items if not item["own"]]

    answer = await application.client.delete(f"/api/v1/account/sessions/{other['id']}", headers=csrf)

    assert len(items) == 2
    assert answer.status == 204
    assert await application.logins.find(elsewhere, extend=False) is None
    assert (await application.client.get(SESSION)).status == 200
    (entry,) = await _entries(application, "session.revoked")
    assert entry.before == {"address": "127.0.0.1", "browser": other["browser"]}


async def test_given_a_session_of_somebody_else_when_revoked_as_ones_own_then_not_found(
    application: Application,
) -> None:
    token = await _token_of(application, "supervisor")
    await application.sign_in("admin")
    everybody = (await (await application.client.get("/api/v1/sessions")).json())["items"]
    (theirs,) = [item["id"] for item in everybody if item["username"] == "supervisor"]
    csrf = await application.sign_in("operator")

    answer = await application.client.delete(f"/api/v1/account/sessions/{theirs}", headers=csrf)

    assert answer.status == 404
    assert await application.logins.find(token, extend=False) is not None
    admin = await application.sign_in("admin")
    assert (await application.client.delete(f"/api/v1/sessions/{theirs}", headers=admin)).status == 204
    assert await application.logins.find(token, extend=False) is None


@pytest.mark.parametrize("name", ["%25", "_______________%5F", "ffff", "%20", "%00" * 16])
async def test_given_part_of_a_name_or_a_pattern_when_revoking_then_no_session_ends(
    application: Application, name: str
) -> None:
    csrf = await application.sign_in("admin")

    assert (await application.client.delete(f"/api/v1/sessions/{name}", headers=csrf)).status == 404
    assert (await application.client.get(SESSION)).status == 200


async def _create(application: Application, username: str) -> str:
    csrf = await application.sign_in("admin")
    answer = await application.client.post(
        USERS, json={"username": username, "name": "林梅", "role": "operator"}, headers=csrf
    )
    assert answer.status == 201, await answer.text()
    return str((await answer.json())["password"])


async def _change(application: Application, csrf: dict[str, str], username: str, **change: Any) -> Any:
    whole = {"name": f"Test {username}", "role": username, "active": True, **change}
    return await application.client.put(f"{USERS}/{await _id(application, username)}", json=whole, headers=csrf)


async def _change_password(application: Application, csrf: dict[str, str], current: str, new: str) -> Any:
    return await application.client.put(f"{SESSION}/password", json={"current": current, "new": new}, headers=csrf)


async def _sign_in(application: Application, username: str, password: str) -> dict[str, str]:
    answer = await application.client.post(SESSION, json={"username": username, "password": password})
    assert answer.status == 200, await answer.text()
    return {"X-CSRF-Token": (await answer.json())["csrf"]}


async def _token_of(application: Application, username: str) -> str:
    await application.sign_in(username)
    cookies = application.client.session.cookie_jar.filter_cookies(application.client.make_url("/"))
    return cookies["callcenter_session"].value


async def _id(application: Application, username: str) -> int:
    async with application.database.read() as session:
        return (await session.scalars(select(User.id).where(User.username == username))).one()


async def _entries(application: Application, action: str) -> list[AuditEntry]:
    async with application.database.read() as session:
        return list(await session.scalars(select(AuditEntry).where(AuditEntry.action == action)))
