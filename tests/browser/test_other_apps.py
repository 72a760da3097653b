"""An app with more than ours, in a real browser: a network of one's own, handed over on the command line; weights brought as
a file; three languages."""

from __future__ import annotations

import re

import pytest
from safetensors.torch import save_model

from explorer.models.checkpoints import load_trained
from explorer.text import LANGUAGES, text_in
from tests.serving import start_app
from tests.third_language import THIRD, TITLE

CODE = """
from torch import nn

class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return x + self.conv(x)

def build():
    return nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), Block(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
"""


@pytest.fixture(scope="module")
def server(chromium, tmp_path_factory):
    """Address of the app with a network of its user's and a third language."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own_network.py").write_text(CODE)
    program = ("-m", "tests.third_language", "--model", f"{folder / 'own_network.py'}:build", "--input", "3,32,32")
    with start_app(folder / "log.txt", program) as running:
        yield running.address


BROUGHT = {"en": ("shapes", "receptive_field"), "zh": ("classifier",)}  # tabs into which a reader brings weights


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tabs_of_networks_open_with_it_and_a_reader_brings_weights_as_well(visit, language, tmp_path):
    save_model(load_trained("lenet5"), tmp_path / "mine.safetensors")
    (tmp_path / "notes.txt").write_text("no weights")
    (tmp_path / "empty.safetensors").write_bytes(b"")
    page, text = visit(LANGUAGES[language].path).page, text_in(language)
    page.locator('.layers .line[data-layers=" 1.conv "]').wait_for(state="attached")
    assert page.locator(".totals dd").first.inner_text() == f"{4 * 27 + 4 + 4 * 36 + 4 + 10}"
    page.locator('.layers .line[data-layers=" 0 "]').click()
    page.locator(".view-layer .maps canvas").nth(4).wait_for()  # the image, and four maps
    words = page.locator(".view-layer .maps-line").first
    words.filter(has_text=text("shapes.image_prepared", size=32, channels=3)).wait_for()
    if "shapes" in BROUGHT[language]:
        bring_weights(page, "shapes", text, tmp_path)
    page.get_by_role("tab", name=text("receptive_field.tab")).click()
    page.locator("#receptive-field-table").filter(has_text="1.conv").wait_for()
    page.locator("#receptive-field-measure").click()
    own = page.locator("#receptive-field-effective .map-title").filter(has_text=text("receptive_field.weights_own"))
    own.wait_for()
    assert "tab=receptive_field" in page.url
    for wing in BROUGHT[language]:
        if wing != "shapes":
            page.get_by_role("tab", name=text(f"{wing}.tab")).click()
            bring_weights(page, wing, text, tmp_path)


def bring_weights(page, wing: str, text, folder) -> None:
    """Weights are opened; a file that is no weights is told of, and stays told."""
    tab = page.locator(".tabitem:visible")
    tab.get_by_role("button", name=text("models.weights_title")).click()

    def bring(name):
        with page.expect_file_chooser() as chooser:
            page.locator(f"#{wing}-weights").click()
        chooser.value.set_files(folder / name)

    bring("mine.safetensors")
    opened = text("models.weights_opened", title="LeNet-5 · mine", count="61,706", right="|", total="200").split("|")[0]
    tab.get_by_text(opened).wait_for()
    page.wait_for_function(
        """() => [...document.querySelectorAll(".tabitem input")].some((each) =>
          each.value === "LeNet-5 · mine" && each.getClientRects().length > 0)"""
    )
    bring("notes.txt")
    tab.locator(".problem").filter(has_text=text("models.weights_wrong")).wait_for()
    bring("empty.safetensors")
    refused = tab.locator(".problem").filter(has_text=text("models.no_safetensors", file="empty"))
    refused.wait_for()
    page.wait_for_timeout(2000)  # what the page does next must not take the sentence away
    assert refused.is_visible()


def test_every_link_of_the_header_leads_to_the_same_tab_in_its_language(visit):
    page = visit(f"{THIRD.path}?tab=shapes&model=resnet34").page
    for language in ("zh", "en"):
        page.get_by_role("heading", name=TITLE, exact=True).wait_for()
        page.locator(f"header a[hreflang={LANGUAGES[language].tag}]:visible").click()
        page.wait_for_url(re.compile(f"{LANGUAGES[language].path}\\?.*tab=shapes"))
        shapes = text_in(language)("shapes.tab")
        page.get_by_role("tab", name=shapes, exact=True, selected=True).wait_for()
        page.locator(f"header a[hreflang={THIRD.tag}]:visible").click()
    page.get_by_role("heading", name=TITLE, exact=True).wait_for()
