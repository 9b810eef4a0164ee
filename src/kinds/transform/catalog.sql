SELECT 'pg_transform'::regclass::oid AS class, t.oid AS id, 0 AS sub,
       'transform' AS kind, ARRAY[format_type(t.trftype, NULL), l.lanname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'from_sql', CASE WHEN t.trffromsql <> 0 THEN t.trffromsql::regprocedure::text END,
         'to_sql', CASE WHEN t.trftosql <> 0 THEN t.trftosql::regprocedure::text END
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_transform t
JOIN pg_language l ON l.oid = t.trflang
WHERE {{own pg_transform t.oid}}
