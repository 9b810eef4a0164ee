SELECT 'pg_statistic_ext'::regclass::oid AS class, s.oid AS id, 0 AS sub,
       'statistics' AS kind, ARRAY[n.nspname, s.stxname]::text[] AS path,
       CASE c.relkind WHEN 'f' THEN 'foreign_table' WHEN 'm' THEN 'materialized_view' ELSE 'table' END AS parent_kind,
       ARRAY[cn.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'kinds', (SELECT CASE WHEN count(*) BETWEEN 1 AND 2 THEN
                     jsonb_agg(CASE k.kind WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END ORDER BY k.kind) END
                   FROM unnest(s.stxkind) AS k(kind) WHERE k.kind <> 'e'),
         'columns', (SELECT jsonb_agg(a.attname ORDER BY a.attname) FROM pg_attribute a
                     WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[])),
         'expressions', {{14+ to_jsonb(pg_get_statisticsobjdef_expressions(s.oid)) | NULL}},
         'target', CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END,
         'owner', pg_get_userbyid(s.stxowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
JOIN pg_class c ON c.oid = s.stxrelid
JOIN pg_namespace cn ON cn.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND {{user n}} AND {{own pg_statistic_ext s.oid}} AND {{own pg_class c.oid}}
