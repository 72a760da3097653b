"""Sentences of the classifier wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Classifier",
    "intro": "Show a trained network a piece of clothing. See its answer, and which pixels support this answer.",
    # ---- controls ----
    "source": "Picture",
    "source_sample": "Sample",
    "source_upload": "File",
    "source_drawing": "Draw",
    "source_camera": "Camera",
    "predicted_class": "the predicted class",
    "clear": "clear",
    "settings": "Settings of the methods",
    "preparation": "How your picture is prepared",
    "inversion": "Invert the picture",
    "inversion_auto": "if it is darker than its border",
    "inversion_yes": "always",
    "inversion_no": "never",
    "ground": "Make the background black",
    "ground_auto": "automatically",
    "ground_flat": "one brightness everywhere",
    "ground_slope": "a background that gets darker to one side",
    "ground_none": "no",
    "crop": "Trim",
    "crop_auto": "to all but small specks",
    "crop_piece": "to the largest piece",
    "crop_none": "no",
    "centre": "Put into the middle",
    "centre_box": "the trimmed rectangle",
    "centre_mass": "the centre of mass",
    "turned": "Turn clockwise (degrees)",
    "faint": "What is darker counts as background (%)",
    "cut_top": "Cut off at the top (%)",
    "cut_bottom": "Cut off at the bottom (%)",
    "cut_left": "Cut off on the left (%)",
    "cut_right": "Cut off on the right (%)",
    "baseline": "Baseline (a picture of nothing)",
    "baseline_black": "black",
    "baseline_mean": "mean grey",
    "baseline_blurred": "the picture blurred",
    "baseline_noise": "noise",
    "steps": "Steps of integrated gradients",
    "samples": "Noisy copies",
    "noise": "Noise",
    "window": "Side of the covering square (px)",
    "depth": "Layer of the CAM methods",
    "depth_last": "the last",
    "depth_middle": "in the middle",
    "depth_first": "the first",
    # ---- what the network sees ----
    "steps_label": "From the picture to what the network sees",
    "step_grey": "Grey",
    "step_inverted": "Inverted",
    "step_levels": "On black",
    "step_turned": "Turned, cut",
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
    "calibrated": "Show calibrated probabilities",
    "bars_legend": "calibrated: {predicted} {probability}",
    "bars_about": (
        "Calibrated: the scores are divided by {temperature}. This number was fitted on the validation images so that, on average, "
        "the confidence matches the accuracy."
    ),
    "bars_about_own": (
        "Calibrated: the scores are divided by {temperature}, so that on pictures of the data set the confidence matches the "
        "accuracy. For your own pictures this was not measured."
    ),
    "verdict_right": "{model} says <b>{predicted}</b> with a probability of {probability}. This is right.",
    "verdict_wrong": (
        "{model} says <b>{predicted}</b> with a probability of {probability}, but the right answer is <b>{truth}</b> ({truth_probability})."
    ),
    "verdict_own": "{model} says <b>{predicted}</b> with a probability of {probability}. It must always choose one of its ten classes.",
    "about": "<b>{method}.</b> {sentence}",
    "colours_signed": "Orange pixels support <b>{target}</b>, blue pixels speak against it.",
    "colours_positive": "Orange pixels support <b>{target}</b>.",
    "colours_sensitive": "Orange: a brighter pixel raises the score of <b>{target}</b>. Blue: a brighter pixel lowers it.",
    "colours_guided": "The colours show which signals from <b>{target}</b> pass backwards through the network. They are not reasons for it.",
    "look_share_own": "{colours} {share} of the map is on what is not black, which is {area} of the picture.",
    "look_share": "{colours} {share} of the map is on the clothes, which cover {area} of the picture.",
    "look_black_baseline": "{colours} Where the picture is black, the map is exactly 0, because this method compares with a black picture.",
    "look_wrong": "{colours} Choose <b>{truth}</b> as target class and compare.",
    "look_empty_gradcam": "{method} finds no positive evidence for <b>{target}</b> in this layer: the map stays empty.",
    "look_empty_baseline": (
        "The map stays empty: the baseline and this picture have the same score for <b>{target}</b>. "
        "Try another baseline."
    ),
    "look_empty_gradient": "The map stays empty: no small change of a pixel changes the score of <b>{target}</b>.",
    "look_no_map": "The bars show the probability of each class.",
    "no_picture_upload": "Drop a picture of a piece of clothing into the field, paste one, or choose a file.",
    "no_picture_drawing": "Draw a piece of clothing on the black square with a broad brush. Fill it in; do not draw only its outline.",
    "no_picture_camera": "Hold a piece of clothing in front of a plain background and take a picture with the camera.",
    # ---- attribution ----
    "map_picture": "Picture",
    "map_over": "Map over it",
    "caption_time": "{milliseconds} ms",
    "caption_first": "{milliseconds} ms, refining …",
    "caption_over": "for: {target}",
    "scale": "In both maps, the strongest colour stands for {limit}. Over the picture, values close to zero let it show through.",
    "maps_label": "The picture, and the map of {method} for {target} over it and alone",
    "compare": "Show all methods side by side",
    "compare_label": "The maps of all methods for {target}",
    "not_available": "not available",
    # ---- a map on trial ----
    "trust": "Does this map mean anything? Test it",
    "trust_intro": "Two tests. **Random weights:** layer after layer, from the output on, loses what it learned. A map that stays the same does not show what the network learned. **Deletion and insertion:** the pixels that the map calls most important are replaced first, or come back first. Then the probability of the class should fall, or rise, soon. The number is the area under the curve: 0 if it falls at once, 1 if it never falls. The dashed lines belong to simple orders that do not use the network, such as the brightest pixels first.",
    "trust_start": "Test this map",
    "trust_look": "Press the button: the map above is tested with its network and its class.",
    "trust_beaten": "Deletion (smaller is better): {area} for {method}; {better} of {controls} simple orders do better ({names}).",
    "trust_unbeaten": "Deletion (smaller is better): {area} for {method}; <b>no simple order does better</b> (the best has {next}).",
    "trust_insertion": "Insertion (larger is better): {area}; {better} of {controls} simple orders do better.",
    "trust_random": "With random weights only, the map is similar to this one by {correlation} (1 = the same, 0 = not at all, below 0 = rather the opposite).",
    "trust_maps_label": "The maps of {method} while more and more layers have random weights",
    "trust_trained": "as trained",
    "trust_layers_last": "last layer random",
    "trust_layers_some": "last {count} of {layers}",
    "trust_layers_all": "all {layers} random",
    "trust_correlation": "correlation {correlation}",
    "trust_axis_deletion": "Deletion: pixels replaced, per cent",
    "trust_axis_insertion": "Insertion: pixels brought back, per cent",
    "trust_axis_probability": "Probability of {target}, per cent",
    "trust_baseline": "Replaced pixels become",
    "trust_here": "This picture. Replaced pixels become: {baseline}. Grey rows never look at the network.",
    "trust_title": "Over many test images",
    "trust_table": "{model}, {images} test images, each for the class that the network names: mean ± standard deviation over the images. Pixels "
    "turn black. Grey rows never look at the network. The last two columns are correlations with the maps of the same network when its last layer, "
    "or every layer, has random weights: near 0 is good.",
    "trust_many": "{model}, {images} images",
    "trust_areas": "The best order that never looks at the network is <b>{control}</b> ({area}). {better} of {methods} methods delete "
    "better than it.",
    "trust_head_order": "Order of the pixels",
    "trust_head_deletion": "Deletion (small is good)",
    "trust_head_insertion": "Insertion (large is good)",
    "trust_head_last_random": "Last layer random",
    "trust_head_all_random": "All layers random",
    "control_brightest": "Brightest first",
    "control_centred": "Middle first",
    "control_edges": "Edges first",
    "control_random": "Random order",
    # ---- trial: move it, cover it, attack it ----
    "trial": "Move it, cover it, attack it: what do all networks say then?",
    "trial_intro": "Drag the picture with the mouse or a finger, and turn it with two fingers. Or choose it and press the arrow "
    "keys; while Cover is on, the space bar covers a spot. Then watch whether the networks still give the same answer. A person would.",
    "trial_look": "Change the picture: every trained network answers at once.",
    "trial_pad": (
        "The picture. Arrow keys move it, [ and ] turn it. While Cover is on, arrow keys move the square and the space bar covers "
        "what is below it."
    ),
    "trial_act_move": "Move",
    "trial_act_cover": "Cover",
    "trial_act_left": "Turn ↺",
    "trial_act_right": "Turn ↻",
    "trial_act_reset": "Undo moves and cover",
    "trial_right": "Move to the right",
    "trial_down": "Move down",
    "trial_degrees": "Turn",
    "trial_scale": "Size, per cent",
    "trial_blur": "Blur, pixels",
    "trial_darken": "Darken, per cent",
    "trial_noise": "Noise, per cent",
    "trial_attack": "Attack: each pixel changes by, per cent",
    "trial_no_mask": "The covered pixels cannot be read. Press “Undo moves and cover” and cover them again.",
    "trial_untouched_agree": "All {count} networks say {names}. Now move the picture by some pixels.",
    "trial_untouched": "The {count} networks do not agree: they say {names}. Now move the picture by some pixels.",
    "trial_same": "<b>{same} of {count}</b> networks still say what they said before.",
    "trial_attacked": "Each pixel went one small step in the direction in which {model} becomes less sure of the right answer (FGSM, Goodfellow et al. 2015). The other networks see the same picture.",
    "trial_attack_wrong": "{model} was wrong before the attack, so the attack cannot make it wrong.",
    "trial_measured": "Over {images} test images this change lowers the accuracy most for {most} (by {most_points} percentage points) and least for {least} (by {least_points}).",
    "trial_label": "The label says {truth}: green bars agree with it, orange ones do not.",
    "trial_agrees": "as before",
    "trial_before": "before: {name}, {probability}",
    "trial_curves_title": "Measured over the test images",
    "trial_kind": "Change",
    "trial_kind_shift": "Shift",
    "trial_kind_rotation": "Rotation",
    "trial_kind_scale": "Size",
    "trial_kind_blur": "Blur",
    "trial_kind_darken": "Darkening",
    "trial_kind_noise": "Noise",
    "trial_kind_cover": "Covered square",
    "trial_axis_shift": "Shift in a random direction, pixels",
    "trial_axis_rotation": "Rotation to either side, degrees",
    "trial_axis_scale": "Size of the clothes, per cent",
    "trial_axis_blur": "Standard deviation of the blur, pixels",
    "trial_axis_darken": "Brightness that is taken away, per cent",
    "trial_axis_noise": "Standard deviation of the noise, per cent of full scale",
    "trial_axis_cover": "Side of the black square, pixels",
    "trial_curves": "<b>{change}</b>, over {images} test images: the accuracy of {most} falls most, from {most_high} to {most_low}, and that of {least} least, from {least_high} to {least_low}.",
    # ---- what cannot be done ----
    "blank": "There is nothing on this picture: it has the same brightness everywhere.",
    "too_faint": (
        "The contrast of this picture is very low: its brightness varies by only {value} of {white} steps, which is too little to tell a "
        "piece of clothing from its background. Use more light, or a background of another brightness."
    ),
    "remark_weak": (
        "The clothes and the background differ by only {value}\u00a0% of full brightness. The contrast is stretched, and so is the noise."
    ),
    "remark_patterned": (
        "The background is not plain: its brightness varies by {value}\u00a0% of the contrast. Parts of it may stay in the picture."
    ),
    "remark_cut_off": (
        "On {value}\u00a0% of the border there is something brighter than the background: the piece may be cut off there."
    ),
    "remark_small": "The piece is small (longer side: {value} px) and is enlarged.",
    "nothing_left": (
        "Nothing is left of this picture: all that was not cut off is darker than what counts as background. Cut off less, or "
        "let less count as background."
    ),
    "photo_about": (
        "The table shows how often three networks were right for photos that a program made from {images} samples, each with one "
        "difficulty: without any preparation except for the size → with the automatic preparation. Real photos have several "
        "difficulties at once. For them this was not measured."
    ),
    "photo_kind": "photo",
    "photo_plain": "dark clothes on white",
    "photo_light_on_dark": "light clothes on a dark background",
    "photo_dark_on_dark": "dark clothes on a dark background",
    "photo_sloping": "a background that gets darker to one side",
    "photo_shadow": "a soft shadow beside the clothes",
    "photo_pattern": "a background of tiles",
    "photo_second_piece": "a label in the corner",
    "photo_small": "small, and not in the middle",
    "photo_turned": "lying on its side",
    "photo_by_hand": "{photo}, automatic → {setting}",
    "photo_hand_faint": "{faint}\u00a0% counts as background",
    "photo_hand_turned": "turned by {degrees} degrees",
    "no_models": "There is no trained network here. Run python train_all.py --publish, then start the app again.",
    "model_not_here": "{title} is not trained, or its weights cannot be used. Choose one of: {choices}.",
    "broken_model": (
        "{title} cannot be used: its weights in checkpoints/ are missing or changed. Train it again with train_all.py --publish."
    ),
    "broken_results": "checkpoints/results.json is damaged, so no trained network can be used. Delete it and run train_all.py --publish.",
    "picture_or_sample": "Give exactly one of the two: an image, or the index of a sample.",
    "not_an_image": "The image must be a list of rows of equal length, with 1 to 512 rows and columns and values from 0 to 255.",
    # ---- results ----
    "results": "How good are these networks?",
    "results_intro": (
        "All accuracies are measured on the {images} test images of Fashion-MNIST with the weights that this app loads. No network "
        "was trained on these images. The ± after the test accuracy is the {level} interval for this number of images. The ± after a "
        "mean is the standard deviation over seeds. With several seeds, the app uses the run with the median accuracy (with an even "
        "number, the lower of the two in the middle). *With mirror image* averages the answers to a picture and to its mirror image; "
        "no other column does this. *With the tutorial's recipe*: the same network, trained with the script that the tutorial gives "
        "for ResNet-18. With several seeds, it shows the mean, the lowest and the highest accuracy. What the tutorial says about "
        "softmax regression and the MLP comes from earlier parts of its series, and it does not show how those were trained."
    ),
    "results_none": "No network has been trained yet. Run python train_all.py --publish.",
    "head_model": "Model",
    "head_params": "Parameters",
    "head_accuracy": "Test accuracy",
    "head_claim": "The tutorial says",
    "head_epochs": "Epochs",
    "head_mean": "Mean over seeds",
    "head_seeds": "Seeds",
    "head_flip": "With mirror image",
    "head_tutorial": "With the tutorial's recipe",
    "pairs_title": "Which of these networks are really different?",
    "pairs_intro": (
        "All networks answered the same {images} test images, so two of them can be compared more closely than by their error "
        "bars. We count only the images that one of the two gets right and the other gets wrong. *p* is the probability of a split "
        "at least this uneven if both networks are equally good (McNemar's exact test). Below {level} we say that chance does not "
        "explain the difference. This is a statement about these two sets of weights. The column *Seeds* shows the lowest and the "
        "highest accuracy of all trainings of the two networks. With one seed, nobody knows what another seed would give."
    ),
    "pair_better": "Network",
    "pair_worse": "Next network",
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
        "We do not know which images the tutorial's networks got right. So for the claims, *p* is the greatest probability that McNemar's "
        "test can give. If it is below {level}, and the claim is outside the range of the seeds here, chance does not explain the difference."
    ),
    "claims_title": "Do the claims hold, and how were these networks trained?",
    "claim_by_theirs": "With the tutorial's recipe:",
    "claim_by_theirs_bfloat16": "With the tutorial's recipe, computed in bfloat16:",
    "claim_by_ours": "With our recipe:",
    "claim_elsewhere": (
        "{by_recipe} {reached}. The tutorial's {claimed}\u00a0% come from part {part} of its series. This part does not say how that "
        "network was trained, so there is no verdict."
    ),
    "claim_undecided": (
        "{by_recipe} {reached}. The tutorial claims {claimed}\u00a0%. The difference of {points} points may be chance "
        "(p up to {p})."
    ),
    "claim_above": (
        "{by_recipe} {reached}. This is {points} points more than the claimed {claimed}\u00a0%. Chance does not explain it "
        "(p at most {p})."
    ),
    "claim_below": (
        "{by_recipe} {reached}. This is {points} points less than the claimed {claimed}\u00a0%. Chance does not explain it "
        "(p at most {p})."
    ),
    "reached_once": "{mean}\u00a0% in one run",
    "reached_seeds": "{mean}\u00a0% on average ({count} seeds, {low} to {high}\u00a0%)",
    "trained_with": "Trained for {epochs} epochs with {tricks}; {time} on {hardware}.",
    "trained_further": (
        "Then trained from these weights for {epochs} more epochs with {tricks}. The learning rate rose and fell once more (a warm "
        "restart, dotted in the training curve); {time} on {hardware}."
    ),
    "trained_further_often": (
        "Then trained {times} times more from the weights so far, for {epochs} epochs with {tricks}. The learning rate rose "
        "and fell each time (warm restarts, dotted in the training curve); {time} on {hardware}."
    ),
    "trained_again": "Then trained in the same way for {epochs} more epochs with {tricks}; {time} on {hardware}.",
    "trick_flip": "mirrored images",
    "trick_crop_padding": "shifts by at most {value} px",
    "trick_erase": "erased rectangles",
    "trick_cutmix": "mixed images (CutMix)",
    "trick_label_smoothing": "label smoothing",
    "trick_gce_q": "a loss that gives less weight to pictures that do not fit (generalised cross-entropy)",
    "trick_average": "averaged weights",
    "trick_clip_norm": "gradients cut to a norm of {value}",
    "trick_patience": "early stopping after {value} epochs without gain",
    "trick_augment_validation": "changed validation images as well",
    "trick_none": "no changes to the images",
    "threads": "{name}, threads: {count}",
    "compiled": "{name}, compiled",
    "note_softmax": "A linear network cannot recognise shifted or mirrored pictures well, so augmentation lowers its accuracy.",
    "note_best_run": "No run here reached this accuracy; the best one has {best}\u00a0%.",
    "note_fit": (
        "In its last epoch, with dropout switched on, this run was right on {train_accuracy} % of the training images. This is {points} "
        "points more than on the test images: the network fits the pictures it learned from better than new ones."
    ),
    "note_degradation": (
        "This is one of the four nets that the gradient-flow tab compares. All four use the same short recipe, which does not "
        "aim for the highest accuracy."
    ),
    "seconds": "{value} s",
    "minutes": "{value} min",
    "hours": "{value} h",
    "results_model": "Details of",
    "confusion_title": "Confusion matrix: the answers for the {images} images of each class",
    "axis_predicted": "Predicted class",
    "axis_true": "True class",
    "hover_confusion": "true: %{y}<br>predicted: %{x}<br>%{customdata} images<extra></extra>",
    "curve_rate": "learning rate",
    "axis_rate": "Learning rate",
    "augmented_title": "What this network saw in training",
    "augmented_label": "Sample images, unchanged above, and below them as the recipe changes them",
    "augmented_about": "Above: {classes} sample images as they are. Below: the same images as this network's recipe changes them, in {draws} "
    "batches. Every batch is drawn anew. If a picture is a mixture of two, the line below it says how much each label counts.",
    "mixed_share": "{name} {share}\u00a0%",
    "bars_claimed": "the tutorial says",
    "bars_theirs": "by the tutorial's recipe, measured here",
    "bars_ours": "by our recipe",
    "reliability_title": "How sure is it, and how often is it right then?",
    "reliability_about": (
        "All {images} test images, sorted by the confidence of the answer into {bins} bins of the same width. On the dotted line, the "
        "confidence is right: of answers that are seventy per cent sure, seventy per cent are right. Below it, the network is too sure. "
        "Bars: {level} intervals. Few images are in bins with long bars."
    ),
    "reliability_before": "as it answers (error {error})",
    "reliability_after": "scores divided by {temperature} (error {error})",
    "axis_confidence": "Confidence of the answer (%)",
    "axis_right": "Right answers (%)",
    "hover_reliability": "{images} images: sure {sure}, right {right}",
    "curve_title": "Training curve",
    "axis_epoch": "Epoch",
    "axis_accuracy": "Accuracy (%)",
    "curve_note": (
        "Training images: measured during the epoch, with all changes to the images and with dropout. Validation images: measured "
        "after each epoch, with the averaged weights if there are any. Averaged weights lag behind at first."
    ),
    "curve_train": "training images",
    "curve_validation": "validation images",
    "curve_restart": "warm restart",
    "curve_test": "test images, at the end",
    "most_confused": "{title} is right on {correct} of {total} images. Its most common mistake: {count} times it answers <b>{predicted}</b> for a picture with the label <b>{truth}</b>. Its hardest class: <b>{hardest}</b>, with {recall} right.",
    "most_lie": (
        "{upper_body} of its errors are between two of T-shirt, pullover, dress, coat and shirt, {shoes} are between shoes, and {elsewhere} "
        "are others. {shirts} of the errors involve shirts."
    ),
    "errors_lie": (
        "{upper_body} of the errors of {title} are between two of these five classes, {shoes} are between shoes, and {elsewhere} are "
        "others. {shirts} of the errors involve shirts."
    ),
    "error_bar": "For {title}, which is right on {accuracy}, that is {points} points.",
    "smoothing_with": (
        "{count} of the networks here were trained with label smoothing. {under} of these are less confident than they are accurate; their "
        "confidence is {low} to {high} points off."
    ),
    "smoothing_without": (
        "{count} were trained without it. {over} of these are more confident than they are accurate; their confidence is {low} to {high} "
        "points off."
    ),
    "calibration_even": (
        "Its confidence is {before} points off on average (expected calibration error). With the temperature {temperature}, "
        "fitted on the validation images, it is {after} points off, which is not better."
    ),
    "calibration_hot": (
        "It is more confident than it is accurate: its confidence is {before} points off on average (expected calibration error). With the "
        "scores divided by the temperature {temperature}, fitted on the validation images, it is {after} points off."
    ),
    "calibration_cold": (
        "It is less confident than it is accurate: its confidence is {before} points off on average (expected calibration error). With the "
        "scores divided by the temperature {temperature}, fitted on the validation images, it is {after} points off."
    ),
    "always_wrong_title": "Pictures that every network gets wrong",
    "always_wrong": (
        "All {networks} networks, with every seed, are wrong on {count} of the {images} test images. Here are {shown} of them. "
        "Above each picture is the class in the data set, and below it the answer of the network chosen above. Would you "
        "have known the class?"
    ),
    # ---- below the fold ----
    "explanation": r"""
A network turns a picture $x$ into ten scores (logits) $z_c(x)$. Softmax turns them into the probabilities that the
bars show:

$$p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}$$

The probabilities always sum to 1. So a photo of a cat gets a class too, often with a high probability. The probabilities
compare the ten classes with each other. They do not say whether the picture shows clothing at all.

The box *Show calibrated probabilities* draws lines across the bars (Guo et al. 2017). For them, every score is divided by a
temperature $T$ before the softmax:

$$p_c = \frac{e^{z_c / T}}{\sum_k e^{z_k / T}}$$

Each network has one $T$. It is fitted after training, so that the labels of the {validation} validation images become as
likely as possible. A $T$ above 1 makes the network less confident, below 1 more confident. The order of the classes stays the
same. This works for pictures like those of the data set, not for a photo of a cat.

**What the network sees.** It was trained on {side} × {side} grey pictures of clothes, light on black, that fill the frame.
Your picture is brought into this form. It becomes grey, and it is inverted if the thing is darker than the border. Its background
becomes black, and it is trimmed. Its longest edge is resized to {side} by averaging areas, and it is centred. The data set was
made with similar steps (Xiao et al. 2017), but they left out rows and columns instead of averaging areas, and they sharpened the
result. At the end every pixel becomes $(x - 0.2860) / 0.3530$, with the mean and standard deviation of the training images.
Black is then $-0.81$, not 0.

**Which pixels support a class?** Every method here explains one score $z_c$. It does not explain the probability, which also
falls when the score of another class rises.

*Gradient* (Simonyan et al. 2013), drawn with its sign:

$$A_i = \frac{\partial z_c}{\partial x_i}$$

*Input × gradient*: $A_i = x_i \, \partial z_c / \partial x_i$.

*Integrated gradients* (Sundararajan et al. 2017) average the gradient along the straight path from a baseline $x'$ (a
picture of nothing) to $x$:

$$A_i = (x_i - x'_i) \int_0^1 \frac{\partial z_c\big(x' + t\,(x - x')\big)}{\partial x_i}\, dt,
\qquad \sum_i A_i = z_c(x) - z_c(x')$$

The integral is a sum over points of the path (the trapezoidal rule). There are {steps} points at first. If the two sides of the
second equation differ by more than {gap}, or if the last new points changed the map by more than {change}, further points are added, up
to {most_steps}. Between two neighbouring points the integral must be the difference of their scores, which is known. The new points lie
where the sum misses this difference most. No gradient is computed twice. The sentence next to the map compares the two sides. In the
deep plain networks the gradient jumps more often along the path than in LeNet-5, so more points are needed. Balduzzi et al. (2017) call
such gradients shattered.

*SmoothGrad* (Smilkov et al. 2017): the mean gradient of $n$ copies with noise, $A_i = \frac{1}{n} \sum_k \partial
z_c(x + \varepsilon_k) / \partial x_i$.

*Grad-CAM* (Selvaraju et al. 2017) weighs the feature maps $F^k$ of one layer by the mean of their gradients and
keeps what is positive:

$$A = \mathrm{ReLU}\Big(\sum_k w_k F^k\Big),
\qquad w_k = \frac{1}{HW} \sum_{ij} \frac{\partial z_c}{\partial F^k_{ij}}$$

If nothing is positive, the map is empty, and this app says so. Each place of the layer is drawn at the centre of its
receptive field. The usual way is to stretch the map over the picture, which moves it by several pixels in some of these networks.

*Occlusion* (Zeiler and Fergus 2014) covers a square with the baseline and measures how much the score falls. A pixel gets the
mean of all squares that cover it.

*Guided backpropagation* (Springenberg et al. 2015) lets only positive gradients pass each ReLU.

*DeepLift* (Shrikumar et al. 2017) compares every unit with its value for the baseline. Its map also adds up to the
difference of the scores.

{methods}

**What such a map does not prove.** The maps of two methods are different, and both look convincing. Adebayo et al. (2018)
put random weights into the last layers, then into more and more layers. The map of guided backpropagation stayed nearly the same for
a long time, so it shows edges of the picture and not reasons of the network. Gradient and Grad-CAM changed, as they should. A map
shows where a score is sensitive. To know whether the network needs these pixels, you must test it.
Occlusion tests it, but with pictures that are unlike those in training.
""",
    "questions": r"""### What does a trained network get wrong here?
Mostly it confuses clothes for the upper body. T-shirt, pullover, dress, coat and shirt look alike at {side} × {side} pixels. Their
differences, such as buttons, a collar or the cloth, are only a few pixels wide. {errors} Choose a network above: the sentence
next to its confusion matrix gives the same counts for it.

### Why does an accuracy have an error bar?
The test images are a sample. If the network is right with probability $p$ on such pictures, the measured accuracy on $n$ images has
a standard error of $\sqrt{p(1-p)/n}$. {error_bars} Two networks that answered the same images can be compared more
closely with McNemar's test: see "Which of these networks are really different?" above. Training with another seed changes the
result too. Neither the interval nor the test includes this, so the tables also show the seeds.

### It is 99 % sure and wrong. How can that be?
Softmax compares ten scores with each other. It never asks "Have I seen anything like this?". Training on
hard labels rewards larger and larger differences between scores, so such networks often become more confident than they are
accurate (Guo et al. 2017). Label smoothing makes them less confident, sometimes too much. {calibration} The lines across the bars
correct both on average, for clothes like those of the data set. Draw a smiley: the lines do not know it either.

### Why does my photo get a silly answer?
Look at the row of steps. The network knows catalogue pictures: one piece of clothing that fills the frame, light on pure black,
without a person. Under *How your picture is prepared* you can change every step: for example turn a picture that lies on its side,
cut off a head and arms, or keep only the largest piece. A plain background and more light help most.

{photographs}

### Why do the networks here have a ReLU module for each use, and none in place?
Guided backpropagation and DeepLift use hooks on ReLU modules. A function call `F.relu` has no module for a hook,
and then the methods give a wrong map without any warning. If one module is used twice, DeepLift raises an error. An in-place
ReLU overwrites the maps of the layer before it, so we would see other numbers than that layer gave. This
does not matter for training, but it matters for looking inside.

### Which method should I trust?
Do not trust one method alone. Compare several methods, and change the baseline. Ask whether a network with random weights
would give the same pattern. If the map says that a spot matters, cover the spot and see whether the score falls.
""",
}
