"""The tab's handlers, called as functions; what the page does with them is tested in tests/browser."""

from __future__ import annotations

import base64
import json
import re

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from explorer.errors import InputError
from explorer.models.brought import open_weights
from explorer.models.catalogue import create_model
from explorer.models.checkpoints import load_results
from explorer.page.drawings import find_marks, make_all
from explorer.receptive_field import effective_tab, maths, session
from explorer.receptive_field.api import receptive_field
from explorer.receptive_field.effective import has_module
from explorer.receptive_field.effective_tab import on_measure, on_run, on_stop
from explorer.receptive_field.networks import trace_model
from explorer.receptive_field.sentences import fill_article
from explorer.receptive_field.session import (
    LENET_LAYERS,
    SHOWN_SIDE,
    STACK,
    TABLE,
    View,
    find_spot,
    read_compared,
    read_layers,
)
from explorer.receptive_field.tab import (
    STORIES,
    build_tab,
    find_own_size,
    on_check,
    on_compare,
    on_open,
    on_upload,
    on_view,
    set_story,
)
from explorer.text import LANGUAGES, text_in

LAYERS = [dict(layer) for layer in LENET_LAYERS]


def values(**changes) -> dict:
    return vars(View(**{"compared": [], "sample": 0, **changes}))


def show(language="en", last=None, **changes) -> dict:
    """What the handler changes, with all drawings made."""
    return make_all(on_view(last, language=language, **values(**changes)))


def check(language="en", **changes) -> dict:
    (field,) = on_check(language=language, **values(**changes)).values()
    return field


def mask_of(payload: dict) -> np.ndarray:
    bits = np.unpackbits(np.frombuffer(base64.b64decode(payload["mask"]), dtype=np.uint8))
    return bits[: payload["size"] ** 2].reshape(payload["size"], -1).astype(bool)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentence_has_the_numbers_of_the_chosen_layer(language):
    sentence = show(layer=3, language=language)["look_for"]
    assert "features.3" in sentence and "4 ×" in sentence and "= 8" in sentence and "14 × 14" in sentence


def test_a_field_wider_than_the_image_is_not_said_to_see_all_where_no_unit_does():
    # 29 pixels around 12 or 16: pixel 27 or pixels 0 and 1 stay outside.
    assert "no unit" in show(model="resnet18", layer=10)["look_for"]
    assert "in the middle" in show(model="resnet18", layer=11)["look_for"]


def test_the_chart_has_the_sizes_and_the_image_line_for_up_to_four_networks():
    chart = show(compared=[STACK, "resnet18", "torchvision/resnet18"])["chart"]
    lines = {trace.name: list(trace.y) for trace in chart.data if trace.mode == "lines"}
    assert len(lines) == 4
    assert lines["LeNet-5"] == [1, 5, 6, 14, 16, 28]
    assert lines["ResNet-18"][-2:] == [109, 109]
    assert lines["torchvision ResNet-18"][-2:] == [435, 435]
    assert lines["3×3 layers, stride 1"][:4] == [1, 3, 5, 7]
    assert {trace.meta for trace in chart.data if trace.meta} == {"lenet5", STACK, "resnet18", "torchvision/resnet18"}
    assert chart.layout.shapes[0].y0 == 28
    assert "Layer" in chart.layout.xaxis.title.text and "pixels" in chart.layout.yaxis.title.text


def test_the_box_follows_the_layer_and_the_clicked_pixel():
    boxes = [show(layer=layer)["field"]["box"] for layer in range(6)]
    assert [box[2] - box[0] for box in boxes] == [1, 5, 6, 14, 16, 28]
    clicked = show(layer=1, place=[0.5 / 28, 27.5 / 28])
    assert clicked["field"]["box"] == [-2, 25, 3, 30] and clicked["field"]["clipped"] == [0, 25, 3, 28]
    assert clicked["field"]["centre"] == [0, 27]
    assert "64%" in clicked["field"]["imageCaption"]


@pytest.mark.parametrize(
    ("size", "seen", "words"), [(224, 224, ("whole image", "every pixel")), (250, 248, ("248 × 248",) * 2)]
)
def test_a_layer_that_joins_all_positions_tells_how_much_it_sees(size, seen, words):
    """ConvNeXt's first stride of 4 without padding skips the last pixels of 250."""
    last = len(trace_model("torchvision/convnext_tiny", size)) - 1
    shown = show(model="torchvision/convnext_tiny", size=size, layer=last)
    assert shown["field"]["clipped"] == [0, 0, seen, seen]
    assert words[0] in shown["look_for"] and words[1] in shown["field"]["imageCaption"]
    hover = next(line for line in shown["chart"].data if line.meta).text[-1]
    assert hover.endswith("the whole image" if size == seen else "248 × 248 pixels, all that the network sees")


def test_the_table_and_the_caption_agree_on_what_is_padding():
    rows = [("pool", 2, 2, 0, 1), ("conv", 3, 1, 1, 1)]
    layers = [dict(zip(("type", "kernel", "stride", "padding", "dilation"), map(str, row))) for row in rows]
    shown = show(model=TABLE, size=29, layer=2, layers=layers, place=[0.97, 0.97])
    assert shown["field"]["unit"] == [13, 13] and "31%" in shown["field"]["imageCaption"]
    assert "31%" in shown["table"].rsplit("<tr", 1)[1] and "31%" in shown["look_for"]
    # Of its 25 pixels on the image 16 are seen, by the four units of the pooling that are there.
    assert mask_of(shown["field"]).sum() == 16 and "36%" in shown["look_for"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_unit_that_sees_nothing_is_said_to(language):
    rows = [("conv", 31, 1, 2, 1), ("transposed", 1, 2, 0, 1)]
    layers = [dict(zip(("type", "kernel", "stride", "padding", "dilation"), map(str, row))) for row in rows]
    shown = show(model=TABLE, size=28, layer=2, layers=layers, language=language)
    assert shown["field"]["unit"] == [1, 1] and not mask_of(shown["field"]).any()
    text = text_in(language)
    assert text("receptive_field.look_empty") in shown["look_for"]
    assert text("receptive_field.look_whole", image=28) not in shown["look_for"]
    assert shown["field"]["imageCaption"] == text("receptive_field.box_empty")


def test_a_clicked_unit_is_the_one_that_is_shown_and_its_place_stays():
    """The page finds the place of unit (0, 9) by the first unit's centre and the jump."""
    field = show(layer=3)["field"]
    place = [(field["start"][0] + field["jump"][0] * index + 0.5) / 28 for index in (0, 9)]
    clicked = show(layer=3, place=place)
    assert clicked["field"]["unit"] == [0, 9] and clicked["field"]["units"] == [10, 10]
    assert clicked["field"]["box"] == [-2, 16, 12, 30]
    assert show(layer=1, place=place)["field"]["unit"] == [5, 23]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("layer", [10, 13, 14, 16])
def test_an_even_map_is_explained(layer, language):
    """Autograd finds which units of ResNet-18 see the whole image: where those in the corners do, all do."""
    masks = [mask_of(check(model="resnet18", layer=layer, place=[corner, corner])) for corner in (0, 0.99)]
    is_even = all(mask.all() for mask in masks)
    key = "map_even" if is_even else "map_caption"
    assert is_even == (layer >= 14)
    assert show(language, model="resnet18", layer=layer)["field"]["mapCaption"] == text_in(language)(
        f"receptive_field.{key}"
    )


def test_a_unit_has_a_place_in_every_layer_of_every_network():
    for name in ("lenet5", "alexnet_small", "resnet18", "torchvision/swin_t"):
        size = find_own_size(name)
        for layer, row in enumerate(trace_model(name, size)):
            for unit in (0, row.num_units // 2, row.num_units - 1):
                place = [(row.start + row.jump * unit + 0.5) / size] * 2
                assert find_spot(View(name, size, layer, place=place)).unit == (unit, unit)


def link(**changes) -> dict:
    return make_all(on_open(5, language="en", **values(**changes)))


def test_a_link_opens_what_it_names():
    opened = link(model="resnet18", size=112)
    assert opened["field"]["size"] == 112 and 'class="field-badge confirmed"' in opened["field"]["badge"]
    assert not opened["field"]["isCheck"]
    opened = link(model="torchvision/resnet18")  # no size: its own
    assert opened["size"] == opened["field"]["size"] == 224
    opened = link(model="lenet5", size=112)
    assert opened["size"] == opened["field"]["size"] == 28
    deep = link(model="resnet18", layer=14, place=[0.9, 0.1])
    assert deep["layer"] == gr.update(maximum=18) and deep["last"] == 18
    assert deep["field"]["unit"] == [3, 0] and deep["field"]["units"] == [4, 4]
    assert link(model="resnet18", layer=9000)["layer"] == gr.update(maximum=18, value=18)
    words = "conv,3,1,2,2;transposed,3,2,1,1"
    layers = read_layers(words)
    assert layers == [
        {"type": "conv", "kernel": "3", "stride": "1", "padding": "2", "dilation": "2"},
        {"type": "transposed", "kernel": "3", "stride": "2", "padding": "1", "dilation": "1"},
    ]
    assert "transposed" in link(model=TABLE, layers=layers)["table"]
    assert read_compared("resnet34;stack5x5") == ["resnet34", "stack5x5"]
    for damaged in ("", "conv,3", ";".join(["conv,3,1,1,1"] * 65)):
        assert read_layers(damaged) is None
    assert read_compared("") == []
    for damaged in ("vgg", "resnet34;", ";".join(["resnet34"] * 9)):
        assert read_compared(damaged) is None


def test_of_units_in_gaps_only_the_chosen_ones_padding_is_told():
    table = show(model=TABLE, layers=read_layers("conv,3,2,1,1;transposed,3,2,1,1"), layer=2)["table"]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)]
    assert cells[-1][-1] == "–" and cells[-2][-1].endswith("%")


def test_the_table_marks_the_chosen_layer_and_says_why_the_last_sees_all():
    table = show(layer=4)["table"]
    selected = table.split("<tr class=selected>")[1].split("</tr>")[0]
    assert "features.5" in selected and "16 × 16" in selected and "5.5" in selected
    assert table.count("<tr class=selected>") == 1
    assert "fully connected layer combines all positions" in table
    assert "Global pooling" in show(model="resnet18")["table"]


def test_a_network_of_another_depth_bounds_the_slider():
    changed = show(model="resnet18", layer=3, last=5)
    assert (changed["layer"]["maximum"], changed["last"]) == (18, 18) and "value" not in changed["layer"]
    changed = show(model="lenet5", layer=18, last=18)
    assert changed["layer"]["maximum"] == changed["layer"]["value"] == changed["last"] == 5
    assert not {"layer", "last"} & set(show(model="lenet5", layer=3, last=5))
    assert find_own_size("torchvision/resnet50") == 224 and find_own_size("resnet18") == find_own_size(TABLE) == 28


def test_another_size_draws_the_same_layers_on_a_larger_image():
    changed = show(model="resnet18", size=112, layer=5)
    assert changed["field"]["size"] == 112 and changed["field"]["units"] == [112, 112]
    with pytest.raises(InputError, match="28 pixels only"):
        show(model="lenet5", size=112)


def test_an_edited_table_becomes_the_network():
    layers = [*LAYERS, {"type": "conv", "kernel": "3", "stride": "1", "padding": "1", "dilation": "2"}]
    edited = show(model=TABLE, layer=5, layers=layers, last=4)
    assert edited["layer"]["maximum"] == edited["last"] == 5 and edited["marks"] == []
    assert "32 × 32" in edited["look_for"]
    assert list(edited["chart"].data[0].y) == [1, 5, 6, 14, 16, 32]


@pytest.mark.parametrize("language", LANGUAGES)
def test_broken_cells_are_marked_and_nothing_else_changes(language):
    layers = [{**LAYERS[0], "kernel": "abc"}, {**LAYERS[1], "padding": "2"}, {**LAYERS[2], "type": "lstm"}]
    edited = show(model=TABLE, layers=layers, language=language)
    assert set(edited) == {"look_for", "marks"}
    assert [(mark["row"], mark["column"]) for mark in edited["marks"]] == [(1, "kernel"), (2, "padding"), (3, "type")]
    assert "abc" in edited["look_for"]["value"] and "problem" in edited["look_for"]["value"]


def test_a_transposed_layer_shows_fractions_of_pixels():
    layers = [{"type": "transposed", "kernel": "4", "stride": "2", "padding": "1", "dilation": "1"}]
    shown = show(model=TABLE, layer=1, layers=layers)
    assert "0.5" in shown["look_for"] and shown["field"]["units"] == [56, 56]
    assert mask_of(shown["field"]).sum() == 4
    assert "largest" in shown["table"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_autograd_confirms_what_is_shown_and_brings_the_mask(language):
    own = {"model": TABLE, "layer": 3, "layers": STORIES["gridding"]["layers"]}
    for view in ({"model": "resnet18", "layer": 7}, own):
        checked = check(language=language, **view)
        assert checked["isCheck"] and "confirmed" in checked["badge"]
        assert "confirmed" not in show(**view)["field"]["badge"]
        pixels = int(mask_of(checked).sum())
        assert re.search(rf"\b{pixels}\b", checked["badge"])
    assert "confirmed" not in check(layer=5, language=language)["badge"]


def test_a_check_has_the_key_of_what_it_checks_and_of_nothing_else():
    own = {"model": TABLE, "layer": 2, "layers": STORIES["gridding"]["layers"]}
    typed = {**own, "size": "28", "layers": [{**row, "kernel": " 3 "} for row in own["layers"]]}
    views = [{}, {"model": "resnet18"}, {"size": 28, "layer": 2}, {"sample": 5}, {"place": [0.1, 0.2]}, own]
    shown, checked = [show(**view)["field"]["key"] for view in views], [check(**view)["key"] for view in views]
    assert shown == checked and len(set(shown)) == len(views)
    assert check(**typed)["key"] == show(**own)["field"]["key"]


def test_dilation_leaves_holes_in_what_is_drawn():
    shown = show(model=TABLE, layer=3, layers=STORIES["gridding"]["layers"])
    mask = mask_of(shown["field"])
    top, left, bottom, right = shown["field"]["clipped"]
    assert (bottom - top, right - left) == (13, 13) and mask.sum() == 49
    assert "71%" in shown["look_for"]


def test_a_field_as_wide_as_the_image_need_not_reach_all_of_it():
    layer = {"type": "conv", "kernel": "3", "stride": "1", "padding": "8", "dilation": "8"}
    shown = show(model=TABLE, layer=2, layers=[layer, layer])
    assert mask_of(shown["field"]).sum() < 25 and "holes" in shown["look_for"] and "all of it" not in shown["look_for"]
    layer |= {"padding": "14", "kernel": "29", "dilation": "1"}
    assert "see all of it" in show(model=TABLE, layer=2, layers=[layer, layer])["look_for"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("story", "numbers"),
    [
        ("kernels", ("5 × 5", "18", "25", "28%", "2")),
        ("resnet50", ("107 × 107", "225 × 225")),
        ("whole", ("layer3.0.conv1", "29", "25", "109")),
        ("gridding", ("13 × 13", "49", "29%", "27")),
        ("hybrid", ("17 × 17", "100%", "27")),
    ],
)
def test_a_story_sets_everything_and_tells_its_numbers(story, numbers, language):
    begun = set_story(story)
    view = {name: begun[name] for name in ("model", "size", "place", "compared", "layers") if name in begun}
    view["layer"] = begun["layer"]["value"]
    told = show(language=language, last=begun["last"], **view)
    assert all(number in told["look_for"] for number in numbers), told["look_for"]
    assert "layer" not in told, "the slider is bounded already"
    assert (begun["model"] == TABLE) == ("layers" in begun) == ("editor" in begun)
    for other in ({"size": 29}, {"place": [0, 0]}, {"compared": ["softmax"]}, {"layer": view["layer"] - 1}):
        assert show(language=language, **{**view, **other})["look_for"] != told["look_for"]


@pytest.mark.parametrize(("size", "tolerance"), [((700, 1000), 2), ((4608, 3456), 3), ((8160, 6120), 3)])
def test_photos_of_any_size_that_the_other_tabs_take_are_taken(tmp_path, size, tolerance):
    """The middle square, by area; above 1,024 pixels in two steps, with what JPEG and rounding add."""
    waves = np.add.outer(np.sin(np.arange(24)), np.cos(np.arange(32)))
    photo = Image.fromarray((127 + 60 * waves).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    photo.save(tmp_path / "photo.jpg", quality=98)
    answer = on_upload(str(tmp_path / "photo.jpg"), 1, language="en")["brought"]
    shown = np.frombuffer(base64.b64decode(answer["picture"]), np.uint8).reshape(SHOWN_SIDE, SHOWN_SIDE)
    left, top = ((length - min(size)) // 2 for length in size)
    square = photo.crop((left, top, left + min(size), top + min(size)))
    expected = np.asarray(square.resize((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.BOX)).astype(int)
    assert np.abs(shown - expected).max() <= tolerance


def test_the_readers_own_picture_goes_before_the_sample_until_another_is_picked(tmp_path):
    picture = Image.new("L", (90, 40), 0)
    picture.paste(255, (45, 0, 90, 40))
    picture.save(tmp_path / "own.png")
    answer = on_upload(str(tmp_path / "own.png"), 7, language="en")["brought"]
    brought = answer["picture"]
    assert answer["number"] == 7 and len(base64.b64decode(brought)) == SHOWN_SIDE**2
    image = show(picture=brought)["backdrop"]["image"]
    codes = np.frombuffer(base64.b64decode(image["codes"]), np.uint8).reshape(28, 28)
    # The middle square of the picture: black at the left, white at the right.
    assert codes[:, :13].max() < 20 and codes[:, 15:].min() > 235
    kept = show(picture="", place="")
    assert (kept["field"], kept["backdrop"]) == (show()["field"], show()["backdrop"])
    (tmp_path / "own.png").write_bytes(b"nothing")
    for bad in (
        {"picture": "AAAA"},
        {"picture": 3},
        {"picture": "?"},
        {"picture": ["A"]},
        {"picture": {"problem": "<b>"}},
    ):
        with pytest.raises(InputError):
            show(**bad)
    for language in ("en", "zh"):
        refused = {"number": 8, "problem": text_in(language)("images.unknown")}
        assert on_upload(str(tmp_path / "own.png"), 8, language=language) == {"brought": refused}
    assert on_upload(None, 9, language="en") == {"brought": {"number": 9, "picture": None}}  # taken away meanwhile


def test_a_check_leaves_what_is_wrong_to_the_handler_that_tells_it():
    assert on_check(language="en", **values(layer=-1)) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "vgg"},
        {"model": None},
        {"model": ["lenet5"]},
        {"layer": None},
        {"layer": float("nan")},
        {"layer": 2.5},
        {"layer": -1},
        {"layer": "x"},
        {"sample": 200},
        {"sample": None},
        {"size": 0},
        {"size": 513},
        {"size": None},
        {"place": "x"},
        {"place": [float("nan"), 0]},
        {"compared": ["vgg"]},
        {"compared": "vgg"},
        {"compared": 3},
        {"compared": ["resnet18"] * 4},
        {"model": TABLE, "layers": None},
    ],
)
def test_what_cannot_be_shown_is_refused_in_both_languages(changes):
    with pytest.raises(InputError) as caught:
        show(**changes)
    english, chinese = (caught.value.sentence(language) for language in ("en", "zh"))
    assert english != chinese and "。" in chinese


def test_pictures_that_stay_are_marked_as_such():
    """What does not concern a picture leaves its mark as it is, so that it is neither made nor sent again."""

    def marks(**changes) -> dict:
        return find_marks(on_view(None, language="en", **values(**{"model": "resnet18", "layer": 9, **changes})))

    first = marks()
    assert first.keys() == {"chart", "table", "backdrop", "design"}

    def changed(**changes) -> set:
        return {name for name, mark in marks(**changes).items() if mark != first[name]}

    assert changed() == set()
    assert changed(sample=7) == {"backdrop"}
    assert changed(place=[0.2, 0.3]) == {"table"}
    assert changed(compared=["resnet34"]) == {"chart"}
    assert changed(layer=8) == changed(seen_in=3) == first.keys() - {"design"}
    assert changed(size=56) == changed(model="resnet34") == first.keys()
    rows = [*LAYERS, *LAYERS[:1]]
    own, other, compared = (
        find_marks(on_view(None, language="en", **values(**each)))
        for each in (
            {"model": TABLE, "layers": LAYERS},
            {"model": TABLE, "layers": rows},
            {"compared": [TABLE], "layers": LAYERS},
        )
    )
    assert own["chart"] != other["chart"] and own["table"] != other["table"]
    assert (
        compared["chart"] != find_marks(on_view(None, language="en", **values(compared=[TABLE], layers=rows)))["chart"]
    )


def test_what_a_unit_is_compared_with_stands_in_no_ones_way():
    """A cell that is being typed is told of where it matters: in the line above the chart."""
    typing = {"compared": [TABLE], "layers": [{**LAYERS[0], "kernel": "x"}]}
    with pytest.raises(InputError):
        show(**typing)
    assert check(**typing)["key"] == check()["key"]
    assert "run" in measure(**typing) and "run" in measure(sample=-1)


def test_a_click_on_a_unit_reads_and_follows_the_readers_table_once(monkeypatch):
    click = values(model=TABLE, place=[0.2, 0.3])
    on_view(None, language="en", **click)  # the stories are read when the first is looked for
    calls = []

    def count(module, name):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args: calls.append(name) or function(*args))

    for name in ("trace_layer_table", "compute_chain_field", "compute_chain_reach"):
        count(session, name)
    count(maths, "_find_row_problems")
    answer = on_view(None, language="en", **click)
    del answer["design"]  # which the page shows already
    make_all(answer)
    rows = ["_find_row_problems"] * len(LENET_LAYERS)
    assert calls == [*rows, "trace_layer_table", "compute_chain_field", "compute_chain_reach"]


# ---- the effective field --------------------------------------------------------------------------------------------


def measure(num_images=6, run=None, language="en", **changes) -> dict:
    return on_measure(num_images, run, language=language, **values(**changes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_effective_field_is_measured_in_parts_and_told(language):
    started = measure(language=language)
    assert started["stop"].visible and "maps" not in started
    *parts, last = on_run(started["run"], language=language)
    assert last.keys() == {"stop"} and not last["stop"].visible  # which Gradio sends again at the end
    shown = parts[-1]
    assert not shown["stop"].visible and "14 × 14" in shown["look_for"] and len(json.loads(shown["maps"])["maps"]) == 2
    assert "20%" in shown["table"] and "99%" in shown["table"] and shown["table"].count("<tr") == 3


def test_a_new_measurement_or_the_button_stops_the_one_under_way():
    run = measure()["run"]
    running = on_run(run, language="en")
    next(running)
    on_stop(run, language="en")
    assert list(running) == [{}]
    first = measure()["run"]
    second = measure(run=first)["run"]
    assert first.is_stopped and not second.is_stopped


def test_a_pooling_that_is_a_function_call_is_refused_with_a_sentence(monkeypatch):
    assert not has_module("torchvision/inception_v3", "Mixed_7b.avg_pool2d")
    monkeypatch.setattr(effective_tab, "has_module", lambda name, layer: False)
    with pytest.raises(InputError) as caught:
        measure(model="torchvision/inception_v3", size=96, layer=30)
    assert caught.value.key == "receptive_field.no_effective"


def test_a_network_without_weights_is_measured_with_random_ones_only():
    run = measure(model="torchvision/mobilenet_v2", size=32, layer=3, num_images=2)["run"]
    *_, shown, _ = on_run(run, language="en")
    assert len(json.loads(shown["maps"])["maps"]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"model": TABLE},
        {"layer": 0},
        {"layer": 5},
        {"num_images": 0},
        {"num_images": None},
        {"model": "torchvision/vgg16", "size": 224},
    ],
)
def test_what_cannot_be_measured_is_refused(changes):
    with pytest.raises(InputError) as caught:
        measure(**changes)
    assert "。" in caught.value.sentence("zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_comparisons_say_their_numbers(language):
    shown = on_compare("kernels", 64, language=language)
    assert all(number in shown["look_for"] for number in ("73,728", "102,400", "28%"))
    assert [each["rows"] for each in shown["stacks"]["maps"]] == [5, 5, 7, 7]
    assert "27 × 64² = 110,592" in shown["costs"]
    shown = on_compare("dilation", 1, language=language)
    assert "29%" in shown["look_for"] and "100%" in shown["look_for"]
    assert [each["rows"] for each in shown["stacks"]["maps"]] == [7, 13, 17]
    assert "15" in on_compare("stride", 1, language=language)["look_for"]
    for bad in (("nonsense", 1), (None, 1), ("kernels", 0), ("kernels", "many"), ("kernels", None)):
        with pytest.raises(InputError):
            on_compare(*bad, language=language)


def test_the_public_function():
    answer = receptive_field("resnet18")
    assert json.loads(json.dumps(answer)) == answer
    assert answer["as_wide_as_image_from"] == "layer3.0.conv1"
    assert [layer["size"] for layer in receptive_field(layers=LAYERS)["layers"]] == [1, 5, 6, 14, 16]
    assert receptive_field(layers=LAYERS)["as_wide_as_image_from"] is None
    assert receptive_field("resnet18", input_size=224)["layers"][-2]["size"] == 109
    assert receptive_field(language="zh")["sentence"] != receptive_field()["sentence"]


@pytest.mark.parametrize(
    "bad",
    [
        {"model": "vgg"},
        {"model": ["lenet5"]},
        {"layers": []},
        {"input_size": 0},
        {"input_size": [28]},
        {"language": "fr"},
        {"model": "lenet5", "input_size": 30},
        {"input_size": 513},
    ],
)
def test_the_public_function_refuses_nonsense(bad):
    with pytest.raises(InputError):
        receptive_field(**bad)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tab_builds(language):
    with gr.Blocks() as demo:
        wing = build_tab(language)
    assert wing.name == "receptive_field"
    assert not any(target[1] == "load" for function in demo.fns.values() for target in function.targets)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("direction", ["back", "forward"])
def test_weights_that_a_visitor_brought_are_shown_by_their_title(tmp_path, language, direction):
    save_file(create_model("lenet5").state_dict(), tmp_path / "mine.safetensors")
    brought = open_weights(tmp_path / "mine.safetensors")
    said = {"model": brought.name, "direction": direction, "layer": 3}
    shown, checked = show(language, **said), check(language, **said)
    names = [trace.get("name") for trace in shown["chart"].to_plotly_json()["data"]] if direction == "back" else []
    assert brought.title in (names if direction == "back" else checked["badge"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_article_tells_what_is_traced_and_measured(language):
    """LeNet-5 by hand: 5 pixels, and 1, 4 x 2 and 2 more. Weights for each pair of channels: 18 against 25, 27 against 49."""
    text = text_in(language)
    filled = fill_article(text)
    assert filled["lenet_fields"][1:5] == (5, 5 + 1, 6 + 8, 14 + 2) and filled["lenet_jump"] == "2"
    assert (filled["saved_two"], filled["saved_three"]) == (f"{7 / 25:.0%}", f"{22 / 49:.0%}")
    assert filled["blocks"] == 3 + 4 + 6 + 3  # He et al. 2015, table 1
    accuracy = f"{load_results()['lenet5']['test_accuracy']:.1%}"
    assert text("receptive_field.lenet_right", accuracy=accuracy) in text("receptive_field.questions", **filled)
