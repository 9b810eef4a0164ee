SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'view' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'definition', rtrim(pg_get_viewdef(c.oid), '; '),
         'columns', (SELECT jsonb_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                       || CASE WHEN a.attcollation <> 0 AND a.attcollation <> (SELECT t.typcollation FROM pg_type t WHERE t.oid = a.atttypid) THEN ' ' || a.attcollation::regcollation::text ELSE '' END
                       ORDER BY a.attnum)
                     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
         'options', {{options c.reloptions}},
         'owner', pg_get_userbyid(c.relowner),
         'privileges', {{acl c.relacl | acldefault('r', c.relowner) | c.relowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}}
