"""Sentences about the attribution methods of the classifier, in English."""

from __future__ import annotations

SENTENCES = {
    # ---- controls ----
    "against": "Rather than",
    "no_other_class": "no other class",
    "pairs": "Pictures with which Gradient SHAP compares",
    "coalitions": "Sets of regions of Kernel SHAP",
    # ---- names ----
    "name_gradient": "Gradient",
    "name_input_x_gradient": "Input × gradient",
    "name_integrated_gradients": "Integrated gradients",
    "name_smoothgrad": "SmoothGrad",
    "name_gradcam": "Grad-CAM",
    "name_gradcam_plus_plus": "Grad-CAM++",
    "name_layercam": "LayerCAM",
    "name_occlusion": "Occlusion",
    "name_kernel_shap": "Kernel SHAP",
    "name_gradient_shap": "Gradient SHAP",
    "name_guided_backprop": "Guided backpropagation",
    "name_guided_gradcam": "Guided Grad-CAM",
    "name_deeplift": "DeepLift",
    "name_lrp": "LRP",
    # ---- what they show and do not show ----
    "about_gradient": (
        "Shows how the score of the class changes when a pixel gets a little brighter (with its sign). "
        "It does not show which pixels the score comes from."
    ),
    "about_input_x_gradient": (
        "Shows the gradient times the pixel's normalised value. The map adds up to the score only if the network "
        "has no biases and consists of linear layers, ReLUs and pooling."
    ),
    "about_integrated_gradients": (
        "Shows what each pixel adds on the way from the baseline to the picture, at {steps} points. The map adds up to "
        "{sum}, and the score changes by {difference}. Another baseline gives another map."
    ),
    "about_rough": (
        "{sentence} The two numbers are different because {steps} points are not exact: the gradient jumps along the way."
    ),
    "about_smoothgrad": (
        "Shows the mean gradient over {samples} noisy copies of the picture, which has fewer speckles. The map depends on the "
        "amount of noise. The noise is random, but it has a fixed seed ({seed}), so the map is always the same."
    ),
    "about_gradcam": (
        "Shows which of the {height} × {width} places of layer {layer} support the class, {where}. The map cannot be finer "
        "than that layer, and it does not show evidence against the class."
    ),
    "about_gradcam_plus_plus": (
        "Like Grad-CAM, but in each feature map only places with a positive gradient count, so several parts of a thing can be "
        "found. It looks at the {height} × {width} places of layer {layer}, {where}. It is not finer than that layer and does not "
        "show evidence against the class. It changes little when the last layer gets random weights, so it hardly shows why it is "
        "this class."
    ),
    "about_layercam": (
        "Like Grad-CAM, but each of the {height} × {width} places of layer {layer} has its own weight, its positive gradient, "
        "{where}. So early layers give finer maps too: choose one in the settings. It does not show evidence against the class."
    ),
    "cam_placed": "each drawn at the centre of its receptive field",
    "cam_stretched": "stretched over the picture",
    "about_occlusion": (
        "Shows how much the score falls when a {window} × {window} square is covered. It needs no gradient, but {training}."
    ),
    "covered_never": "the network never saw covered clothes in training",
    "covered_sometimes": "the clothes in its training were covered only sometimes and in other ways",
    "about_kernel_shap": (
        "Divides the picture into {regions} regions of at most {cell} × {cell} pixels and replaces {samples} sets of them by the "
        "baseline. Each region gets an estimate of its Shapley value, its mean effect over all orders. The map adds up to {sum}, and "
        "the score changes by {difference}. The sets are random with a fixed seed ({seed}). Most of these pictures look unlike clothes."
    ),
    "about_gradient_shap": (
        "Compares the picture with {samples} other pictures of the data set and averages what each pixel adds on the way from "
        "them. The map adds up to {sum}; the score is {difference} above the mean score of those pictures. The sum is not exact, "
        "because the pictures and one point on each way are random (fixed seed {seed}). Black pixels count where other clothes "
        "are not black."
    ),
    "about_guided_backprop": (
        "Lets only positive gradients pass each ReLU; without a ReLU it is the gradient. In convolutional networks the map looks "
        "sharp because it finds edges. It changes little when the last layers get random weights, so it does not show reasons."
    ),
    "about_guided_gradcam": (
        "Multiplies guided backpropagation by the Grad-CAM of layer {layer} ({height} × {width} places, {where}). The map looks sharp "
        "and depends on the class, but its details are edges of the picture, as in guided backpropagation."
    ),
    "about_deeplift": (
        "Compares every unit with its value for the baseline. The map adds up to {sum}, and the score changes by "
        "{difference}. Another baseline gives another map."
    ),
    "about_lrp": (
        "Layer-wise relevance propagation passes the score back layer by layer; each unit gives it to its inputs in proportion to what they added (later convolutions "
        "favour inputs of the same sign, γ = {gamma}). The map adds up to {sum}, and the score is {score}; the difference belongs to the biases. "
        "Black is not 0 for the network, so the background gets a share too. Other rules give another map."
    ),
    # ---- the difference of two classes ----
    "rather_than": "{target} rather than {against}",
    "about_difference": "What is explained is the score of {target} minus the score of {against}: {score}.",
    "axis_share": "Share of {target}, per cent",
    "of_images": "{order} ({ordered} of {count} images; elsewhere the map is empty)",
    "empty_map": (
        "This map is empty: it is 0 everywhere and orders no pixels, so there is nothing to test. Choose another method or class."
    ),
    "trust_difference": (
        "The curves follow the share of {target} in the probability of {target} and {against}, because the map explains the difference "
        "of their scores."
    ),
    "same_class": (
        "The difference between a class and itself is nothing, so there is no map. Choose another class under “Rather than”, or another "
        "target class."
    ),
    # ---- two numbers about a map ----
    "measure": "Measure infidelity and sensitivity",
    "infidelity": (
        "<b>Infidelity {infidelity}.</b> {squares} squares of {side} × {side} pixels on the clothes turn black, one square at a time. 0: "
        "the map predicts how the score falls each time, up to one factor. 1: it predicts nothing of this. The squares are "
        "random with a fixed seed ({seed})."
    ),
    "infidelity_none": (
        "Infidelity cannot be measured: {squares} squares of {side} × {side} pixels turned black (random, seed {seed}), and the score stayed "
        "the same."
    ),
    "sensitivity": (
        "<b>Sensitivity {sensitivity}.</b> In {copies} copies of the picture every pixel changes by at most {radius} per cent of full scale. "
        "The number is the largest change of the map, as a share of its own size: 0 means that it stays the same (random, "
        "seed {seed}). Both numbers are from Yeh et al. (2019); a small number does not prove that a map is right."
    ),
    # ---- what cannot be done ----
    "no_convolution": "This method needs a convolution, and this network has none. Choose another method or network.",
    "not_finite": (
        "The numbers of this network overflow: some are larger than float32 can hold, so this method gives no map. Choose another "
        "network, or bring one with smaller weights."
    ),
    "no_rule": "Layer-wise relevance propagation has no rule here for a layer of the kind {layer}. Choose another method or network.",
    # ---- below the page ----
    "explanation": r"""*Grad-CAM++* (Chattopadhay et al. 2018) has another weight for each feature map. With $g = \partial z_c / \partial F^k_{ij}$:

$$w_k = \sum_{ij} \frac{g^2}{2 g^2 + g^3 \sum_{ab} F^k_{ab}} \, \mathrm{ReLU}(g)$$

*LayerCAM* (Jiang et al. 2021) has a weight for each place: $A = \mathrm{ReLU}\big(\sum_k \mathrm{ReLU}(g) \, F^k\big)$.

*Guided Grad-CAM* (Selvaraju et al. 2017) is the product of guided backpropagation and Grad-CAM.

*Kernel SHAP* (Lundberg and Lee 2017) estimates Shapley values. The Shapley value of a region is the mean, over all orders in which $n$
regions can be shown, of how much the score rises when this region comes. For that, it fits a linear function to the scores of
pictures of which only a set $S$ of regions is shown, with the weights

$$\frac{n - 1}{\binom{n}{|S|} \, |S| \, (n - |S|)}$$

The regions are squares of a grid, without the pixels that are equal to the baseline.

*Gradient SHAP* (Lundberg and Lee 2017, Erion et al. 2021) is the mean of integrated gradients over many baselines $x'$, which are pictures of
the data set. Each of them gives one random point $t$ of its path:
$A_i = \mathbb{E}_{x', t}\big[(x_i - x'_i) \, \partial z_c(x' + t (x - x')) / \partial x_i\big]$.

*Layer-wise relevance propagation* (Bach et al. 2015, Montavon et al. 2019) shares out the relevance $R_j$ of each unit among its inputs $a_i$:

$$R_i = \sum_j \frac{a_i \, (w_{ij} + \gamma w^+_{ij})}{\sum_{i'} a_{i'} \, (w_{i'j} + \gamma w^+_{i'j})} \, R_j$$

In the first layer and in linear layers, $\gamma = 0$. A bias counts as one more input, and a batch normalisation as part of the convolution
before it.

**Why this class and not that one?** With a class under *Rather than*, every method explains the difference $z_a - z_b$ of two scores. For the
gradient, input × gradient and integrated gradients this is the difference of the two maps.
""",
}
