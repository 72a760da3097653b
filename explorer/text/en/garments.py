"""Sentences of the classifier wing on pictures that are no clothes, on similar pictures and on channels, in English."""

from __future__ import annotations

SENTENCES = {
    # ---- no piece of clothing ----
    "unlike": "<b>Careful: this picture is unlike the clothes on which {model} was trained.</b> Do not rely on the answer. "
    "({share} of the real test images get this warning, too.)",
    "unlike_own": "Look at the steps below: perhaps your picture has to be turned, or something has to be cut off. See “How your picture is prepared”.",
    "unlike_title": "Is this a piece of clothing at all? When the page warns",
    "unlike_intro": "A network always chooses one of its ten classes, also for a landscape. So the page compares each picture with "
    "{references} training images: once by the pixels, and once by the numbers that the last layer of the network gets. It takes the "
    "distance to the nearest training image, divides it by its standard deviation over the validation images, and adds both results. "
    "If this score is above a limit, the page warns. The limit is chosen so that {passing} of the {validation} validation images "
    "stay below it.",
    "unlike_score": "This picture has a score of <b>{score}</b>. The limit is {threshold}.",
    "unlike_test": "With {model}, the page warns at {share} of the {images} test images. {model} is right about {right} of these, and "
    "about {others} of the other test images.",
    "unlike_not_measured": "Nothing was measured for these weights, so the page does not warn. Choose another network.",
    "unlike_label": "One example of each kind of picture, and how many pictures of this kind get a warning",
    "unlike_examples": "{count} pictures of each kind were tried. Below each example: the share of them that gets a warning. All of them "
    "should, except for the drawn clothes. A program drew them. A picture of your own may look different and get no warning.",
    "unlike_share": "warning: {share}",
    "kind_digits": "Digits",
    "kind_letters": "Letters",
    "kind_words": "Text",
    "kind_faces": "Drawn faces",
    "kind_landscapes": "Drawn landscapes",
    "kind_stripes": "Stripes",
    "kind_noise": "Noise",
    "kind_clouds": "Smooth noise",
    "kind_shuffled": "Clothes in pieces",
    "kind_upside_down": "Upside down",
    "kind_drawn_clothes": "Drawn clothes",
    # ---- similar pictures ----
    "similar_title": "Pictures that the network takes for similar",
    "similar_intro": "The last layer of a network sees no pixels. It gets a list of numbers, the features of the picture. Pictures with "
    "similar features get similar answers. (Softmax regression has only one layer, so its features are the pixels.) The distance is 0 "
    "for features of the same direction and {right_angle} for features at a right angle.",
    "similar_look": "Of the {count} nearest ones of {references} training images, <b>{same}</b> are in the class that {model} names "
    "({predicted}).",
    "similar_not_measured": "Nothing was measured for these weights. Choose another network.",
    "similar_label": "The picture, and the training images whose features are nearest",
    "similar_this": "This picture",
    "similar_distance": "distance {distance}",
    "similar_map": "The place of this picture among test images",
    "similar_map_about": "Each mark is one of {images} test images. The features have {features} dimensions. The chart shows the two "
    "directions in which they vary most (principal components). These hold {share} of the variance, so marks that are near each "
    "other here can be far apart in another direction. The star is this picture.",
    "similar_axis": "Component {number} ({share} of the variance)",
    # ---- channels ----
    "channels_title": "What each channel looks for",
    "channels_intro": "Each channel of a feature map answers to something else. Here are the nine of the {images} test images in which "
    "the chosen channel has its greatest values, and of each image the part that this unit sees. All values are those after the ReLU.",
    "channels_layer": "Layer",
    "channels_channel": "Channel",
    "channels_look": "Channel {channel} of {layer}: a unit sees {size}. <b>{count} of the nine images</b> with the greatest values have "
    "the label {name}.",
    "channels_size": "{height} × {width} pixels",
    "channels_all": "the whole picture",
    "channels_dead": "Channel {channel} of {layer} is 0 for every test image: it looks for nothing that is there.",
    "channels_label": "What excites channel {channel} of {layer} most",
    "channels_value": "value {value}",
    "channels_shares": "How the mean value of this channel is divided among the classes",
    # ---- cells of the confusion matrix ----
    "cell_title": "Look at the images of one cell",
    "cell_intro": "Click a cell of the matrix, or choose it here. A click on an image opens it in the classifier.",
    "cell_truth": "Label",
    "cell_predicted": "Answer of the network",
    "cell_look": "{model} answers {predicted} for {count} images with the label {truth}. {shown} of them are part of this app.",
    "cell_none": "{model} answers {predicted} for no image with the label {truth}.",
    "cell_unknown": "The answers of {model} are not stored here. Choose another network.",
    "cell_image": "Open test image {index} in the classifier",
}
