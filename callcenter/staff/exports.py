"""Staff, sessions and the audit log as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from callcenter.settings import Words
from callcenter.staff.audit_routes import read_audit
from callcenter.staff.routes import own_sessions
from callcenter.staff.user_routes import list_sessions, list_users
from callcenter.web.export import Column, choice, column
from callcenter.web.lists import Listing, exported

_ROLES = {
    "operator": ("话务员", "operator"),
    "supervisor": ("主管", "supervisor"),
    "manager": ("经理", "manager"),
    "front_desk": ("前台", "front desk"),
    "department": ("部门", "department"),
    "admin": ("管理员", "administrator"),
}


def _json(content: Mapping[str, Any] | None) -> str:
    return "" if content is None else json.dumps(content, ensure_ascii=False)


_USERS = (
    column("用户名", "User name", "username"),
    column("姓名", "Name", "name"),
    choice("角色", "Role", "role", _ROLES, 12),
    column("在用", "Active", "active", 8),
    column("待改密码", "Password to be changed", "must_change_password", 12),
    column("两步验证", "Second factor", "second_factor", 12),
    column("建立时间", "Created", "created_at", 18),
    column("最近使用", "Last seen", "seen_at", 18),
)
_SESSIONS = (
    column("用户名", "User name", "username"),
    column("姓名", "Name", "name"),
    column("登录时间", "Begun", "created_at", 18),
    column("最近使用", "Last used", "used_at", 18),
    column("地址", "Address", "address"),
    column("浏览器", "Browser", "browser", 40),
)
_AUDIT: tuple[Column[Any], ...] = (
    column("时间", "Time", "at", 18),
    column("操作员", "User", "user"),
    column("操作", "Action", "action", 24),
    column("对象", "About", "subject_type"),
    column("对象编号", "Number", "subject_id", 12),
    Column(Words(zh="变更前", en="Before"), lambda row: _json(row.before), 40),
    Column(Words(zh="变更后", en="After"), lambda row: _json(row.after), 40),
    column("备注", "Note", "note", 24),
    column("地址", "Address", "address"),
)

routes = [
    exported("/api/v1/users", list_users, Listing("users", Words(zh="用户", en="Users"), _USERS)),
    exported("/api/v1/sessions", list_sessions, Listing("sessions", Words(zh="登录", en="Sessions"), _SESSIONS)),
    exported(
        "/api/v1/account/sessions",
        own_sessions,
        Listing("own-sessions", Words(zh="我的登录", en="Own sessions"), _SESSIONS),
    ),
    exported("/api/v1/audit", read_audit, Listing("audit", Words(zh="审计日志", en="Audit log"), _AUDIT)),
]
