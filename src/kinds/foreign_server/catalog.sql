SELECT 'pg_foreign_server'::regclass::oid AS class, s.oid AS id, 0 AS sub,
       'foreign_server' AS kind, ARRAY[s.srvname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'wrapper', w.fdwname,
         'type', s.srvtype,
         'version', s.srvversion,
         'options', {{foreign_options s.srvoptions}},
         'owner', pg_get_userbyid(s.srvowner),
         'privileges', {{acl s.srvacl | acldefault('S', s.srvowner) | s.srvowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_foreign_server s
JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE {{own pg_foreign_server s.oid}}
