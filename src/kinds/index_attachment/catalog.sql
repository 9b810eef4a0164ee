SELECT 'pg_inherits'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'index_attachment' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       CASE WHEN k.oid IS NULL THEN 'index' ELSE 'constraint' END AS parent_kind,
       CASE WHEN k.oid IS NULL THEN ARRAY[n.nspname, c.relname] ELSE ARRAY[tn.nspname, t.relname, k.conname] END::text[] AS parent_path,
       0 AS position,
       jsonb_build_object('of', jsonb_build_array(pn.nspname, p.relname)) AS facets,
       jsonb_build_array(jsonb_build_array('pg_class'::regclass::oid::int8, p.oid::int8, 0)) AS refs
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent
JOIN pg_namespace pn ON pn.oid = p.relnamespace
JOIN pg_index x ON x.indexrelid = c.oid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE c.relkind IN ('i', 'I') AND {{user n}} AND {{own pg_class c.oid}}
