SELECT 'pg_class'::regclass::oid AS class, ic.oid AS id, 0 AS sub,
       'index' AS kind, ARRAY[n.nspname, ic.relname]::text[] AS path,
       CASE c.relkind WHEN 'm' THEN 'materialized_view' ELSE 'table' END AS parent_kind,
       ARRAY[n.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'unique', nullif(i.indisunique, false),
         'method', am.amname,
         'keys', (SELECT jsonb_agg(jsonb_build_object(
               'column', a.attname,
               'expression', CASE WHEN i.indkey[o.i] = 0 THEN pg_get_indexdef(i.indexrelid, o.i + 1, false) END,
               'collation', CASE WHEN i.indcollation[o.i] <> 0 AND i.indcollation[o.i] <> ia.attcollation_of THEN
                  (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                   FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = i.indcollation[o.i]) END,
               'opclass', CASE WHEN NOT oc.opcdefault OR {{options ix.attoptions}} IS NOT NULL THEN
                  (SELECT quote_ident(opn.nspname) || '.' || quote_ident(oc.opcname) FROM pg_namespace opn WHERE opn.oid = oc.opcnamespace) END,
               'opclass_options', {{options ix.attoptions}},
               'descending', nullif(i.indoption[o.i] & 1 = 1, false),
               'nulls', CASE i.indoption[o.i] & 3 WHEN 1 THEN 'LAST' WHEN 2 THEN 'FIRST' END
             ) ORDER BY o.i)
            FROM generate_series(0, i.indnkeyatts - 1) AS o(i)
            JOIN pg_opclass oc ON oc.oid = i.indclass[o.i]
            JOIN pg_attribute ix ON ix.attrelid = i.indexrelid AND ix.attnum = o.i + 1
            LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[o.i] AND i.indkey[o.i] <> 0
            CROSS JOIN LATERAL (SELECT coalesce(a.attcollation, (SELECT et.typcollation FROM pg_type et WHERE et.oid = ix.atttypid)) AS attcollation_of) ia),
         'include', CASE WHEN i.indnatts > i.indnkeyatts THEN
            (SELECT jsonb_agg(a.attname ORDER BY u.ord) FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(num, ord)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.num WHERE u.ord > i.indnkeyatts) END,
         'nulls_not_distinct', {{15+ nullif(i.indnullsnotdistinct, false) | NULL}},
         'where', CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END,
         'options', {{options ic.reloptions}},
         'tablespace', CASE WHEN ic.reltablespace <> 0 THEN (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = ic.reltablespace) END,
         'clustered', nullif(i.indisclustered, false),
         'replica_identity', nullif(i.indisreplident, false),
         'statistics', (SELECT jsonb_object_agg(x.attnum::text, x.attstattarget) FROM pg_attribute x WHERE x.attrelid = ic.oid AND x.attstattarget >= 0),
         'invalid', CASE WHEN ic.relkind = 'i' THEN nullif(NOT i.indisvalid, false) END
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_index i
JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = ic.relnamespace
JOIN pg_am am ON am.oid = ic.relam
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}} AND {{own pg_class ic.oid}}
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
