"""The open-eye level of a driver, learned while driving."""

import math

POPULATION_EAR = 0.30
"""[1] EAR of open eyes to begin with: about 0.3 in Soukupova and Cech (2016, figure 1)."""
PLAUSIBLE_EAR = 0.14
"""[1] no open eye lies lower; shut eyes do, so they never teach what open is."""
_HIGHEST_EAR = 0.60
_BINS = 60
_RENORMALISE = 1e12


class OpenLevel:
    """A quantile of the EAR of open eyes over a long, fading memory that starts at the population.

    The caller leaves out what it takes for blinks and closures, so that neither many blinks nor
    a long closure draw the level down. The memory is long, so that lids which sink over many
    minutes show against it; only the calibrated level of a driver is safe from following at all.

    Args:
        memory: [s] of judged open time after which a value has lost 63 % of its weight.
        quantile: [1] above one half, because looking down lowers the lids and nothing raises
            them as often.
        prior: [s] of open time that the population value weighs.
    """

    def __init__(self, memory: float = 1200.0, quantile: float = 0.6, prior: float = 0.5) -> None:
        self._memory = memory
        self._quantile = quantile
        self._prior = prior
        self.reset()

    def reset(self) -> None:
        """Back to the population."""
        self._start(POPULATION_EAR)

    def _start(self, ear: float) -> None:
        self._weights = [0.0] * _BINS
        self._weights[self._bin(ear)] = self._prior
        self._total = self._prior
        self._scale = 1.0
        self._since_query = 0.0
        self.level = ear
        self.seconds = 0.0

    def loosen(self) -> None:
        """Keep the level only as a first guess: somebody else may sit there now."""
        self._start(self.level)

    @staticmethod
    def _bin(ear: float) -> int:
        return min(int(min(ear / _HIGHEST_EAR, 1.0) * _BINS), _BINS - 1)

    def learn(self, ear: float, seconds: float) -> None:
        """Take the EAR of open eyes that lasted for some time [s]."""
        if ear < PLAUSIBLE_EAR or seconds <= 0.0:
            return
        # Letting new weights grow is the same as letting old ones fade, at constant cost.
        self._scale *= math.exp(seconds / self._memory)
        weight = seconds * self._scale
        self._weights[self._bin(ear)] += weight
        self._total += weight
        self.seconds += seconds
        self._since_query += seconds
        if self._scale > _RENORMALISE:
            self._weights = [w / self._scale for w in self._weights]
            self._total /= self._scale
            self._scale = 1.0
        # Early on the level moves with every frame, later there is nothing to gain from that.
        if self._since_query > min(0.01 * self.seconds, 1.0):
            self._since_query = 0.0
            self.level = self._query()

    def _query(self) -> float:
        wanted = self._quantile * self._total
        below = 0.0
        for i, weight in enumerate(self._weights):
            if below + weight >= wanted and weight > 0.0:
                return (i + (wanted - below) / weight) * _HIGHEST_EAR / _BINS
            below += weight
        return _HIGHEST_EAR
