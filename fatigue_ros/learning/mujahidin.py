"""The modified VGG-16 of Mujahidin et al. (2024): eight convolutions, four classes.

The paper, in its own words, and how we read it:

- "The number of Convolutional Layers used is 8 layers with a 3 x 3 kernel, and the activation
  function is ReLu. The number of filters with multiples of 2 is 32, 64, 128 and 256 for each
  layer." Eight layers and four numbers: two layers of each, as in VGG's blocks, and like VGG's with
  a margin of one pixel, so that a convolution keeps the size of its map.
- "MaxPooling with a kernel size of 2 x 2. The number of layers used is 3 layers and is divided into
  each existing Convolutional Layer block." Three poolings for four blocks: one after each of the
  first three; the fourth block's maps are flattened as they are.
- "2 hidden layers and finally the output layer. Each hidden layer has 128 neurons [...] ReLu. The
  output layer uses 4 neurons [...] softmax." No dropout and no batch normalisation are named, and
  there are none.

The size of the input is not given; the poolings halve any size, rounding down. The weights begin as
He et al. (2015) have it for ReLU, for which the paper names nothing either.
"""

from pathlib import Path

from torch import nn

FILTERS = (32, 64, 128, 256)
HIDDEN = 128
_POOLINGS = 3


def modified_vgg16(classes: int, image_size: int, weights: Path | None) -> nn.Module:  # noqa: ARG001
    """The network, with logits as its output: the softmax is the loss's, and the model file's."""
    layers: list[nn.Module] = []
    inputs = 3
    for block, filters in enumerate(FILTERS):
        for _ in range(2):
            layers += [nn.Conv2d(inputs, filters, kernel_size=3, padding=1), nn.ReLU()]
            inputs = filters
        if block < _POOLINGS:
            layers.append(nn.MaxPool2d(kernel_size=2))
    network = nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Linear(inputs * (image_size // 2**_POOLINGS) ** 2, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, classes),
    )
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return network
