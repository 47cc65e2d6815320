-- The columns of sameday's exposure log, from this team's own: a row for each item that was shown.
SELECT
  user_id AS unit, experiment, phase, arm, ranker, item_id AS item, position, ranking,
  flag AS flag_version, data AS data_version, forced, shown_at
FROM logs.shown
