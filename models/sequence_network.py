"""The encoder: how loudly each of somebody's last items speaks, by a transformer over them all.

Pre-trained as PTUM (Wu et al. 2020) and ShopperBERT (Shin et al. 2021) are: find items that were
hidden from a history, and find the next few behind a cut. Nobody has a vector of their own.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.sequence import Config


class Encoder(nn.Module):
    """Two rows per item and a small transformer; `models.sequence` says the equations."""

    def __init__(self, inward: Tensor, outward: Tensor, config: Config) -> None:
        super().__init__()
        size, heads = config.embedding_size, config.heads
        self.heads, self.temperature = heads, config.temperature
        self.inward, self.outward = nn.Parameter(inward), nn.Parameter(outward)
        self.first, self.enter = nn.LayerNorm(size), nn.Linear(size, size)
        self.place = nn.Parameter(0.02 * torch.randn(config.length, size))
        self.drop = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                size, heads, 2 * size, config.dropout, batch_first=True, norm_first=True
            )
            for _ in range(config.layers)
        )
        self.last, self.ask = nn.LayerNorm(size), nn.Linear(size, heads)
        # At first all speak equally loudly.
        nn.init.zeros_(self.ask.weight)
        nn.init.zeros_(self.ask.bias)
        self.age = nn.Parameter(torch.zeros(config.length, heads))

    def heard(self, items: Tensor, there: Tensor) -> Tensor:
        """How much each position counts (people x positions x heads; the latest is the last)."""
        ages = torch.arange(items.shape[1] - 1, -1, -1, device=items.device)
        x = self.drop(self.enter(self.first(self.inward[items])) + self.place[ages])
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=~there)
        asked = self.ask(self.last(x)) + self.age[ages]
        loud: Tensor = asked.masked_fill(~there[..., None], -1e9).softmax(1)
        return loud

    def users(self, items: Tensor, there: Tensor) -> Tensor:
        """Where people stand (people x size)."""
        rows = self.inward[items].view(*items.shape, self.heads, -1)
        made: Tensor = (self.heard(items, there)[..., None] * rows).sum(1).flatten(1)
        return made

    def forward(self, items: Tensor, there: Tensor) -> Tensor:
        """Cosines over the temperature (people x items), those heard themselves left out."""
        people = functional.normalize(self.users(items, there))
        logits = people @ functional.normalize(self.outward).T / self.temperature
        row, position = there.nonzero(as_tuple=True)
        return logits.index_put((row, items[row, position]), logits.new_tensor(-1e9))
