"""The page of results on records whose numbers are known."""

from __future__ import annotations

import re

import gradio as gr
import pytest
import torch

from explorer.classifier import results_tab
from explorer.classifier.results_figures import describe_claims, draw_curve, draw_results_table
from explorer.models import checkpoints
from explorer.models.always_wrong import AlwaysWrong, save_always_wrong
from explorer.models.catalogue import DEGRADATION_NAMES, create_model
from explorer.text import LANGUAGES, join_words, text_in

EPOCH = {"train_accuracy": 0.8, "validation_accuracy": 0.7, "train_loss": 1.0, "validation_loss": 1.1}
ABACUS, BIER = ({"name": name, "threads": 2, "compiled": False} for name in ("abacus", "bier"))
CONFUSION = [[90 if row == column else 10 if column == (row + 1) % 10 else 0 for column in range(10)]
             for row in range(10)]  # fmt: skip
RECORD = {
    "title": "LeNet-5", "num_params": 61_706, "test_accuracy": 0.9, "test_correct": 900, "flip_accuracy": 0.912,
    "epochs": 2, "seed": 42, "hardware": [ABACUS], "seconds": 61.0, "curve": [EPOCH, EPOCH], "confusion": CONFUSION,
    "runs": [{"seed": seed, "test_accuracy": accuracy} for seed, accuracy in ((42, 0.90), (43, 0.89), (44, 0.94))],
    "calibration": {"temperature": 1.5, "ece_before": 0.043, "ece_after": 0.011},
}  # fmt: skip


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    checkpoints.save_checkpoint("lenet5", create_model("lenet5"), RECORD, tmp_path)
    return tmp_path


def cells_of(table: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", table)


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_says_what_was_measured_and_claimed(language):
    text = text_in(language)
    cells = cells_of(draw_results_table({"lenet5": RECORD}, {"lenet5": {"test_accuracy": 0.8937}}, text))
    # Mean of 90, 89 and 94, and the root of (1 + 4 + 9) / 2.
    assert cells[:7] == ["LeNet-5", "61,706", "90.00 ± 1.86 %", "91.00 ± 2.65 %", "91.20 %", "91.0 %", "89.37 %"]
    assert cells[7:] == ["2", join_words(["42", "43", "44"], text)]


def test_table_leaves_out_what_was_not_measured():
    record = {key: value for key, value in RECORD.items() if key not in ("runs", "flip_accuracy", "calibration")}
    table = draw_results_table({"lenet5": record}, {}, text_in("en"))
    assert cells_of(table)[2:6] == ["90.00 ± 1.86 %", "91.0 %", "2", "42"]
    for column in ("mean", "flip", "tutorial"):
        assert text_in("en")(f"classifier.head_{column}") not in table


@pytest.mark.parametrize("language", LANGUAGES)
def test_claims_are_judged_and_the_training_is_told_from_the_record(language):
    text = text_in(language)
    recipe = {"flip": True, "crop_padding": 2, "label_smoothing": 0.0, "gce_q": 0.7, "average": 0.999, "epochs": 9}
    records = {"lenet5": {**RECORD, "recipe": recipe}, "mlp": {**RECORD, "title": "MLP", "recipe": {"flip": False}}}
    lenet, mlp = describe_claims(records, {"mlp": {**RECORD, "test_correct": 580}}, text).splitlines()
    tricks = [text("classifier.trick_flip"), text("classifier.trick_crop_padding", pixels=2)]
    joined = join_words([*tricks, *(text(f"classifier.trick_{trick}") for trick in ("gce_q", "average"))], text)
    ours, theirs = (text(f"classifier.claim_by_{recipe}") for recipe in ("ours", "theirs"))
    agrees = text("classifier.claim_agrees", by_recipe=ours, accuracy="90.00", claimed="91.0")
    assert lenet.startswith(f"- **LeNet-5**: {agrees}") and theirs not in lenet
    hardware = text("classifier.threads", name="abacus", count=2)
    said = {"time": text("classifier.seconds", value=61), "hardware": hardware}
    assert text("classifier.trained_with", epochs=2, tricks=joined, **said) in lenet
    for recipe, accuracy, points in ((theirs, "58.00", "34.1"), (ours, "90.00", "2.1")):
        assert text("classifier.claim_below", by_recipe=recipe, accuracy=accuracy, claimed="92.1", points=points) in mlp
    assert text("classifier.trick_none") in mlp
    assert mlp.endswith(text("classifier.note_mlp"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_what_an_mlp_learned_beyond_the_test_images_is_called_learned_by_heart(language):
    text = text_in(language)
    note = text("classifier.note_by_heart", train_accuracy="97.0")
    for accuracy, is_said in ((0.93, True), (0.95, False)):
        record = {**RECORD, "test_accuracy": accuracy, "curve": [{**EPOCH, "train_accuracy": 0.97}]}
        assert (note in describe_claims({"mlp": record}, {}, text)) == is_said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_degradation_study_is_named_only_while_its_four_nets_can_be_compared(language):
    """The same nets for which the gradient-flow tab draws curves."""
    text = text_in(language)
    note = text("classifier.note_degradation")
    trained = {name: {**RECORD, "recipe": {"epochs": 6}} for name in DEGRADATION_NAMES}
    assert describe_claims(trained, {}, text).count(note) == 4
    longer = {**trained, "plain56": {**RECORD, "recipe": {"epochs": 12}}}
    assert note not in describe_claims(longer, {}, text)
    del longer["plain56"]
    assert note not in describe_claims(longer, {}, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tutorials_recipe_in_bfloat16_is_called_so(language):
    text = text_in(language)
    for autocast, key in ((False, "claim_by_theirs"), (True, "claim_by_theirs_bfloat16")):
        told = describe_claims({"lenet5": RECORD}, {"lenet5": {**RECORD, "recipe": {"autocast": autocast}}}, text)
        claim = text("classifier.claim_agrees", by_recipe=text(f"classifier.{key}"), accuracy="90.00", claimed="91.0")
        table = draw_results_table({"lenet5": RECORD}, {"lenet5": {**RECORD, "recipe": {"autocast": autocast}}}, text)
        assert ("90.00 % (bfloat16)" in table) == autocast
        assert told.startswith(f"- **LeNet-5**: {claim}")


def test_several_machines_are_told_one_after_the_other():
    text = text_in("en")
    slide_rule = {"name": "NVIDIA Slide Rule", "threads": None, "compiled": True}
    hardware = [ABACUS, slide_rule, {"name": "bier", "threads": 1, "compiled": True}]
    record = {**RECORD, "recipe": {"flip": True}, "hardware": hardware}
    wanted = "on abacus, threads: 2 + NVIDIA Slide Rule, compiled + bier, threads: 1, compiled."
    assert wanted in describe_claims({"lenet5": record}, {}, text)


def test_what_an_earlier_version_recorded_of_a_machine_is_told_as_it_stands():
    record = {**RECORD, "recipe": {"flip": True}, "hardware": "abacus, 2 threads + bier, compiled"}
    assert "on abacus, 2 threads + bier, compiled." in describe_claims({"lenet5": record}, {}, text_in("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_cycles_are_told_and_drawn(language):
    text = text_in(language)
    cycles = [
        {"epochs": 7, "recipe": {"flip": True}, "seconds": 60, "hardware": [ABACUS]},
        {"epochs": 3, "recipe": {"cutmix": 0.5}, "seconds": 30, "hardware": [BIER]},
        {"epochs": 2, "recipe": {}, "seconds": 20, "hardware": [BIER]},
        {"epochs": 4, "recipe": {}, "seconds": 40, "hardware": [ABACUS]},
    ]
    record = {**RECORD, "recipe": {}, "epochs": 16, "curve": [EPOCH] * 16, "cycles": cycles}
    abacus, bier = (text("classifier.threads", name=name, count=2) for name in ("abacus", "bier"))
    once = describe_claims({"lenet5": record}, {}, text)
    often = describe_claims({"lenet5": {**record, "cycles": [cycles[1], *cycles[2:]]}}, {}, text)
    for told, key, epochs, trick, seconds, hardware in (
        (once, "trained_with", 7, "flip", 60, abacus),
        (once, "trained_further", 3, "cutmix", 30, bier),
        (once, "trained_again", join_words("24", text), "none", 60, f"{bier} + {abacus}"),
        (often, "trained_further_often", join_words("24", text), "none", 60, f"{bier} + {abacus}"),
    ):
        said = {"tricks": text(f"classifier.trick_{trick}"), "time": text("classifier.seconds", value=seconds)}
        assert text(f"classifier.{key}", times=2, epochs=epochs, hardware=hardware, **said) in told
    figure = draw_curve(record, text)
    assert [line.x0 for line in figure.layout.shapes] == [7.5, 10.5, 12.5]
    *unnamed, named = (note.text for note in figure.layout.annotations)
    assert named == text("classifier.curve_restart") and not any(unnamed)
    assert not draw_curve({**RECORD, "recipe": {}}, text).layout.shapes


@pytest.mark.parametrize(
    ("temperature", "after", "key"),
    [(1.5, 0.011, "calibration_hot"), (0.8, 0.011, "calibration_cold"), (0.99, 0.0431, "calibration_even")],
)
def test_details_say_how_far_to_believe_the_probabilities(shipped, temperature, after, key):
    calibration = {**RECORD["calibration"], "temperature": temperature, "ece_after": after}
    checkpoints.save_record("lenet5", {**RECORD, "calibration": calibration}, shipped)
    sentence = results_tab.on_results("lenet5", language="en")["look_for"]
    said = {"before": "4.3", "after": f"{100 * after:.1f}", "temperature": f"{temperature:.2f}"}
    assert sentence.endswith(text_in("en")(f"classifier.{key}", **said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_images_that_no_network_gets_right_are_shown_with_both_classes(shipped, language):
    with gr.Blocks():
        results_tab.build_results(language)
    assert results_tab.on_results("lenet5", language=language)["images"] is None
    images = torch.randint(0, 256, (2, 28, 28), dtype=torch.uint8)
    save_always_wrong(AlwaysWrong(images, torch.tensor([6, 9]), torch.tensor([4, 8]), {"lenet5": torch.tensor([0, 7])}))
    with gr.Blocks() as page:
        results_tab.build_results(language)
    text = text_in(language)
    drawn = results_tab.on_results("lenet5", language=language)["images"]["maps"]
    assert [each["title"] for each in drawn] == [text("terms.class_6"), text("terms.class_9")]
    assert [each["caption"] for each in drawn] == [f"→ {text('terms.class_0')}", f"→ {text('terms.class_7')}"]
    words = [block.value for block in page.blocks.values() if isinstance(block, gr.Markdown)]
    assert text("classifier.always_wrong", count=2, shown=2, networks=1) in words


def test_damaged_results_are_said(shipped):
    (shipped / "results.json").write_text("{")
    with gr.Blocks() as page:
        results_tab.build_results("en")
    words = [block.value for block in page.blocks.values() if isinstance(block, gr.Markdown)]
    assert text_in("en")("classifier.broken_results") in words


def test_the_first_picture_of_the_tab_is_a_mistake_of_its_network():
    """What the tab opens with must stay what its comment says when weights are trained anew."""
    from explorer.classifier.api import classify
    from explorer.classifier.session import DEFAULT_MODEL, DEFAULT_SAMPLE

    answer = classify(sample=DEFAULT_SAMPLE, model=DEFAULT_MODEL)
    assert (answer["true_class"], answer["predicted"]) == (6, 2)
    confusion = checkpoints.load_results()[DEFAULT_MODEL]["confusion"]
    wrong = [sum(row) - row[label] for label, row in enumerate(confusion)]
    assert wrong.index(max(wrong)) == 6
