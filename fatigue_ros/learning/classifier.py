"""A network of a paper, with what belongs to it in training and in use."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from fatigue_ros.learning.lightning_library import lightning
from fatigue_ros.learning.networks import HEAD, builder
from fatigue_ros.learning.recipe import Recipe

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue: what pretrained networks expect."""


class Normalised(nn.Module):
    """A network that takes pictures from 0 to 1, around one that takes them normalised."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for name, values in (("mean", MEAN), ("deviation", DEVIATION)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Logits [N, C] of pictures [N, 3, H, W]."""
        return self.network((pictures - self.mean) / self.deviation)


class Classifier(lightning.LightningModule):
    """A network in training.

    Args:
        recipe: how it is trained.
        network: its name.
        weights: file of weights learned on ImageNet; None: from scratch, nothing frozen.
        loss_weights: of each class, shape (C,); None: all alike.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: str,
        weights: Path | None = None,
        loss_weights: torch.Tensor | None = None,
    ) -> None:
        super().__init__()
        self.recipe = recipe
        self.model = Normalised(builder(network)(len(recipe.classes), recipe.image_size, weights))
        self.loss = nn.CrossEntropyLoss(weight=loss_weights)
        # Frozen batch normalisation keeps its statistics; Lightning leaves these modes alone.
        for module in self.model.modules():
            own = list(module.parameters(recurse=False))
            if own and not any(parameter.requires_grad for parameter in own):
                module.eval()

    @property
    def head(self) -> nn.Module | None:
        """The new last layer of a known network; None where there is none."""
        for module in self.model.modules():
            if name := getattr(module, HEAD, ""):
                return module.get_submodule(name)
        return None

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Logits [N, C] of pictures [N, 3, H, W] from 0 to 1."""
        return self.model(pictures)

    def training_step(self, batch: Any, _: int) -> torch.Tensor:
        """Loss of a batch."""
        return self._step(batch, "train")

    def validation_step(self, batch: Any, _: int) -> torch.Tensor:
        """Loss of a batch; nothing is learned."""
        return self._step(batch, "validation")

    def _step(self, batch: tuple[torch.Tensor, torch.Tensor], part: str) -> torch.Tensor:
        given, labels = batch
        # Pictures, or what the frozen part made of them before.
        head = self.head if given.ndim == 2 else None
        logits = self(given) if head is None else head(given)
        loss = self.loss(logits, labels)
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        self.log_dict(
            {f"{part}_loss": loss.detach(), f"{part}_accuracy": accuracy},
            on_step=False,
            on_epoch=True,
            prog_bar=True,
            batch_size=len(labels),
            sync_dist=True,
        )
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The recipe's optimiser, for what is not frozen."""
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        if self.recipe.optimiser == "adam":
            return torch.optim.Adam(trained, lr=self.recipe.learning_rate)
        return torch.optim.SGD(trained, lr=self.recipe.learning_rate, momentum=self.recipe.momentum)
