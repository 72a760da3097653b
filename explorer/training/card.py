"""The model card, checkpoints/README.md: the contents of results.json for people, in the Hugging Face Hub's format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from explorer.data import CLASSES
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_results, write_atomically
from explorer.models.seeds import Machine, cycles_of, machines_of, precision_of, summarise_seeds

FILE = "README.md"
_INTRO = """# Networks of the CNN Explorer, trained on Fashion-MNIST

Small image classifiers from softmax regression to ResNet-18, trained from scratch on
[Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist) (28 x 28 grey pictures of clothes, ten classes).
54,000 images train, 6,000 validate, and the 10,000 test images are used once a run, at its end (at the end of each cycle,
where a network was trained on from its weights). This card is written by `train_all.py` from `results.json`, which holds
every number and every curve.

## How to use

```python
import torch
from explorer.models.checkpoints import load_trained

model = load_trained("lenet5")                        # eval mode, float32; its sha256 is checked
pixels = torch.zeros(1, 1, 28, 28)                    # grey, 0..1, light clothes on black
probabilities = model((pixels - 0.2860) / 0.3530).softmax(1)
```

Weights are safetensors; matrices and kernels are stored in float16, and every accuracy below is that of the network as
it is loaded from these files. There is no pickle."""
_LIMITS = """## Limits

They know ten classes of catalogue pictures of that form and give everything else one of the ten. Most mistakes lie among
shirt, T-shirt, pullover, coat and dress. Softmax probabilities say how the ten classes compare, not whether the picture
is clothing. The standard error of an accuracy on 10,000 images is 0.2 to 0.4 points. Two of these networks answered the same images,
so McNemar's test compares them more closely; `answers.safetensors` holds their answers.

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
    write_atomically({folder / FILE: draw_card(load_results(folder), load_results(folder, "tutorial")).encode()})


def draw_card(records: Mapping[str, Mapping], tutorial: Mapping[str, Mapping]) -> str:
    """Write the card as text.

    Args:
        records: model name -> record of its own recipe.
        tutorial: model name -> record of the tutorial's protocol.

    Returns:
        Markdown, with a head in YAML.

    Raises:
        KeyError: a record lacks something that the card shows.
    """
    parts = [_INTRO]
    if records:
        parts += ["## Results", _results_table(records)]
    if tutorial:
        parts += ["## The tutorial's protocol", _PROTOCOL, _tutorial_table(tutorial)]
    if records:
        parts += ["## Accuracy by class", _class_table(records)]
    if any("calibration" in record for record in records.values()):
        parts += ["## Calibration", _CALIBRATION, _calibration_table(records)]
    if records:
        parts += ["## How they were trained", *(_training(name, record) for name, record in records.items())]
    parts += [_LIMITS]
    return f"---\n{_metadata(records).to_yaml()}\n---\n\n" + "\n\n".join(parts) + "\n"


_PROTOCOL = """By the recipe of the tutorial that the app brings to life, as it stands, for the networks that were trained so: flip
and crop with 4 pixels of padding (the validation images too), SGD 0.1 with Nesterov momentum, cosine to 1e-4, label
smoothing 0.1, weight decay 1e-4 on everything, gradients clipped at 1.0, at most 50 epochs, stopped after 10 without a
better validation accuracy, best epoch kept. Its script computes in float32; what was computed in bfloat16 here is marked. On
a GPU, float32 is what PyTorch makes of it by default: convolutions round their factors to 10 bits (TF32). Their weights are
not shipped."""
_CALIBRATION = """Expected calibration error in percentage points (15 bins, test images), before and after dividing the logits by a
temperature fitted on the validation images (Guo et al. 2017)."""


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
    cycles = " Then, from those weights, one more cycle: ".join(map(_cycle, cycles_of(record)))
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
