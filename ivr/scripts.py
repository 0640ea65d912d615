"""Which script of the FastAGI server serves a connection: by the first part of the path that the dialplan asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ivr.agi import AgiRefused, AgiSession

Script = Callable[[AgiSession], Awaitable[None]]


def by_name(scripts: Mapping[str, Script]) -> Script:
    """Serve each connection by the script that it asks for: `menu/main` by `menu`."""

    async def serve(agi: AgiSession) -> None:
        script = scripts.get(agi.script.partition("/")[0])
        if script is None:
            raise AgiRefused(f"there is no script {agi.script!r}")
        await script(agi)

    return serve
