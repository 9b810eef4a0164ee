SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'sequence' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'type', nullif(format_type(s.seqtypid, NULL), 'bigint'),
         'unlogged', nullif(c.relpersistence = 'u', false),
         'owner', pg_get_userbyid(c.relowner),
         'privileges', {{acl c.relacl | acldefault('s', c.relowner) | c.relowner}}
       ) || {{sequence_options s}}) AS facets,
       NULL::jsonb AS refs
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND d.deptype = 'i' AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0)
