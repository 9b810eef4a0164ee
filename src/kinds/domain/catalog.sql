SELECT 'pg_type'::regclass::oid AS class, t.oid AS id, 0 AS sub,
       'domain' AS kind, ARRAY[n.nspname, t.typname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'type', format_type(t.typbasetype, t.typtypmod),
         'default', CASE WHEN t.typdefaultbin IS NOT NULL THEN pg_get_expr(t.typdefaultbin, 0) ELSE quote_literal(t.typdefault) END,
         'not_null', nullif(t.typnotnull, false),
         'collation', CASE WHEN t.typcollation <> 0 AND t.typcollation <> b.typcollation THEN
            (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
             FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = t.typcollation) END,
         'owner', pg_get_userbyid(t.typowner),
         'privileges', {{acl t.typacl | acldefault('T', t.typowner) | t.typowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_type b ON b.oid = t.typbasetype
WHERE t.typtype = 'd' AND {{user n}} AND {{own pg_type t.oid}}
