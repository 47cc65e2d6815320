"""What a cluster says of a run before anything of it is there: shown everything, asked to keep nothing."""

from bot.engines.argo.proof.definitions import VERSION
from bot.engines.argo.proof.prover import Prover

__all__ = ["VERSION", "Prover"]
