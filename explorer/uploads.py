"""Files that readers bring: where they lie, which of them may be opened, and when they go.

A file lies in the upload folder as CHECKSUM/NAME. The checksum is made from a secret of this process and from the
content, so that only somebody who has both, the secret and the file itself, can work out its path.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import stat
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import processing_utils

LONGEST_KEPT = 4 * 3600  # seconds that a file is kept
MOST_KEPT = 256 * 1024**2  # bytes of all files together; if there are more, the oldest are deleted
MOST_FILES = 1000
NOT_HERE = ""  # a path that no file has
_FOLDER = "GRADIO_TEMP_DIR"  # where Gradio looks up its folder for uploads


@lru_cache(maxsize=1)
def prepare_upload_folder() -> Path:
    """The folder for uploads: one that only this process uses, unless the environment names another.

    Gradio's own folder is shared by all Gradio apps on a machine, and its secret lies in a file of the installation.
    """
    if not os.environ.get(_FOLDER):
        folder = tempfile.mkdtemp(prefix=f"cnn-explorer-{os.getpid()}-")
        os.environ[_FOLDER] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    processing_utils.hash_seed = secrets.token_bytes(32)
    return upload_folder()


def upload_folder() -> Path:
    """The folder for uploads, without links on its way."""
    return Path(os.path.realpath(gr.utils.get_upload_folder()))


def build_upload(label: str, **settings) -> gr.Image:
    """A place to drop, paste or choose a picture; a handler gets the path of its file, see `receive_upload`.

    Gradio's own way of reading is not used: it opens any file that the page names, and if that is not a picture, it
    fails without a sentence for the reader. This holds for this very component: give it values, not `gr.update(...)`,
    which would build another component in its place.

    Args:
        label: what stands above it.
        **settings: further keywords of `gr.Image`: `placeholder=text("images.drop_here")`, `sources=["webcam"]`.
    """
    defaults = {"sources": ["upload", "clipboard"], "buttons": []}
    upload = gr.Image(label=label, type="filepath", image_mode=None, interactive=True, **{**defaults, **settings})
    form = upload.api_info()  # which Gradio writes into the page
    upload.api_info = lambda: form
    upload.data_model = None  # whatever the page sends reaches `receive_upload` as it is
    upload.preprocess = receive_upload
    return upload


def build_file_button(label: str, file_type: str, **settings) -> gr.UploadButton:
    """A button to choose a file; a handler gets its path, see `receive_upload`.

    Args:
        label: what stands on it.
        file_type: ending of the files that the browser offers, ".safetensors".
        **settings: further keywords of `gr.UploadButton`.
    """
    button = gr.UploadButton(label, file_types=[file_type], file_count="single", type="filepath", size="sm", **settings)
    button.data_model = None
    button.preprocess = receive_upload
    return button


def receive_upload(payload: Any) -> str | None:
    """The path of an uploaded file from what the page says of it. No picture gets in by another way.

    Args:
        payload: None without a picture, else what Gradio's page sends: {"path": ..., and more that is not looked at}.

    Returns:
        The path; None without a picture; NOT_HERE for anything else, whether or not there is a file with that path.
        Opening NOT_HERE fails like opening a deleted picture, so only a handler that needs the picture reports it.
    """
    if payload is None:
        return None
    path = payload.get("path") if isinstance(payload, dict) else None
    return path if isinstance(path, str) and is_received(path) else NOT_HERE


def is_upload(component: Any) -> bool:
    """Whether it was built by `build_upload` or `build_file_button`."""
    return getattr(component, "preprocess", None) is receive_upload


def is_received(path: str) -> bool:
    """Whether this is the path of a file in the upload folder: a regular file, and no link."""
    folder, wanted = upload_folder(), Path(path)
    try:
        # Only a path that is written out in full is looked up, and only in this folder: so neither the answer nor the
        # time that it takes reveals what lies elsewhere. (For "..", the system visits folders that abspath() removes.)
        if os.path.abspath(path) != path or wanted.parent.parent != folder or len(wanted.parent.name) < 32:
            return False
        return Path(os.path.realpath(wanted)) == wanted and stat.S_ISREG(os.lstat(wanted).st_mode)
    except (OSError, ValueError):  # there is no such file, or no file can have that name
        return False


def forget_uploads(now: float | None = None) -> None:
    """Delete files that were brought more than LONGEST_KEPT ago, and the oldest beyond MOST_KEPT bytes or MOST_FILES.

    Args:
        now: seconds since the epoch; None asks the clock.
    """
    now = time.time() if now is None else now
    files = sorted(_list_files(upload_folder()), reverse=True)  # the newest first
    kept = 0
    for number, (changed, size, path) in enumerate(files, start=1):
        kept += size
        if now - changed > LONGEST_KEPT or kept > MOST_KEPT or number > MOST_FILES:
            path.unlink(missing_ok=True)
    _remove_empty_folders(upload_folder(), now)


def _list_files(folder: Path) -> list[tuple[float, int, Path]]:
    """(time of the last change, bytes, path) of all files, including those of uploads that broke off."""
    found = []
    for path in folder.glob("**/*"):
        try:
            status = path.lstat()
        except OSError:  # deleted meanwhile
            continue
        if not stat.S_ISDIR(status.st_mode):
            found.append((status.st_ctime, status.st_size, path))
    return found


def _remove_empty_folders(folder: Path, now: float) -> None:
    for each in folder.glob("*/"):
        try:
            if now - each.lstat().st_ctime > 60:  # a new folder may be about to get its file
                each.rmdir()
        except OSError:  # not empty, or deleted already
            continue
