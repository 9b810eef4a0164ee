SELECT 'pg_publication_rel'::regclass::oid AS class, r.oid AS id, 0 AS sub,
       'publication_table' AS kind, ARRAY[p.pubname, quote_ident(n.nspname) || '.' || quote_ident(c.relname)]::text[] AS path,
       'publication' AS parent_kind, ARRAY[p.pubname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'columns', {{15+ (SELECT jsonb_agg(a.attname ORDER BY a.attname) FROM pg_attribute a
                           WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) | NULL}},
         'where', {{15+ pg_get_expr(r.prqual, r.prrelid) | NULL}}
       )) AS facets,
       jsonb_build_array(jsonb_build_array('pg_class'::regclass::oid::int8, r.prrelid::int8, 0)) AS refs
FROM pg_publication_rel r
JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {{own pg_publication p.oid}}
