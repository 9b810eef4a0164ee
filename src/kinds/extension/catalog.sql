SELECT 'pg_extension'::regclass::oid AS class, e.oid AS id, 0 AS sub,
       'extension' AS kind, ARRAY[e.extname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'schema', n.nspname,
         'version', e.extversion,
         'relocatable', e.extrelocatable
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.oid >= 16384
