SELECT 'pg_namespace'::regclass::oid AS class, n.oid AS id, 0 AS sub,
       'namespace' AS kind, ARRAY[n.nspname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'owner', CASE WHEN n.nspname <> 'public' THEN pg_get_userbyid(n.nspowner) END,
         'public_owner', CASE WHEN n.nspname = 'public'
            THEN nullif(pg_get_userbyid(n.nspowner)::text, {{15+ 'pg_database_owner' | pg_get_userbyid(10)::text}}) END,
         'privileges', {{acl n.nspacl | CASE WHEN n.nspname = 'public' THEN array_append(acldefault('n', n.nspowner), format('=%s/%I', CASE WHEN current_setting('server_version_num')::int4 < 150000 THEN 'UC' ELSE 'U' END, pg_get_userbyid(n.nspowner))::aclitem) ELSE acldefault('n', n.nspowner) END | n.nspowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_namespace n
WHERE {{user n}} AND {{own pg_namespace n.oid}}
