"""Sentences about pictures that people bring, in English."""

from __future__ import annotations

SENTENCES = {
    "upload": "Your picture",
    "webcam": "Camera",
    "sketch": "Your drawing",
    "drop_here": "Drop or paste a picture,\nor click to choose",
    "none": "There is no picture yet: choose, drop or paste one.",
    "too_large": (
        "This picture is too large: it may have at most {side} pixels per side and {megapixels} megapixels. "
        "Make it smaller and try again."
    ),
    "too_large_size": (
        "This picture is too large ({width} x {height} pixels): it may have at most {side} pixels per side and "
        "{megapixels} megapixels. Make it smaller and try again."
    ),
    "too_many_bytes": "This file is too large: at most {size} are allowed. Make the picture smaller and try again.",
    "camera_on": "Turn the camera on",
    "no_camera": (
        "The browser does not give this page a camera. The page needs a camera, your permission, and an address with https or localhost. "
        "Choose File instead: on a phone you can then take a photo."
    ),
    "no_clipboard": (
        "The browser does not let this page read what you copied. The page needs your permission, and an address with https or "
        "localhost. Choose the file or drop it here instead."
    ),
    "no_pasted": "You did not copy a picture. Copy one and try again.",
    "too_costly": (
        "This picture is too large ({width} x {height} pixels). A {format} file of this kind may have at most {megapixels} "
        "megapixels, because it needs much memory. Make it smaller, or save it as plain JPEG or PNG, and try again."
    ),
    "heic": (
        "This is a {format} picture from an iPhone or another phone. It cannot be read here. Export it as JPEG "
        "(on a Mac with Preview, on Windows with Photos or Paint) and try again. To let an iPhone take JPEG from now on, choose "
        "Settings, Camera, Formats, Most Compatible."
    ),
    "raw": (
        "This is a raw file of a camera ({format}). It holds what the sensor measured, and it is not yet a picture. Export it as JPEG, or "
        "choose the JPEG that the camera saved with it."
    ),
    "other_format": "Files of the format {format} are not read here. Save the picture as PNG or JPEG and try again.",
    "document": "This is not a picture but a file of another kind ({format}). Take a screenshot of it and try that.",
    "video": "This is a video ({format}). Stop it where you want to, take a screenshot and try that.",
    "svg": "SVG files describe shapes, not pixels. Export the picture as PNG or JPEG and try again.",
    "unknown": "This file is not a picture that can be read. PNG, JPEG, WebP, AVIF, GIF, BMP and TIFF work.",
    "gone": "This picture is no longer on the server. The server deletes pictures after some hours and when it is started again. Choose it once more.",
    "damaged": "This picture is damaged or incomplete. Save or download it again and try again.",
    "unknown_range": (
        "The values of this picture have no known range: with 32 bits they must be from 0 to 65535. "
        "Save it with 8 or 16 bits and try again."
    ),
}
