SELECT 'pg_am'::regclass::oid AS class, a.oid AS id, 0 AS sub,
       'access_method' AS kind, ARRAY[a.amname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_build_object(
         'type', CASE a.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END,
         'handler', a.amhandler::regproc::text
       ) AS facets,
       NULL::jsonb AS refs
FROM pg_am a
WHERE a.oid >= 16384 AND {{own pg_am a.oid}}
