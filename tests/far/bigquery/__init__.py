"""BigQuery as a server on this machine: what the emulator cannot do, said as Google's own description says it."""

from tests.far.bigquery.server import Fake, Said

__all__ = ["Fake", "Said"]
