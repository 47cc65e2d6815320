"""A warehouse in Google BigQuery: metadata and jobs by its client, rows by its Storage Read API."""

from collections.abc import Mapping

from bot.ports import Warehouse
from bot.ports.opening import Opening
from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery.warehouse import BigQuery

IN_CLUSTER, ELSEWHERE = 3.0, 1.0  # a cluster's own metadata server is slow to answer a new pod

__all__ = ["BigQuery", "open_warehouse"]


def open_warehouse(settings: BigQueryWarehouse, opening: Opening) -> Warehouse:
    """The warehouse, which is not asked yet."""
    return BigQuery(settings, opening.labels, search=search(opening.environment))


def search(environment: Mapping[str, str]) -> float | None:
    """Seconds for a try to find the metadata server of a machine of Google's; None where a person has set them."""
    if environment.get("GCE_METADATA_TIMEOUT"):
        return None
    return IN_CLUSTER if "KUBERNETES_SERVICE_HOST" in environment else ELSEWHERE
