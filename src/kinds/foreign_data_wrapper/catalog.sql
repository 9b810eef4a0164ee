SELECT 'pg_foreign_data_wrapper'::regclass::oid AS class, w.oid AS id, 0 AS sub,
       'foreign_data_wrapper' AS kind, ARRAY[w.fdwname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'handler', CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END,
         'validator', CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::regproc::text END,
         'options', {{foreign_options w.fdwoptions}},
         'owner', pg_get_userbyid(w.fdwowner),
         'privileges', {{acl w.fdwacl | acldefault('F', w.fdwowner) | w.fdwowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_foreign_data_wrapper w
WHERE {{own pg_foreign_data_wrapper w.oid}}
