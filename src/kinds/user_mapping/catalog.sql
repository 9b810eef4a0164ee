SELECT 'pg_user_mapping'::regclass::oid AS class, m.umid AS id, 0 AS sub,
       'user_mapping' AS kind, ARRAY[m.srvname, CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE m.usename END]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'options', {{foreign_options m.umoptions}}
       )) AS facets,
       jsonb_build_array(jsonb_build_array('pg_foreign_server'::regclass::oid::int8, m.srvid::int8, 0)) AS refs
FROM pg_user_mappings m
WHERE m.umid >= 16384 AND {{own pg_user_mapping m.umid}}
