SELECT 'pg_trigger'::regclass::oid AS class, t.oid AS id, 0 AS sub,
       'trigger' AS kind, ARRAY[n.nspname, c.relname, t.tgname]::text[] AS path,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'f' THEN 'foreign_table' ELSE 'table' END AS parent_kind,
       ARRAY[n.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'definition', pg_get_triggerdef(t.oid),
         'enabled', CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}} AND {{own pg_trigger t.oid}}
