"""The classifier's camera, fed with a picture of ours: what the reader sees is what the network gets."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.data import load_sample
from tests.browser.conftest import FLAGS, Visit
from tests.browser.test_tour import choose_source, see_change

WIDTH, HEIGHT = 320, 240
BOOT = 180  # an ankle boot, whose toe points to one side
FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def draw_scene() -> np.ndarray:
    """(HEIGHT, WIDTH) grey values: the boot in the middle, on black."""
    boot = Image.fromarray(load_sample().images[BOOT].numpy()).resize((HEIGHT, HEIGHT))
    scene = Image.new("L", (WIDTH, HEIGHT), 0)
    scene.paste(boot, ((WIDTH - HEIGHT) // 2, 0))
    return np.asarray(scene)


def write_video(path: Path, scene: np.ndarray) -> Path:
    """Two frames of one grey picture as YUV4MPEG2: brightness 16 to 235, and colours that are none."""
    luma = (16 + scene.astype(np.float32) * (219 / 255)).astype(np.uint8).tobytes()
    frame = b"FRAME\n" + luma + bytes([128]) * (scene.size // 2)
    height, width = scene.shape
    path.write_bytes(b"YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n" % (width, height) + 2 * frame)
    return path


@pytest.fixture
def page_with_camera(browser, chromium, server, tmp_path):
    """The classifier's tab in a browser of its own, whose camera shows the boot."""
    video = write_video(tmp_path / "boot.y4m", draw_scene())
    flags = [*FLAGS, *FAKE, f"--use-file-for-fake-video-capture={video}"]
    own = browser.browser_type.launch(executable_path=chromium, args=flags)
    visit = Visit(own.new_context(), server, 1280, 720)
    visit.page.goto(server + "/?tab=classifier")
    visit.page.locator(".look-for:visible").first.wait_for()
    yield visit.page
    own.close()
    assert not visit.problems, "\n".join(visit.problems)


def read_picture(data: bytes) -> np.ndarray:
    """Grey values of the middle square of a picture, in 28 x 28."""
    image = Image.open(io.BytesIO(data)).convert("L")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((28, 28), Image.Resampling.BOX))


def find_side(seen: np.ndarray) -> str:
    """Whether a picture shows the boot as the camera has it, or its mirror image."""
    boot = load_sample().images[BOOT].numpy()
    straight, mirrored = (np.corrcoef(seen.ravel(), each.ravel())[0, 1] for each in (boot, boot[:, ::-1]))
    assert max(straight, mirrored) > 0.9, "it is no boot at all"
    assert abs(straight - mirrored) > 0.3, "the boot looks the same in the mirror"
    return "straight" if straight > mirrored else "mirrored"


def read_canvas(canvas) -> np.ndarray:
    return read_picture(base64.b64decode(canvas.evaluate("(canvas) => canvas.toDataURL()").split(",")[1]))


def turn_on(page):
    """The video of the camera, once a frame of it is painted."""
    choose_source(page, "camera", "en")
    page.locator(".camera button:visible").first.click()
    video = page.locator(".camera video:visible")
    video.wait_for()
    video.evaluate("(video) => new Promise((painted) => video.requestVideoFrameCallback(painted))")
    return video


def test_the_camera_shows_what_the_network_gets(page_with_camera):
    page = page_with_camera
    video = turn_on(page)
    sides = {"live": find_side(read_picture(video.screenshot()))}  # with whatever the page's style does to it
    see_change(page, page.get_by_label("capture photo").locator("visible=true").click)
    still = page.locator(".camera .image-frame img:visible")
    still.evaluate("(still) => still.decode()")
    sides["still"] = find_side(read_picture(still.screenshot()))
    sides["file"] = find_side(read_picture(page.request.get(still.get_attribute("src")).body()))
    sides["first step"] = find_side(read_canvas(page.locator(".maps:visible canvas").first))
    assert sides == dict.fromkeys(sides, "straight")
