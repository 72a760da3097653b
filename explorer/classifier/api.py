"""The functions of the classifier that programs call."""

from __future__ import annotations

import numpy as np
import torch

from explorer.checks import check_choice, check_whole
from explorer.classifier.attribution import METHODS
from explorer.classifier.figures import choose_sentence, class_name
from explorer.classifier.outcome import (
    NUM_CLASSES,
    PREDICTED,
    Picture,
    Question,
    borrow_model,
    check_model,
    classify_picture,
    find_calibrated,
)
from explorer.classifier.prediction import compute_answer
from explorer.classifier.preprocessing import SIDE, prepare_picture, prepare_sample
from explorer.classifier.session import DEFAULT_METHOD, DEFAULT_MODEL, UPLOAD_SIDE, find_sample
from explorer.classifier.unlike import Likeness, judge_picture
from explorer.errors import InputError
from explorer.hardware import on_gpu
from explorer.text import Text, text_in

MAX_SIDE = UPLOAD_SIDE  # pixels of an image given as lists


def classify(
    image: list | None = None, sample: int | None = None, model: str = DEFAULT_MODEL, language: str = "en"
) -> dict:
    """Classify a piece of clothing with a trained network.

    Args:
        image: rows of grey values 0 (black) to 255 (white), 1 to 512 a side. 28 x 28 is taken as it is, light on
            black as in Fashion-MNIST; any other size goes through the steps that an uploaded picture goes through.
        sample: index 0 to 199 of a packed test image (class * 20 + k), instead of an image.
        model: name of a trained network, such as softmax, mlp, lenet5, alexnet_small or resnet18.
        language: language of the class names and of errors, en or zh.

    Returns:
        model, predicted (index), class_name, probabilities (name -> 0..1, in the order of the classes),
        calibrated (the same after dividing the scores by the temperature that was fitted on the validation images, None
        where none was),
        true_class (index, None for an image), inverted (whether the picture was turned negative),
        unlike (score: how far the picture is from the training images; threshold: the score that 95 % of the validation
        images do not exceed; false_alarms: share of the test images that do, 0 to 1; is_unlike: whether this picture does;
        None where that was not measured for the weights).
    """
    text = text_in(language)
    picture = _read_picture(image, sample)
    with borrow_model(check_model(model)) as network:
        probabilities, features = compute_answer(network, picture.prepared.image)
    predicted, (_, calibrated) = int(probabilities.argmax()), find_calibrated(model, probabilities)
    return {
        "model": model,
        "predicted": predicted,
        "class_name": class_name(text, predicted),
        "probabilities": _name_classes(probabilities, text),
        "calibrated": None if calibrated is None else _name_classes(calibrated, text),
        "true_class": picture.truth,
        "inverted": picture.prepared.inverted,
        "unlike": _describe_likeness(judge_picture(model, picture.prepared.pixels, features)),
    }


def _describe_likeness(likeness: Likeness | None) -> dict[str, float | bool] | None:
    return None if likeness is None else {**vars(likeness), "is_unlike": likeness.is_unlike}


def _name_classes(probabilities: torch.Tensor, text: Text) -> dict[str, float]:
    return {class_name(text, label): float(p) for label, p in enumerate(probabilities)}


@on_gpu
def explain(
    image: list | None = None,
    sample: int | None = None,
    model: str = DEFAULT_MODEL,
    method: str = DEFAULT_METHOD,
    target: int | None = None,
    against: int | None = None,
    language: str = "en",
) -> dict:
    """Attribute a network's score for one class, or the difference of two scores, to the pixels of a picture.

    Args:
        image: rows of grey values 0 to 255, as for classify.
        sample: index 0 to 199 of a packed test image, instead of an image.
        model: name of a trained network.
        method: gradient, input_x_gradient, integrated_gradients, smoothgrad, gradcam, gradcam_plus_plus, layercam,
            occlusion, kernel_shap, gradient_shap, guided_backprop, guided_gradcam, deeplift or lrp. What is drawn by lot
            is drawn with a fixed seed.
        target: index of the class to explain, 0 to 9; None takes the predicted one.
        against: index of another class, whose score is subtracted; None explains the target alone.
        language: language of the sentence, the class names and errors, en or zh.

    Returns:
        model, method, target (index), class_name, against (index or None), score (logit of the target, less that of
        against), values (28 rows of 28; the sentence says
        what orange, which is positive, and blue mean), has_evidence (False when the map is empty), completeness_gap
        (for integrated gradients, DeepLift and Kernel SHAP: sum of the values less the difference of scores, else None), sentence.
    """
    text = text_in(language)
    wanted = PREDICTED if target is None else check_whole("terms.target", target, 0, NUM_CLASSES - 1)
    other = None if against is None else check_whole("methods.against", against, 0, NUM_CLASSES - 1)
    picture = _read_picture(image, sample)
    check_choice("terms.method", method, tuple(METHODS))
    outcome = classify_picture(Question(check_model(model), picture, method, wanted, against=other))
    if outcome.problem is not None:
        raise outcome.problem
    attribution = outcome.attribution
    return {
        "model": model,
        "method": method,
        "target": outcome.target,
        "class_name": class_name(text, outcome.target),
        "against": outcome.against,
        "score": attribution.score,
        "values": attribution.values.tolist(),
        "has_evidence": attribution.has_evidence,
        "completeness_gap": attribution.completeness_gap,
        "sentence": choose_sentence(outcome, text),
    }


def _read_picture(image, sample) -> Picture:
    if (image is None) == (sample is None):
        raise InputError("classifier.picture_or_sample")
    if image is None:
        return find_sample(sample)
    grey = _read_rows(image)
    if grey.min() == grey.max():
        raise InputError("classifier.blank")
    fits = grey.shape == (SIDE, SIDE)
    prepared = prepare_sample(torch.from_numpy(grey)) if fits else prepare_picture(grey)
    return Picture((grey.shape, grey.tobytes()), prepared, None)


def _read_rows(image) -> np.ndarray:
    """Lists of rows as float32, or InputError."""
    try:
        grey = np.array(image, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        raise InputError("classifier.not_an_image") from None
    if grey.ndim != 2 or not 1 <= min(grey.shape) <= max(grey.shape) <= MAX_SIDE:
        raise InputError("classifier.not_an_image")
    if not (np.isfinite(grey).all() and grey.min() >= 0 and grey.max() <= 255):
        raise InputError("classifier.not_an_image")
    return grey
