SELECT 'pg_constraint'::regclass::oid AS class, k.oid AS id, 0 AS sub,
       'constraint' AS kind, ARRAY[n.nspname, c.relname, k.conname]::text[] AS path,
       CASE c.relkind WHEN 'f' THEN 'foreign_table' ELSE 'table' END AS parent_kind,
       ARRAY[n.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'type', CASE k.contype WHEN 'p' THEN 'primary_key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign_key'
                                WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'not_null' END,
         'columns', CASE WHEN k.contype IN ('p', 'u', 'f', 'n') THEN
            (SELECT jsonb_agg((SELECT a.attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = u.num) ORDER BY u.ord)
             FROM unnest(k.conkey) WITH ORDINALITY u(num, ord)) END,
         'period', {{18+ nullif(k.conperiod, false) | NULL}},
         'include', CASE WHEN i.indnatts > i.indnkeyatts THEN
            (SELECT jsonb_agg(a.attname ORDER BY u.ord) FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(num, ord)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num WHERE u.ord > i.indnkeyatts) END,
         'nulls_not_distinct', {{15+ CASE WHEN k.contype = 'u' THEN nullif(i.indnullsnotdistinct, false) END | NULL}},
         'deferrable', nullif(k.condeferrable, false),
         'initially_deferred', nullif(k.condeferred, false),
         'not_valid', {{18+ nullif(NOT k.convalidated AND k.conenforced, false) | nullif(NOT k.convalidated, false)}},
         'not_enforced', {{18+ nullif(NOT k.conenforced, false) | NULL}},
         'no_inherit', CASE WHEN k.contype IN ('c', 'n') THEN nullif(k.connoinherit, false) END,
         'references', CASE WHEN k.contype = 'f' THEN
            (SELECT jsonb_build_array(rn.nspname, r.relname) FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = k.confrelid) END,
         'referenced_columns', CASE WHEN k.contype = 'f' THEN
            (SELECT jsonb_agg((SELECT a.attname FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = u.num) ORDER BY u.ord)
             FROM unnest(k.confkey) WITH ORDINALITY u(num, ord)) END,
         'match_full', CASE WHEN k.contype = 'f' THEN nullif(k.confmatchtype = 'f', false) END,
         'on_delete', CASE WHEN k.contype = 'f' THEN
            CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END END,
         'on_update', CASE WHEN k.contype = 'f' THEN
            CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' END END,
         'on_delete_columns', {{15+ CASE WHEN k.contype = 'f' AND k.confdelsetcols IS NOT NULL THEN
            (SELECT jsonb_agg((SELECT a.attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = u.num) ORDER BY u.ord)
             FROM unnest(k.confdelsetcols) WITH ORDINALITY u(num, ord)) END | NULL}},
         'expression', CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END,
         'exclude', CASE WHEN k.contype = 'x' THEN
            regexp_replace(regexp_replace(pg_get_constraintdef(k.oid), '^EXCLUDE ', ''), '( DEFERRABLE| INITIALLY DEFERRED| NOT VALID)+$', '') END,
         'options', CASE WHEN k.contype <> 'x' THEN {{options ic.reloptions}} END,
         'tablespace', CASE WHEN ic.reltablespace <> 0 AND k.contype <> 'x' THEN (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = ic.reltablespace) END,
         'clustered', nullif(i.indisclustered, false),
         'replica_identity', nullif(i.indisreplident, false),
         'index_comment', CASE WHEN k.contype IN ('p', 'u', 'x') THEN obj_description(k.conindid, 'pg_class') END,
         'inherited', CASE WHEN k.contype IN ('c', 'n') THEN nullif(k.coninhcount > 0, false) END
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
LEFT JOIN pg_attribute na ON {{18+ k.contype = 'n' | false}} AND na.attrelid = k.conrelid AND na.attnum = k.conkey[1]
-- The name that PostgreSQL gives to a NOT NULL constraint: makeObjectName in indexcmds.c, 63 bytes.
CROSS JOIN LATERAL (SELECT length(c.relname) AS t, length(na.attname) AS a) l
CROSS JOIN LATERAL (SELECT CASE WHEN l.t + l.a <= 53 THEN l.t WHEN l.a <= 26 THEN 53 - l.a ELSE least(l.t, 27) END AS t) m
CROSS JOIN LATERAL (SELECT left(c.relname, m.t) || '_' || left(na.attname, 53 - m.t) || '_not_null' AS not_null) d
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x', 'n') AND c.relpersistence <> 't' AND {{user n}} AND {{own pg_class c.oid}}
  AND (k.contype <> 'f' OR k.conparentid = 0)
  AND (k.contype NOT IN ('c', 'n') OR k.conislocal OR c.relispartition)
  AND (k.contype <> 'n' OR k.conname <> d.not_null OR NOT k.convalidated OR k.connoinherit
       OR obj_description(k.oid, 'pg_constraint') IS NOT NULL)
