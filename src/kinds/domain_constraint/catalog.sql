SELECT 'pg_constraint'::regclass::oid AS class, k.oid AS id, 0 AS sub,
       'domain_constraint' AS kind, ARRAY[n.nspname, t.typname, k.conname]::text[] AS path,
       'domain' AS parent_kind, ARRAY[n.nspname, t.typname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'expression', pg_get_expr(k.conbin, 0),
         'not_valid', nullif(NOT k.convalidated, false)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_constraint k
JOIN pg_type t ON t.oid = k.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE k.contype = 'c' AND {{user n}} AND {{own pg_type t.oid}}
