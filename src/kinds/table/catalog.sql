SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'table' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'unlogged', nullif(c.relpersistence = 'u', false),
         'partition_by', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
         'inherits', CASE WHEN NOT c.relispartition THEN
            (SELECT jsonb_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname) ORDER BY i.inhseqno)
             FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
             WHERE i.inhrelid = c.oid) END,
         'of_type', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
         'options', {{options c.reloptions}},
         'toast_options', CASE WHEN c.reltoastrelid <> 0 THEN
            (SELECT {{options t.reloptions}} FROM pg_class t WHERE t.oid = c.reltoastrelid) END,
         'access_method', CASE WHEN c.relam <> 0 THEN (SELECT nullif(am.amname, 'heap') FROM pg_am am WHERE am.oid = c.relam) END,
         'tablespace', CASE WHEN c.reltablespace <> 0 THEN (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace) END,
         'row_security', nullif(c.relrowsecurity, false),
         'force_row_security', nullif(c.relforcerowsecurity, false),
         'replica_identity', CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' END,
         'owner', pg_get_userbyid(c.relowner),
         'privileges', {{acl c.relacl | acldefault('r', c.relowner) | c.relowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}}
