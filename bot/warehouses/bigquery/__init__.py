"""A warehouse in Google BigQuery: metadata and jobs by its client, rows by its Storage Read API."""

from bot.warehouses.bigquery.warehouse import BigQuery

__all__ = ["BigQuery"]
