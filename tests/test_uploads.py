"""Uploaded files: which may be opened, and when they go."""

from __future__ import annotations

import os
import time

import pytest

from explorer import uploads
from explorer.uploads import LONGEST_KEPT, NOT_HERE, build_upload, forget_uploads, is_upload, receive_upload

CHECKSUM = "0123456789abcdef" * 4


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads" / CHECKSUM).mkdir(parents=True)
    return tmp_path / "uploads"


def put(folder, name: str, size: int = 3, checksum: str = CHECKSUM):
    (folder / checksum).mkdir(exist_ok=True)
    path = folder / checksum / name
    path.write_bytes(bytes(size))
    return path


def test_only_regular_files_of_the_folder_are_received(folder, tmp_path):
    mine = put(folder, "mine.png")
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"abc")
    (folder / "beside.png").write_bytes(b"abc")  # an upload under way
    (folder / CHECKSUM / "inside").mkdir()
    os.symlink(outside, folder / CHECKSUM / "link.png")
    os.symlink(tmp_path, folder / ("f" * 64))
    os.mkfifo(folder / CHECKSUM / "pipe")
    (folder / "deep_links").mkdir()
    (folder / "deep_links" / "state.json").write_text("{}")
    assert receive_upload({"path": str(mine)}) == str(mine)
    assert receive_upload(None) is None
    refused = [
        outside, folder / "beside.png", folder / CHECKSUM / "inside", folder / CHECKSUM / "link.png", folder / CHECKSUM / "pipe",
        folder / ("f" * 64) / "outside.png", folder / "deep_links" / "state.json", folder, "", "\x00", "x" * 5000, "\ud800",
    ]  # fmt: skip
    for path in refused:
        assert receive_upload({"path": str(path)}) == NOT_HERE, path
    for payload in (str(mine), [str(mine)], {}, {"path": None}, {"path": [str(mine)]}, {"url": str(mine)}, 5, True):
        assert receive_upload(payload) == NOT_HERE, payload


def test_uploads_are_told_from_other_components():
    import gradio as gr

    assert is_upload(build_upload("picture")) and not is_upload(gr.Image()) and not is_upload(gr.HTML())


def test_old_files_go_and_of_too_many_the_oldest(folder, monkeypatch):
    old, broken_off = put(folder, "old.png"), folder / "tmp123"
    broken_off.write_bytes(b"abc")
    forget_uploads(now=time.time() + LONGEST_KEPT - 60)
    assert old.exists() and broken_off.exists()
    forget_uploads(now=time.time() + LONGEST_KEPT + 60)
    assert list(folder.iterdir()) == []
    monkeypatch.setattr(uploads, "MOST_KEPT", 25)
    paths = []
    for number in range(5):
        paths.append(put(folder, f"{number}.png", size=10, checksum=f"{number}" * 64))
        time.sleep(0.02)  # so that one is older than the other
    forget_uploads()
    assert [path.exists() for path in paths] == [False, False, False, True, True]
