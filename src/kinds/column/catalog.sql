SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, a.attnum::int4 AS sub,
       'column' AS kind, ARRAY[n.nspname, c.relname, a.attname]::text[] AS path,
       CASE c.relkind WHEN 'f' THEN 'foreign_table' WHEN 'c' THEN 'composite' ELSE 'table' END AS parent_kind,
       ARRAY[n.nspname, c.relname]::text[] AS parent_path, a.attnum::int4 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'type', format_type(a.atttypid, a.atttypmod),
         'not_null', {{18+ CASE WHEN nn.oid IS NULL THEN nullif(a.attnotnull, false) END | nullif(a.attnotnull, false)}},
         'collation', CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 THEN
            (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
             FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END,
         'identity', CASE WHEN a.attidentity <> '' THEN
            (SELECT jsonb_build_object('always', nullif(a.attidentity = 'a', false),
                      'sequence', CASE WHEN sc.relname <> left(c.relname, 63) || '_' || a.attname || '_seq' OR sc.relnamespace <> c.relnamespace
                                       THEN quote_ident(sn.nspname) || '.' || quote_ident(sc.relname) END)
                    || {{sequence_options s}}
             FROM pg_depend d JOIN pg_class sc ON sc.oid = d.objid AND sc.relkind = 'S'
             JOIN pg_namespace sn ON sn.oid = sc.relnamespace JOIN pg_sequence s ON s.seqrelid = sc.oid
             WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
               AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype = 'i' LIMIT 1) END,
         'generated', CASE WHEN a.attgenerated <> '' THEN
            (SELECT jsonb_build_object('expression', pg_get_expr(g.adbin, g.adrelid), 'virtual', nullif(a.attgenerated = 'v', false))
             FROM pg_attrdef g WHERE g.adrelid = c.oid AND g.adnum = a.attnum) END,
         'storage', CASE WHEN a.attstorage <> t.typstorage THEN
            CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
         'compression', {{14+ CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END | NULL}},
         'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
         'options', {{options a.attoptions}},
         'fdw_options', {{foreign_options a.attfdwoptions}},
         'inherited', nullif(a.attinhcount > 0, false),
         'local', CASE WHEN a.attinhcount > 0 AND a.attislocal THEN true END,
         'privileges', CASE WHEN a.attacl IS NOT NULL THEN {{acl a.attacl | acldefault('c', c.relowner) | c.relowner}} END
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
-- A NOT NULL constraint that is not valid or not inherited stands for itself.
LEFT JOIN pg_constraint nn ON {{18+ nn.contype = 'n' AND nn.conrelid = c.oid AND nn.conkey[1] = a.attnum AND (NOT nn.convalidated OR nn.connoinherit) | false}}
WHERE c.relkind IN ('r', 'p', 'f', 'c') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
  AND {{user n}} AND {{own pg_class c.oid}}
  AND (c.relkind <> 'c' OR {{own pg_type c.reltype}})
