SELECT 'pg_attrdef'::regclass::oid AS class, d.oid AS id, 0 AS sub,
       'default' AS kind, ARRAY[n.nspname, c.relname, a.attname]::text[] AS path,
       CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'column' END AS parent_kind,
       CASE WHEN c.relkind = 'v' THEN ARRAY[n.nspname, c.relname] ELSE ARRAY[n.nspname, c.relname, a.attname] END::text[] AS parent_path,
       a.attnum::int4 AS position,
       jsonb_build_object('expression', pg_get_expr(d.adbin, d.adrelid)) AS facets,
       NULL::jsonb AS refs
FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attgenerated = '' AND NOT a.attisdropped AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}}
