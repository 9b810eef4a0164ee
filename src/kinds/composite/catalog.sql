SELECT 'pg_type'::regclass::oid AS class, t.oid AS id, 0 AS sub,
       'composite' AS kind, ARRAY[n.nspname, t.typname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'attributes', (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
         'owner', pg_get_userbyid(t.typowner),
         'privileges', {{acl t.typacl | acldefault('T', t.typowner) | t.typowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_type t
JOIN pg_class c ON c.oid = t.typrelid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'c' AND c.relkind = 'c' AND {{user n}} AND {{own pg_type t.oid}}
