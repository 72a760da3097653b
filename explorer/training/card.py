"""The model card, checkpoints/README.md: the contents of results.json for people, in the Hugging Face Hub's format."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from explorer.data import CLASSES, NUM_IMAGES
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_results, write_atomically
from explorer.models.seeds import Machine, cycles_of, machines_of, precision_of, summarise_seeds
from explorer.training.evaluation import ECE_BINS
from explorer.training.recipe import TUTORIAL
from explorer.training.splits import VALIDATION_SIZE

FILE = "README.md"
# Pictures beside the card -> what they show. Whoever calls the command line says who draws them: nothing is drawn here.
PICTURES = {
    "comparison.png": "Test accuracy of each network that the tutorial names: its claim, its recipe and ours as measured here",
    "curves.png": "Accuracy on training and validation images after each epoch, the test accuracy, and the learning rate",
    "confusion.png": "Confusion matrices on the test images: rows are true classes, columns predicted ones",
    "reliability.png": "How often each network is right where it is that sure, as it answers and with its temperature",
}
_INTRO = """# Networks of the CNN Explorer, trained on Fashion-MNIST

These are small image classifiers, from softmax regression to ResNet-18. They were trained from scratch on
[Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist) (28 x 28 grey pictures of clothes, ten classes).
{training:,} images are for training and {validation:,} for validation. The {test:,} test images are used once per run, at its end.
(If a network was trained further from its weights, they are used at the end of each cycle.) `train_all.py` writes this card
from `results.json`, which contains every number and every curve.

## How to use

```python
import torch
from explorer.models.checkpoints import load_trained

model = load_trained("lenet5")                        # eval mode, float32; its sha256 is checked
pixels = torch.zeros(1, 1, 28, 28)                    # grey, 0..1, light clothes on black
probabilities = model((pixels - 0.2860) / 0.3530).softmax(1)
```

The weights are safetensors files, not pickle files. Matrices and kernels are stored in float16. Every accuracy below was
measured with the network as it is loaded from these files."""
_LIMITS = """## Limits

The networks know ten classes of catalogue pictures, and they give every other picture one of these ten classes. Most mistakes are
between shirt, T-shirt, pullover, coat and dress. Softmax probabilities compare the ten classes with each other; they do not say
whether the picture shows clothing.{standard_error} All networks answered the same images, so McNemar's test can compare two of them more
closely; `answers.safetensors` contains their answers.

## Licence

MIT. Fashion-MNIST is (c) Zalando SE, MIT licence (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747)."""


def write_card(folder: Path) -> None:
    """Write the card that shows the contents of results.json.

    Args:
        folder: where results.json lies; the card is written there too.

    Raises:
        CheckpointError: results.json is damaged.
        KeyError: a record lacks something that the card shows.
        OSError: the card cannot be written.
    """
    pictures = [name for name in PICTURES if (folder / name).is_file()]
    card = draw_card(load_results(folder), load_results(folder, "tutorial"), pictures)
    write_atomically({folder / FILE: card.encode()})


def draw_card(records: Mapping[str, Mapping], tutorial: Mapping[str, Mapping], pictures: Sequence[str] = ()) -> str:
    """Write the card as text.

    Args:
        records: model name -> record of its own recipe.
        tutorial: model name -> record of the tutorial's protocol.
        pictures: names of those of PICTURES that lie beside it.

    Returns:
        Markdown, with a head in YAML.

    Raises:
        KeyError: a record lacks something that the card shows.
    """
    num_test, num_training = NUM_IMAGES["test"], NUM_IMAGES["train"] - VALIDATION_SIZE
    parts = [_INTRO.format(training=num_training, validation=VALIDATION_SIZE, test=num_test)]
    if records:
        parts += ["## Results", _results_table(records)]
    if tutorial:
        parts += ["## The tutorial's recipe", _PROTOCOL.format(**vars(TUTORIAL)), _tutorial_table(tutorial)]
    if records:
        parts += ["## Accuracy by class", _class_table(records)]
    if any("calibration" in record for record in records.values()):
        parts += ["## Calibration", _CALIBRATION.format(bins=ECE_BINS), _calibration_table(records)]
    if records:
        parts += ["## How they were trained", *(_training(name, record) for name, record in records.items())]
    if pictures:
        parts += ["## Pictures", *(f"![{PICTURES[name]}]({name})" for name in pictures)]
    parts += [_LIMITS.format(standard_error=_say_standard_error(records, num_test))]
    return f"---\n{_metadata(records).to_yaml()}\n---\n\n" + "\n\n".join(parts) + "\n"


_PROTOCOL = """These networks were trained with the unchanged recipe of the tutorial that the app is based on: flip and crop with
{crop_padding} pixels of padding (the validation images too), SGD with learning rate {peak_lr:g} and Nesterov momentum, cosine to
{final_lr:.0e}, label smoothing {label_smoothing:g}, weight decay {weight_decay:.0e} on all parameters, and gradients clipped at
{clip_norm:g}. The training has at most {epochs} epochs, stops after {patience} epochs without a better validation accuracy, and
keeps the best epoch. The script of the tutorial computes in float32; the table shows what was computed in bfloat16 here. On a GPU,
PyTorch's default for float32 rounds the factors of convolutions to 10 bits (TF32). The weights of these networks are not published."""
_CALIBRATION = """The table shows the expected calibration error in percentage points ({bins} bins, test images), before and after the
logits are divided by a temperature. The temperature was fitted on the validation images (Guo et al. 2017)."""


def _metadata(records: Mapping[str, Mapping]) -> ModelCardData:
    results = [
        EvalResult(
            task_type="image-classification",
            task_name="Image classification",
            dataset_type="fashion_mnist",
            dataset_name="Fashion-MNIST",
            dataset_split="test",
            metric_type="accuracy",
            metric_name=f"Accuracy of {record['title']}",
            metric_value=round(record["test_accuracy"], 4),
        )
        for record in records.values()
    ]
    return ModelCardData(
        license="mit",
        library_name="pytorch",
        pipeline_tag="image-classification",
        datasets=["fashion_mnist"],
        tags=["fashion-mnist", "image-classification", "education"],
        model_name="CNN Explorer",
        eval_results=results,
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    filled = [any(row[column] for row in rows) for column in range(len(head))]  # an empty column is left out
    head, *rows = ([cell for cell, keep in zip(row, filled) if keep] for row in [head, *rows])
    rule = ["---"] * text_columns + ["---:"] * (len(head) - text_columns)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def _percent(share: float, digits: int = 2) -> str:
    return f"{100 * share:.{digits}f} %"


def _spread(record: Mapping) -> str:
    seeds = summarise_seeds(record)
    if seeds is None:
        return "one run"
    return f"{100 * seeds.mean:.2f} ± {100 * seeds.deviation:.2f} % ({len(seeds.seeds)})"


def _say_standard_error(records: Mapping[str, Mapping], num_test: int) -> str:
    """How far chance moves the accuracies, the least and the most of all networks; nothing without a network."""
    if not records:
        return ""
    shares = [record["test_accuracy"] for record in records.values()]
    errors = [100 * math.sqrt(share * (1 - share) / num_test) for share in shares]
    return (
        f" The standard error of an accuracy on {num_test:,} images is {min(errors):.1f} to {max(errors):.1f} points."
    )


def _results_table(records: Mapping[str, Mapping]) -> str:
    head = ("model", "parameters", "test accuracy", "mean ± deviation (seeds)", "with mirror image", "seed", "epochs",
            "wrong with every seed")  # fmt: skip
    rows = [
        (
            record["title"], f"{record['num_params']:,}", _percent(record["test_accuracy"]), _spread(record),
            _percent(record["flip_accuracy"]) if "flip_accuracy" in record else "", str(record["seed"]),
            str(record["epochs"]), f"{len(record['always_wrong']):,}" if "always_wrong" in record else "",
        )
        for record in records.values()
    ]  # fmt: skip
    return _table(head, rows)


def _tutorial_table(tutorial: Mapping[str, Mapping]) -> str:
    rows = []
    for name, record in tutorial.items():
        claimed = MODELS[name].claimed_accuracy if name in MODELS else None
        rows.append((
            record["title"], "" if claimed is None else _percent(claimed, 1), _percent(record["test_accuracy"]),
            _spread(record), f"{record['epochs']} (kept: {record['kept_epoch']})",
            precision_of(record), describe_machines(machines_of([record])),
        ))  # fmt: skip
    head = ("model", "the tutorial says", "measured", "mean ± deviation (seeds)", "epochs", "computed in", "hardware")
    return _table(head, rows)


def _class_table(records: Mapping[str, Mapping]) -> str:
    rows = []
    for number, label in enumerate(CLASSES):
        shares = [record["confusion"][number][number] / sum(record["confusion"][number]) for record in records.values()]
        rows.append((label, *(_percent(share, 1) for share in shares)))
    return _table(("class", *(record["title"] for record in records.values())), rows)


def _calibration_table(records: Mapping[str, Mapping]) -> str:
    rows = [
        (record["title"], f"{100 * found['ece_before']:.2f}", f"{100 * found['ece_after']:.2f}",
         f"{found['temperature']:.3f}")
        for record in records.values()
        if (found := record.get("calibration"))
    ]  # fmt: skip
    return _table(("model", "as it answers", "with temperature", "temperature"), rows)


def _training(name: str, record: Mapping) -> str:
    cycles = " Then one more cycle from these weights: ".join(map(_cycle, cycles_of(record)))
    return f"**{record['title']}** (`{name}`): {cycles}"


def _cycle(record: Mapping) -> str:
    recipe = ", ".join(f"{key} {value}" for key, value in record["recipe"].items() if value not in (None, False, 0.0))
    versions = ", ".join(f"{key} {value}" for key, value in record["versions"].items())
    hours, machines = record["seconds"] / 3600, describe_machines(machines_of([record]))
    return (
        f"{recipe}. Seed {record['seed']}, {record['epochs']} epochs in {hours:.2f} h on {machines}, "
        f"{record['trained_on']}; {versions}."
    )


def describe_machines(machines: Iterable[Machine]) -> str:
    """Machines in words, such as "AMD EPYC, 2 threads + NVIDIA H100, compiled"."""
    return " + ".join(map(str, machines))
