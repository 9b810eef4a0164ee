SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'foreign_table' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'server', s.srvname,
         'options', {{foreign_options f.ftoptions}},
         'inherits', CASE WHEN NOT c.relispartition THEN
            (SELECT jsonb_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname) ORDER BY i.inhseqno)
             FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
             WHERE i.inhrelid = c.oid) END,
         'owner', pg_get_userbyid(c.relowner),
         'privileges', {{acl c.relacl | acldefault('r', c.relowner) | c.relowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_foreign_table f ON f.ftrelid = c.oid
JOIN pg_foreign_server s ON s.oid = f.ftserver
WHERE c.relkind = 'f' AND {{user n}} AND {{own pg_class c.oid}}
