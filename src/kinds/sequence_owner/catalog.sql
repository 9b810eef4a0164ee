SELECT 'pg_depend'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'sequence_owner' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       'sequence' AS parent_kind, ARRAY[n.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_build_object('column', jsonb_build_array(tn.nspname, t.relname, a.attname)) AS facets,
       jsonb_build_array(jsonb_build_array('pg_class'::regclass::oid::int8, t.oid::int8, a.attnum)) AS refs
FROM pg_depend d
JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' AND d.refobjsubid > 0
  AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}}
