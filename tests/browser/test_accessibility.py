"""The dark page. In the light, test_tour looks for barriers in each tab that it opens."""

from __future__ import annotations

from explorer.interface import WINGS
from tests.browser.barriers import ONLY_CONTRAST, find_barriers
from tests.browser.test_tour import open_tab


def test_a_dark_page_opens_and_its_words_can_be_read_in_every_tab(visit):
    page = visit("/", scheme="dark").page
    assert page.evaluate("document.body.classList.contains('dark')")
    for wing in WINGS:
        open_tab(page, wing, "en")
        # All rules but that of contrast read the same page as in the light.
        assert find_barriers(page, ONLY_CONTRAST) == [], wing
