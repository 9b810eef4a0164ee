SELECT 'pg_rewrite'::regclass::oid AS class, r.oid AS id, 0 AS sub,
       'rule' AS kind, ARRAY[n.nspname, c.relname, r.rulename]::text[] AS path,
       CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS parent_kind,
       ARRAY[n.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'definition', rtrim(pg_get_ruledef(r.oid), '; '),
         'enabled', CASE r.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT (r.ev_type = '1' AND r.rulename = '_RETURN') AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}}
