"""The links of the header where there are three languages."""

from __future__ import annotations

import re

from explorer.text import LANGUAGES, text_in
from tests.browser.conftest import Visit
from tests.serving import start_app
from tests.third_language import THIRD, TITLE


def test_every_link_of_the_header_leads_to_the_same_tab_in_its_language(browser, tmp_path):
    with start_app(tmp_path / "log.txt", ["-m", "tests.third_language"]) as running:
        opened = Visit(browser.new_context(), running.address, 1280, 720)
        page = opened.page
        page.goto(f"{running.address}{THIRD.path}?tab=shapes&model=resnet34")
        for language in ("zh", "en"):
            page.get_by_role("heading", name=TITLE, exact=True).wait_for()
            page.locator(f"header a[hreflang={LANGUAGES[language].tag}]:visible").click()
            page.wait_for_url(re.compile(f"{LANGUAGES[language].path}\\?.*tab=shapes"))
            shapes = text_in(language)("shapes.tab")
            page.get_by_role("tab", name=shapes, exact=True, selected=True).wait_for()
            page.locator(f"header a[hreflang={THIRD.tag}]:visible").click()
        page.get_by_role("heading", name=TITLE, exact=True).wait_for()
        opened.context.close()
        assert not opened.problems
