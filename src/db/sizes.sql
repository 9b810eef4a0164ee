SELECT n.nspname::text, c.relname::text,
       CASE WHEN c.reltuples < 0 OR c.reltuples = 0 AND c.relpages = 0 THEN
                CASE WHEN pg_relation_size(c.oid) = 0 THEN 0::int8 END
            ELSE c.reltuples::int8
       END,
       CASE WHEN c.relpages = 0 THEN coalesce(pg_relation_size(c.oid), 0)
            ELSE c.relpages::int8 * current_setting('block_size')::int8
       END
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm')
  AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
