from __future__ import annotations

import pytest

from explorer.settings import Settings, SettingsError, load_settings


def test_the_defaults_serve_this_machine_alone():
    assert load_settings({}) == Settings(host="127.0.0.1", port=7860, concurrency=4, threads=1, max_upload="5mb")


def test_each_setting_has_its_variable():
    environment = {
        "CNN_EXPLORER_HOST": "0.0.0.0",
        "CNN_EXPLORER_PORT": "8000",
        "CNN_EXPLORER_ROOT_PATH": "/explorer",
        "CNN_EXPLORER_QUEUE_SIZE": "7",
        "CNN_EXPLORER_CONCURRENCY": "2",
        "CNN_EXPLORER_THREADS": "3",
        "CNN_EXPLORER_MAX_UPLOAD": "1mb",
        "CNN_EXPLORER_TRAININGS": "2",
    }
    assert load_settings(environment) == Settings("0.0.0.0", 8000, "/explorer", 7, 2, 3, "1mb", trainings=2)


def test_the_variables_that_a_space_sets_count_unless_ours_are_set():
    space = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7861"}
    assert load_settings(space).host == "0.0.0.0"
    assert load_settings({**space, "CNN_EXPLORER_PORT": "9000"}).port == 9000
    assert load_settings({**space, "CNN_EXPLORER_HOST": " "}).host == "0.0.0.0"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CNN_EXPLORER_PORT", "http"),
        ("CNN_EXPLORER_PORT", "70000"),
        ("GRADIO_SERVER_PORT", "-1"),
        ("CNN_EXPLORER_THREADS", "0"),
        ("CNN_EXPLORER_TRAININGS", "9"),
        ("CNN_EXPLORER_CONCURRENCY", "1.5"),
        ("CNN_EXPLORER_QUEUE_SIZE", "many"),
        ("CNN_EXPLORER_MAX_UPLOAD", "5 apples"),
        ("CNN_EXPLORER_ROOT_PATH", "explorer"),
    ],
)
def test_a_bad_value_is_named(variable, value):
    with pytest.raises(SettingsError, match=f"^{variable} must .*{value}"):
        load_settings({variable: value})
