"""The page of results on records whose numbers are known."""

from __future__ import annotations

import re

import gradio as gr
import pytest
import torch

from explorer.classifier import results_tab
from explorer.classifier.figures import percent
from explorer.classifier.results_figures import (
    describe_claims,
    draw_curve,
    draw_pairs,
    draw_results_table,
    fill_article,
)
from explorer.models import checkpoints
from explorer.models.always_wrong import AlwaysWrong, save_always_wrong
from explorer.models.answers import Answers, count_answers, load_answers, save_answers
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
    shares = [
        text("classifier.percent", value=each) for each in ("90.00 ± 1.86", "91.00 ± 2.65", "91.20", "91.0", "89.37")
    ]
    assert cells[:7] == ["LeNet-5", "61,706", *shares]
    assert cells[7:] == ["2", join_words(["42", "43", "44"], text)]


def test_table_leaves_out_what_was_not_measured():
    record = {key: value for key, value in RECORD.items() if key not in ("runs", "flip_accuracy", "calibration")}
    table = draw_results_table({"lenet5": record}, {}, text_in("en"))
    assert cells_of(table)[2:6] == ["90.00 ± 1.86\u00a0%", "91.0\u00a0%", "2", "42"]
    for column in ("mean", "flip", "tutorial"):
        assert text_in("en")(f"classifier.head_{column}") not in table


@pytest.mark.parametrize("language", LANGUAGES)
def test_claims_are_judged_and_the_training_is_told_from_the_record(language):
    text = text_in(language)
    recipe = {"flip": True, "crop_padding": 2, "label_smoothing": 0.0, "gce_q": 0.7, "average": 0.999, "epochs": 9}
    records = {"lenet5": {**RECORD, "recipe": recipe}, "mlp": {**RECORD, "title": "MLP", "recipe": {"flip": False}}}
    lenet, mlp = describe_claims(records, {"mlp": {**RECORD, "test_correct": 580, "runs": []}}, text).splitlines()
    tricks = [text("classifier.trick_flip"), text("classifier.trick_crop_padding", value=2)]
    joined = join_words([*tricks, *(text(f"classifier.trick_{trick}") for trick in ("gce_q", "average"))], text)
    ours, theirs = (text(f"classifier.claim_by_{recipe}") for recipe in ("ours", "theirs"))
    seeds = text("classifier.reached_seeds", mean="91.00", low="89.00", high="94.00", count=3)
    said = {"by_recipe": ours, "reached": seeds}
    undecided = text("classifier.claim_undecided", claimed="91.0", points="0.0", p="1", **said)
    assert lenet.startswith(f"- **LeNet-5**: {undecided}") and theirs not in lenet
    hardware = text("classifier.threads", name="abacus", count=2)
    trained = {"time": text("classifier.seconds", value=61), "hardware": hardware}
    assert text("classifier.trained_with", epochs=2, tricks=joined, **trained) in lenet
    # The MLP's claim is of another part of the series, so the tutorial's recipe is told without a verdict.
    once = text("classifier.reached_once", mean="58.00")
    assert text("classifier.claim_elsewhere", by_recipe=theirs, reached=once, claimed="92.1", part=3) in mlp
    undecided = text("classifier.claim_undecided", claimed="92.1", points="1.1", p="0.44", **said)
    assert undecided in mlp and text("classifier.trick_none") in mlp


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_claim_is_refuted_only_beyond_chance(language):
    text = text_in(language)
    big = [
        [900 if row == column else 100 if column == (row + 1) % 10 else 0 for column in range(10)] for row in range(10)
    ]
    record = {**RECORD, "confusion": big, "test_correct": 9000, "runs": []}
    said = {"by_recipe": text("classifier.claim_by_ours"), "reached": text("classifier.reached_once", mean="90.00")}
    # 1,000 and 790 errors; 1,000 and 900 of 10,000.
    far = text("classifier.claim_below", claimed="92.1", points="2.1", p="0.0001", **said)
    assert far in describe_claims({"mlp": record}, {}, text)
    near = text("classifier.claim_below", claimed="91.0", points="1.0", p="0.023", **said)
    assert near in describe_claims({"lenet5": record}, {}, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_mlp_is_said_to_fit_its_training_images_better_only_where_it_does(language):
    text = text_in(language)
    for accuracy, points in ((0.93, "4.0"), (0.95, "")):
        record = {**RECORD, "test_accuracy": accuracy, "curve": [{**EPOCH, "train_accuracy": 0.97}]}
        note = text("classifier.note_fit", train_accuracy="97.0", points=points or "2.0")
        assert (note in describe_claims({"mlp": record}, {}, text)) == bool(points)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_run_of_an_mlp_reached_the_claim_is_said_only_where_it_is_so(language):
    text = text_in(language)
    for best in (0.9, 0.93):
        runs = [{"seed": 1, "test_accuracy": 0.88}, {"seed": 2, "test_accuracy": best}]
        told = describe_claims({"mlp": {**RECORD, "runs": runs}}, {}, text)
        assert (text("classifier.note_best_run", best="90.00") in told) == (best < 0.921)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pairs_are_judged_by_the_images_and_by_the_seeds(language):
    text, labels = text_in(language), torch.arange(10, dtype=torch.uint8).repeat(10)
    right = {"resnet18": 100, "alexnet_small": 90, "lenet5": 70, "mlp": 68}
    predicted = {
        name: torch.where(torch.arange(100) < count, labels, (labels + 1) % 10) for name, count in right.items()
    }
    seeds = {"resnet18": (0.99, 1.0), "alexnet_small": (0.88, 0.91), "lenet5": (0.6, 0.89), "mlp": ()}
    records = {
        name: {
            "title": name, "confusion": count_answers(labels, predicted[name]),
            "runs": [{"seed": seed, "test_accuracy": each} for seed, each in enumerate(seeds[name])],
        }
        for name in right
    }  # fmt: skip
    answers = Answers(labels, predicted)
    rows = [cells_of(row) for row in draw_pairs(records, answers, text).split("<tr>")[2:]]
    assert [row[2:5] for row in rows] == [
        ["10.00", "10 : 0", "0.002"],
        ["20.00", "20 : 0", "&lt; 0.0001"],
        ["2.00", "2 : 0", "0.5"],
    ]
    assert [row[6] for row in rows] == [text(f"classifier.pair_is_{each}") for each in ("real", "overlap", "chance")]
    assert text("classifier.pair_once") in rows[2][5]
    # Answers of other weights than those of the record are not compared.
    changed = {**records, "alexnet_small": {**records["alexnet_small"], "confusion": CONFUSION}}
    assert "alexnet_small" not in draw_pairs(changed, answers, text)
    only = {"mlp": records["mlp"]}
    assert draw_pairs(only, answers, text) == ""


def test_answers_come_back_as_they_were_packed(tmp_path):
    labels, predicted = torch.tensor([3, 9], dtype=torch.uint8), {"mlp": torch.tensor([3, 8], dtype=torch.uint8)}
    assert load_answers(tmp_path) is None
    save_answers(Answers(labels, predicted), tmp_path)
    found = load_answers(tmp_path)
    assert torch.equal(found.labels, labels) and torch.equal(found.predicted["mlp"], predicted["mlp"])
    for damaged in ({"mlp": torch.tensor([3, 10])}, {"mlp": torch.tensor([3])}):
        save_answers(Answers(labels, damaged), tmp_path)
        assert load_answers(tmp_path) is None
    (tmp_path / "answers.safetensors").write_bytes(b"no")
    assert load_answers(tmp_path) is None


def test_shipped_answers_are_those_of_the_shipped_weights():
    """Every confusion matrix of results.json comes out of them; test_measured.py compares them with the networks."""
    records, answers = checkpoints.load_results(), load_answers()
    assert answers.of_records(records).keys() == records.keys()
    for name, record in records.items():
        assert int((answers.predicted[name] == answers.labels).sum()) == record["test_correct"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_are_answered_with_what_was_measured(language):
    text = text_in(language)
    smoothed = {**RECORD, "recipe": {"label_smoothing": 0.1}, "calibration": {"temperature": 0.7, "ece_before": 0.066}}
    records = {"lenet5": RECORD, "mlp": {**smoothed, "title": "MLP", "test_accuracy": 0.8}}
    filled = fill_article(records, text)
    assert text("classifier.smoothing_with", count=1, under=1, over=0, low="6.6", high="6.6") in filled["calibration"]
    assert (
        text("classifier.smoothing_without", count=1, under=0, over=1, low="4.3", high="4.3") in filled["calibration"]
    )
    # Each class is taken for the next one: of the ten kinds of error two lie within the upper body (2-3, 3-4), none
    # within shoes, and two have to do with shirts (5-6, 6-7).
    shares = {
        key: percent(share, text)
        for key, share in zip(("upper_body", "shoes", "elsewhere", "shirts"), (0.2, 0, 0.8, 0.2))
    }
    assert text("classifier.errors_lie", title="LeNet-5", **shares) in filled["errors"]
    # The roots of 0.9 x 0.1 / 1000 and of 0.8 x 0.2 / 1000.
    for points in ("0.95", "1.26"):
        assert points in filled["error_bars"]
    for measured in (filled, fill_article({}, text)):
        questions = text("classifier.questions", photographs="", **measured)
        assert not re.search(r"\{\w+\}", questions.replace("\\frac{1}", ""))


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
        seeds = text("classifier.reached_seeds", mean="91.00", low="89.00", high="94.00", count=3)
        said = {"by_recipe": text(f"classifier.{key}"), "reached": seeds}
        claim = text("classifier.claim_undecided", claimed="91.0", points="0.0", p="1", **said)
        table = draw_results_table({"lenet5": RECORD}, {"lenet5": {**RECORD, "recipe": {"autocast": autocast}}}, text)
        mean, span = (text("classifier.percent", value=each) for each in ("91.00", "89.00–94.00"))
        assert (f"{mean} ({span}) (bfloat16)" in table) == autocast
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
    assert text("classifier.always_wrong", count=2, shown=2, networks=1, images="1,000") in words


def test_damaged_results_are_said(shipped):
    (shipped / "results.json").write_text("{")
    with gr.Blocks() as page:
        results_tab.build_results("en")
    words = [block.value for block in page.blocks.values() if isinstance(block, gr.Markdown)]
    assert text_in("en")("classifier.broken_results") in words


def test_the_network_gets_the_first_picture_of_the_tab_right():
    """What the tab opens with must stay what its comment says when weights are trained again."""
    from explorer.classifier.api import classify
    from explorer.classifier.session import DEFAULT_MODEL, DEFAULT_SAMPLE

    answer = classify(sample=DEFAULT_SAMPLE, model=DEFAULT_MODEL)
    assert (answer["true_class"], answer["predicted"]) == (6, 6)
