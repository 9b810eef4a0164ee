SELECT 'pg_inherits'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'partition' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       CASE c.relkind WHEN 'f' THEN 'foreign_table' ELSE 'table' END AS parent_kind,
       ARRAY[n.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_build_object('of', jsonb_build_array(pn.nspname, p.relname), 'bound', pg_get_expr(c.relpartbound, c.oid)) AS facets,
       jsonb_build_array(jsonb_build_array('pg_class'::regclass::oid::int8, p.oid::int8, 0)) AS refs
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent
JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f') AND {{user n}} AND {{own pg_class c.oid}}
