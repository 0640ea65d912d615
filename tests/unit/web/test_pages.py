"""The built pages: files, the one-page application for every other path, nothing outside the folder."""

from pathlib import Path

import pytest

from tests.application import Application


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the application</title>")
    (folder / "assets" / "app-1a2b.js").write_text("go()")
    (tmp_path / "secret.txt").write_text("what nobody may read")
    return folder


@pytest.mark.parametrize("path", ["/", "/calls", "/calls/17", "/index.html", "/login?next=/"])
async def test_given_built_pages_when_any_path_is_opened_then_the_application_answers_uncached(
    pages: Path, application: Application, path: str
) -> None:
    answer = await application.client.get(path)

    assert answer.status == 200
    assert "the application" in await answer.text()
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_given_a_built_file_when_asked_for_then_it_comes_and_may_be_kept_for_ever(
    pages: Path, application: Application
) -> None:
    answer = await application.client.get("/assets/app-1a2b.js")

    assert (answer.status, await answer.text()) == (200, "go()")
    assert "javascript" in answer.content_type
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%2e%2e/secret.txt", "/a%00b"])
async def test_given_a_path_that_leads_out_of_the_folder_when_asked_then_nothing_of_it_is_sent(
    pages: Path, application: Application, path: str
) -> None:
    answer = await application.client.get(path)

    assert "nobody may read" not in await answer.text()
    assert answer.status in (200, 404)


async def test_given_a_link_out_of_the_folder_when_asked_for_then_it_is_not_followed(
    pages: Path, application: Application
) -> None:
    (pages / "link.txt").symlink_to(pages.parent / "secret.txt")

    answer = await application.client.get("/link.txt")

    assert "nobody may read" not in await answer.text()


async def test_given_no_built_pages_when_opened_then_both_languages_say_what_to_run(application: Application) -> None:
    answer = await application.client.get("/")

    text = await answer.text()
    assert answer.status == 503
    assert "页面尚未生成" in text
    assert "The pages are not built yet" in text
    assert "./run" in text


@pytest.mark.parametrize("path", ["/" + "a" * 300, "/assets/" + "a" * 300])
async def test_given_a_path_longer_than_any_file_name_when_opened_then_it_is_no_file_and_no_fault_of_ours(
    pages: Path, application: Application, path: str
) -> None:
    answer = await application.client.get(path)

    assert answer.status == (404 if path.startswith("/assets") else 200)
