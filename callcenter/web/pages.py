"""The built pages of agents_ui: files where there are some, the one-page application everywhere else."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from callcenter.errors import NotFound
from callcenter.web.identity import public

PAGES: web.AppKey[Path] = web.AppKey("pages", Path)

_NOT_BUILT = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>页面尚未生成 · Pages not built</title>
<body><h1>页面尚未生成</h1><p>请运行 <code>./run serve</code> 或 <code>./run demo</code>，它会生成页面。</p>
<h1>The pages are not built yet</h1>
<p>Run <code>./run serve</code> or <code>./run demo</code>, which build them. The API is up.</p></body></html>
"""


@public
async def page(request: web.Request) -> web.StreamResponse:
    """Send a file of the built pages, or the application itself for any other path outside the API."""
    path = request.match_info["path"]
    if path.startswith("api/"):
        raise NotFound(kind="address", id=f"/{path}"[:200])
    root = request.app[PAGES]
    index = root / "index.html"
    if not index.is_file():
        return web.Response(text=_NOT_BUILT, content_type="text/html", status=503)
    file = _inside(root, path)
    if file is None and path.startswith("assets/"):
        raise NotFound(kind="file", id=path[:200])
    caching = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
    return web.FileResponse(file or index, headers={"Cache-Control": caching})


def _inside(root: Path, path: str) -> Path | None:
    """Find a file below `root`; None when there is none or the path leads out of it."""
    if not path.isprintable() or not path:
        return None
    try:
        file = (root / path).resolve()
        return file if file.is_relative_to(root.resolve()) and file.is_file() else None
    except OSError:  # a name longer than any file's
        return None
