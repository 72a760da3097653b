"""Sentences of the classifier wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Classifier",
    "intro": "Give a trained network a piece of clothing: what it sees, what it says, and which pixels speak for it.",
    # ---- controls ----
    "source": "Picture",
    "source_sample": "Sample",
    "source_upload": "File",
    "source_drawing": "Draw",
    "source_camera": "Camera",
    "predicted_class": "the predicted class",
    "clear": "clear",
    "settings": "Settings of the methods",
    "inversion": "Negative of the picture",
    "inversion_auto": "if it is darker than its border",
    "inversion_yes": "always",
    "inversion_no": "never",
    "baseline": "Baseline (what stands for nothing)",
    "baseline_black": "black",
    "baseline_mean": "mean grey",
    "baseline_blurred": "the picture blurred",
    "baseline_noise": "noise",
    "steps": "Steps of integrated gradients",
    "samples": "Noisy copies",
    "noise": "Noise",
    "window": "Covering square, pixels a side",
    "depth": "Layer of Grad-CAM",
    "depth_last": "the last",
    "depth_middle": "in the middle",
    "depth_first": "the first",
    # ---- what the network sees ----
    "steps_label": "From the picture to what the network sees",
    "step_grey": "Grey",
    "step_inverted": "Negative",
    "step_levels": "On black",
    "step_cropped": "Trimmed",
    "step_resized": "28 × 28",
    "step_sample": "Sample",
    "step_normalised": "Normalised",
    "caption_normalised": "{low} … {high}",
    "caption_size": "{height} × {width}",
    # ---- what it says ----
    "percent": "{value}\u00a0%",
    "probabilities": "What {model} says",
    "true_class": "true",
    "bars_legend": "calibrated: {predicted} {probability}",
    "bars_about": (
        "Calibrated: the scores are divided by {temperature}, fitted on the validation images, so that on average it is "
        "about as sure as it is right."
    ),
    "bars_about_own": (
        "Calibrated: the scores are divided by {temperature}, so that on the data set's pictures it is about as sure as it is "
        "right. Of your own nobody has measured that."
    ),
    "verdict_right": "{model} says <b>{predicted}</b> with {probability}, and so it is.",
    "verdict_wrong": (
        "{model} says <b>{predicted}</b> with {probability}, but the label is <b>{truth}</b> ({truth_probability})."
    ),
    "verdict_own": "{model} says <b>{predicted}</b> with {probability}; it must name one of its ten classes.",
    "about": "<b>{method}.</b> {sentence}",
    "colours_signed": "Orange speaks for <b>{target}</b>, blue against it.",
    "colours_positive": "Orange speaks for <b>{target}</b>.",
    "colours_sensitive": "Orange: brighter here raises the score of <b>{target}</b>; blue: it lowers it.",
    "colours_guided": "The colours show what gets through on the way back from <b>{target}</b>, not reasons for it.",
    "look_share": "{colours} {share} of the map lies on the clothes, which cover {area} of the picture.",
    "look_black_baseline": "{colours} Where the picture is as black as the baseline, a pixel gets exactly nothing.",
    "look_wrong": "{colours} Choose <b>{truth}</b> as target class and compare.",
    "look_empty_gradcam": "Grad-CAM finds no positive evidence for <b>{target}</b> in this layer: the map stays empty.",
    "look_empty_baseline": (
        "The map stays empty: to put this picture in place of the baseline does not change the score of <b>{target}</b>. "
        "Try another baseline."
    ),
    "look_empty_gradient": "The map stays empty: no small change of a pixel moves the score of <b>{target}</b>.",
    "look_no_map": "The bars show how sure it is of each class.",
    "no_picture_upload": "Drop a picture of a piece of clothing into the field, paste one, or choose a file.",
    "no_picture_drawing": "Draw a piece of clothing on the black square with a broad brush, filled in, not only its outline.",
    "no_picture_camera": "Hold a piece of clothing before a plain background and take a picture with the camera.",
    # ---- attribution ----
    "method_gradient": "Gradient",
    "method_input_x_gradient": "Input × gradient",
    "method_integrated_gradients": "Integrated gradients",
    "method_smoothgrad": "SmoothGrad",
    "method_gradcam": "Grad-CAM",
    "method_occlusion": "Occlusion",
    "method_guided_backprop": "Guided backpropagation",
    "method_deeplift": "DeepLift",
    "about_gradient": (
        "Shows how the score of the class changes when a pixel gets a little brighter (with its sign). "
        "It does not show what the score is made of."
    ),
    "about_input_x_gradient": (
        "Shows the gradient times the pixel's normalised value. It adds up to the score only where the network "
        "has no biases and is linear but for ReLUs and poolings."
    ),
    "about_integrated_gradients": (
        "Shows what each pixel adds on the way from the baseline to the picture, at {steps} points: the map sums to "
        "{sum}, the score differs by {difference}. Another baseline gives another map."
    ),
    "about_rough": (
        "{sentence} The gap between the sum and that difference is the error of {steps} points: the gradient jumps along the "
        "way."
    ),
    "about_smoothgrad": (
        "Shows the mean gradient over {samples} noisy copies of the picture: less speckle. How much noise is added "
        "decides what remains."
    ),
    "about_gradcam": (
        "Shows which of the {height} × {width} places of layer {layer} speak for the class, {where}. It cannot be finer "
        "than that layer, and leaves out what speaks against."
    ),
    "gradcam_placed": "each drawn in the middle of what it sees",
    "gradcam_stretched": "stretched over the picture",
    "about_occlusion": (
        "Shows what the score loses when a {window} × {window} square is covered. It needs no gradient, but {training}."
    ),
    "covered_never": "in training the network never saw covered clothes",
    "covered_sometimes": "in training the network saw clothes covered in other ways, and not always",
    "about_guided_backprop": (
        "Lets only positive gradients pass each ReLU; without a ReLU it is the gradient. In convolutional networks it looks "
        "sharp because it finds edges, and changes little when the last layers get random weights: do not take it for a reason."
    ),
    "about_deeplift": (
        "Compares every unit with its state for the baseline: the map sums to {sum}, the score differs by "
        "{difference}. Another baseline gives another map."
    ),
    "map_picture": "Picture",
    "map_over": "Map over it",
    "caption_time": "{milliseconds} ms",
    "caption_first": "{milliseconds} ms, refining …",
    "caption_over": "for: {target}",
    "maps_label": "The picture, and the map of {method} for {target} over it and alone",
    "compare": "Show all methods side by side",
    "compare_label": "The maps of all methods for {target}",
    "not_available": "not available",
    # ---- what cannot be done ----
    "no_convolution": "Grad-CAM needs a convolution, and this network has none. Choose another method or network.",
    "blank": "There is nothing on this picture: it has the same brightness everywhere.",
    "no_models": "There is no trained network here. Train them with python train_all.py, then start the app again.",
    "model_not_here": "{title} is not trained, or its weights cannot be used. Choose one of: {choices}.",
    "broken_model": (
        "{title} is left out: its weights in checkpoints/ are missing or altered. Train it anew with train_all.py."
    ),
    "broken_results": "checkpoints/results.json is damaged, so that no trained network can be used. Run train_all.py.",
    "picture_or_sample": "Give either an image or the index of a sample, not both and not neither.",
    "not_an_image": "The image must be a list of rows of equal length, 1 to 512 a side, with values 0 to 255.",
    # ---- results ----
    "results": "How good are these networks?",
    "results_intro": (
        "Measured on the {images} test images of Fashion-MNIST, which were never trained on, with the weights that this "
        "app loads. The ± beside the test accuracy is the {level} interval that so many images allow; the one beside a "
        "mean is the standard deviation over seeds, of which the run in the middle is shown (of an even number, the lower of "
        "the two in the middle). *With mirror image* averages "
        "the answers to a picture and its mirror image; all else is measured without. *By the tutorial's recipe*: the "
        "same network, trained by the script that the tutorial gives for ResNet-18; of several seeds the mean, and from the lowest to the "
        "highest. What it says of softmax regression and the MLP comes from earlier parts of its series, whose training it does "
        "not show."
    ),
    "results_none": "No network has been trained yet. Run python train_all.py.",
    "head_model": "Model",
    "head_params": "Parameters",
    "head_accuracy": "Test accuracy",
    "head_claim": "The tutorial says",
    "head_epochs": "Epochs",
    "head_mean": "Mean over seeds",
    "head_seeds": "Seeds",
    "head_flip": "With mirror image",
    "head_tutorial": "By the tutorial's recipe",
    "pairs_title": "Which of these networks really differ?",
    "pairs_intro": (
        "All networks answered the same {images} test images, so two of them can be compared more closely than by their error "
        "bars: only the images count that one of the two gets right and the other gets wrong. *p* is the probability that these "
        "fall at least so unevenly to the two if both are equally good (McNemar's exact test). Below {level} we say that chance "
        "does not explain the difference. That is about these two sets of weights. The column *Seeds* shows from the lowest to the "
        "highest what trainings of the two networks reached; where there is one seed, nobody knows what another would give."
    ),
    "pair_better": "Network",
    "pair_worse": "Next one",
    "pair_points": "Points more",
    "pair_only": "Only one right",
    "pair_p": "p",
    "pair_seeds": "Seeds",
    "pair_verdict": "Difference",
    "pair_once": "one run",
    "pair_is_chance": "may be chance",
    "pair_is_real": "more than chance",
    "pair_is_overlap": "more than chance, but seeds overlap",
    "pair_is_once": "more than chance, one seed",
    "claims_about": (
        "For the claims *p* is the greatest probability that McNemar's test can give: which images the tutorial's networks got right is not "
        "known. Where it is below {level}, and the claim lies outside of what the seeds here reached, chance does not explain the difference."
    ),
    "claims_title": "Do the claims hold, and how were these networks trained?",
    "claim_by_theirs": "By the tutorial's recipe",
    "claim_by_theirs_bfloat16": "By the tutorial's recipe, computed in bfloat16,",
    "claim_by_ours": "By our recipe",
    "claim_elsewhere": (
        "{by_recipe} {reached}. The {claimed}\u00a0% of the tutorial come from part {part} of its series, and how that network was "
        "trained is not told here, so there is no verdict."
    ),
    "claim_undecided": (
        "{by_recipe} {reached}. The difference of {points} points from the {claimed}\u00a0% that are claimed may be chance "
        "(p up to {p})."
    ),
    "claim_above": (
        "{by_recipe} {reached}, {points} points more than the {claimed}\u00a0% that are claimed. Chance does not explain that "
        "(p at most {p})."
    ),
    "claim_below": (
        "{by_recipe} {reached}, {points} points less than the {claimed}\u00a0% that are claimed. Chance does not explain that "
        "(p at most {p})."
    ),
    "reached_once": "{mean}\u00a0% in one run",
    "reached_seeds": "{mean}\u00a0% on average ({count} seeds, {low} to {high}\u00a0%)",
    "trained_with": "Trained for {epochs} epochs with {tricks}; {time} on {hardware}.",
    "trained_further": (
        "Then, from those weights, for {epochs} more with {tricks}, while the learning rate rose and fell once more (a warm "
        "restart, dotted in the training curve); {time} on {hardware}."
    ),
    "trained_further_often": (
        "Then, from the weights reached, {times} times more, for {epochs} epochs with {tricks}, while the learning rate rose "
        "and fell each time (warm restarts, dotted in the training curve); {time} on {hardware}."
    ),
    "trained_again": "Then, in the same way, for {epochs} more epochs with {tricks}; {time} on {hardware}.",
    "trick_flip": "mirrored images",
    "trick_crop_padding": "shifts by at most {pixels} px",
    "trick_erase": "erased rectangles",
    "trick_cutmix": "mixed images (CutMix)",
    "trick_label_smoothing": "label smoothing",
    "trick_gce_q": "a loss in which pictures that it cannot fit count for less (generalised cross-entropy)",
    "trick_average": "averaged weights",
    "trick_none": "no changes to the images",
    "threads": "{name}, threads: {count}",
    "compiled": "{name}, compiled",
    "note_softmax": "A linear network cannot follow a shifted or mirrored picture: augmentation costs it accuracy.",
    "note_best_run": "No run here reached that; the best one has {best}\u00a0%.",
    "note_fit": (
        "In its last epoch, with dropout at work, this run was right on {train_accuracy} % of the training images, {points} "
        "points more than on the test images: it fits the pictures that it learned from better than new ones."
    ),
    "note_degradation": (
        "One of the four nets whose depths are compared in the gradient-flow tab: a short recipe, the same for all four, "
        "that is not meant for the highest accuracy."
    ),
    "seconds": "{value} s",
    "minutes": "{value} min",
    "hours": "{value} h",
    "results_model": "Details of",
    "confusion_title": "Confusion: what the {images} images of each class were taken for",
    "axis_predicted": "Predicted class",
    "axis_true": "True class",
    "hover_confusion": "true: %{y}<br>predicted: %{x}<br>%{customdata} images<extra></extra>",
    "curve_title": "Training curve",
    "axis_epoch": "Epoch",
    "axis_accuracy": "Accuracy (%)",
    "curve_note": (
        "On training images while the weights change, with all changes to the images and with dropout; on validation images "
        "after each epoch, with the averaged weights where there are any, which lag behind at first."
    ),
    "curve_train": "training images",
    "curve_validation": "validation images",
    "curve_restart": "warm restart",
    "curve_test": "test images, at the end",
    "most_confused": (
        "{title} is right on {correct} of {total} images. Its commonest mistake: {count} times it takes <b>{truth}</b> "
        "for <b>{predicted}</b>. Hardest class: <b>{hardest}</b>, {recall} right."
    ),
    "most_lie": (
        "Of its errors, {upper_body} lie among T-shirt, pullover, dress, coat and shirt, {shoes} among the shoes, and {elsewhere} "
        "elsewhere; {shirts} have to do with shirts."
    ),
    "errors_lie": (
        "Of the errors of {title}, {upper_body} lie among these five classes, {shoes} among the shoes, and {elsewhere} elsewhere; "
        "{shirts} have to do with shirts."
    ),
    "error_bar": "For {title}, which is right on {accuracy}, that is {points} points.",
    "smoothing_with": (
        "{count} of the networks here learned with label smoothing; {under} of these are less sure than they are right, and their "
        "confidence is {low} to {high} points off."
    ),
    "smoothing_without": (
        "{count} learned without it; {over} of these are surer than they are right, and their confidence is {low} to {high} points "
        "off."
    ),
    "calibration_even": (
        "Its confidence is {before} points off on average (expected calibration error); the temperature {temperature}, "
        "fitted on the validation images, makes that {after}, which is no better."
    ),
    "calibration_hot": (
        "It is surer than it is right: its confidence is {before} points off on average (expected calibration error), "
        "{after} after dividing the scores by the temperature {temperature}, fitted on the validation images."
    ),
    "calibration_cold": (
        "It is more often right than it is sure: its confidence is {before} points off on average (expected calibration "
        "error), {after} after dividing the scores by the temperature {temperature}, fitted on the validation images."
    ),
    "always_wrong_title": "What none of these networks gets right",
    "always_wrong": (
        "{count} of the {images} test images are misclassified by all {networks} networks, with every seed; here are "
        "{shown}. Above each picture is the data set's class, below it the answer of the network chosen above. Would "
        "you have known?"
    ),
    # ---- below the fold ----
    "explanation": r"""
A network turns a picture $x$ into ten scores (logits) $z_c(x)$; softmax turns them into the probabilities of the
bars:

$$p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}$$

The probabilities always sum to 1. So a photo of a cat gets a class too, often with a high number: they say how the
ten classes compare, not whether the picture is clothing at all.

The lines across the bars are calibrated (Guo et al. 2017): every score is divided by a temperature $T$ before the softmax,

$$p_c = \frac{e^{z_c / T}}{\sum_k e^{z_k / T}}$$

One $T$ for each network is fitted after training so that the labels of the {validation} validation images become as likely as
they can. Above 1 it makes the network less sure, below 1 surer; the order of the classes stays. It holds for pictures like
those of the data set, not for a photo of a cat.

**What the network sees.** It was trained on {side} × {side} grey pictures of clothes, light on black, that fill the frame.
Your picture is brought into that form by steps modelled on those by which the data set was made (Xiao et al. 2017, who left
out rows and columns where we average areas, and sharpened the result): grey;
the negative, if what it shows is darker than its border; background to black; trimmed; the longest edge resized to {side} by averaging
areas; centred. At last every pixel becomes $(x - 0.2860) / 0.3530$, with mean and deviation of the training images.
Black is then $-0.81$, not 0.

**Which pixels speak for a class?** Every method here explains one score $z_c$, not the probability, which also
falls when another class rises.

*Gradient* (Simonyan et al. 2013), drawn with its sign:

$$A_i = \frac{\partial z_c}{\partial x_i}$$

*Input × gradient*: $A_i = x_i \, \partial z_c / \partial x_i$.

*Integrated gradients* (Sundararajan et al. 2017) average the gradient on the straight path from a baseline $x'$, a
picture of nothing, to $x$:

$$A_i = (x_i - x'_i) \int_0^1 \frac{\partial z_c\big(x' + t\,(x - x')\big)}{\partial x_i}\, dt,
\qquad \sum_i A_i = z_c(x) - z_c(x')$$

The integral is a sum over points of the path (the trapezoidal rule), {steps} at first. Further points are added, up to
{most_steps}, as long as the sum misses the second equation by more than {gap}, or as the last new points changed the map by more
than {change}. Between two neighbours the integral along the path must be the difference of their scores, which is known; the new
points lie where the sum misses that most. No gradient is computed twice. The sentence beside the map compares the two sides
of the equation. In the deep plain networks the gradient jumps more often on the way than in LeNet-5, and more points are needed;
Balduzzi et al. (2017) call such gradients shattered.

*SmoothGrad* (Smilkov et al. 2017): the mean gradient of $n$ copies with noise, $A_i = \frac{1}{n} \sum_k \partial
z_c(x + \varepsilon_k) / \partial x_i$.

*Grad-CAM* (Selvaraju et al. 2017) weighs the feature maps $F^k$ of one layer by the mean of their gradients and
keeps what is positive:

$$A = \mathrm{ReLU}\Big(\sum_k w_k F^k\Big),
\qquad w_k = \frac{1}{HW} \sum_{ij} \frac{\partial z_c}{\partial F^k_{ij}}$$

If nothing is positive the map is empty, and this app says so instead of stretching noise. Each of the layer's places is
drawn where the middle of its receptive field lies; to stretch the map over the picture, as is usual, moves it by
several pixels in some of these networks.

*Occlusion* (Zeiler and Fergus 2014) covers a square with the baseline and takes the loss of score; a pixel gets the
mean of all squares over it.

*Guided backpropagation* (Springenberg et al. 2015) lets only positive gradients pass each ReLU.

*DeepLift* (Shrikumar et al. 2017) compares every unit with its state for the baseline, and also sums to the
difference of scores.

**What such a map does not prove.** The maps of two methods differ, and both look convincing. Adebayo et al. (2018)
put random weights into the last layers, then into more: guided backpropagation long kept nearly the same picture, so
it shows edges of the picture rather than reasons of the network. Gradient and Grad-CAM changed, as they should. A map
shows where a score is sensitive; whether the network would still decide so without these pixels must be tried out.
Occlusion does try, on pictures that are unlike those in training.
""",
    "questions": r"""### What does a trained network get wrong here?
Mostly it confuses clothes for the upper body. T-shirt, pullover, dress, coat and shirt look alike at {side} × {side} pixels: what
tells them apart, buttons, a collar, the cloth, is only a few pixels wide. {errors} Choose a network above: the sentence beside
its confusion matrix counts the same for it.

### Why does an accuracy have an error bar?
The test images are a sample. If the network is right with probability $p$ on such pictures, the measured share spreads with a
standard error of $\sqrt{p(1-p)/n}$ on $n$ images. {error_bars} Two networks that answered the same images can be compared more
closely, by McNemar's test: see "Which of these networks really differ?" above. Training with another seed moves the result as
well. No such interval and no such test contains that, so the seeds stand beside them.

### It is 99 % sure and wrong. How can that be?
Softmax compares ten scores with each other; nothing in it asks "have I seen anything like this?". Training on
hard labels rewards ever larger differences of scores, so that such networks often become surer than they are right
(Guo et al. 2017). Label smoothing makes them less sure, which can go too far. {calibration} The lines across the bars mend both
on average, for clothes like those of the data set. Draw a smiley and see: they do not know it either.

### Why does my photo get a silly answer?
Look at the row of steps. The network knows catalogue pictures: one piece, filling the frame, light on pure black,
no person in it. A pattern behind the clothes, a shadow at the border, or a negative where none was needed gives it
a picture unlike any it has learned. Try the setting for the negative, a plain background, and more light.

### Why do the networks here have a ReLU module for each use, and none in place?
Guided backpropagation and DeepLift work by hooks on ReLU modules. A function call `F.relu` has no module to hook,
and the methods then give a wrong map without a word; one module used twice makes DeepLift stop. An in-place ReLU
overwrites the maps of the layer before it, so that whoever looks there sees other numbers than that layer gave. None of
that matters for training; it does for looking inside.

### Which method should I trust?
None alone. Compare several, change the baseline, and ask of each pattern whether it would be there for a network
with random weights. If the map claims that a spot matters, cover the spot and see whether the score falls.
""",
}
