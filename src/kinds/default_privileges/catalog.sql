SELECT 'pg_default_acl'::regclass::oid AS class, d.oid AS id, 0 AS sub,
       'default_privileges' AS kind, ARRAY[coalesce(r.name, ''), coalesce(n.nspname, ''), d.defaclobjtype]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_build_object('grants', {{grants d.defaclacl | d.defaclrole}}) AS facets,
       NULL::jsonb AS refs
FROM pg_default_acl d
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL (SELECT nullif(pg_get_userbyid(d.defaclrole), current_user)::text AS name) r
