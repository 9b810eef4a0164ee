SELECT 'pg_publication'::regclass::oid AS class, p.oid AS id, 0 AS sub,
       'publication' AS kind, ARRAY[p.pubname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'all_tables', nullif(p.puballtables, false),
         'publish', CASE WHEN NOT (p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate) THEN
            to_jsonb(array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                                        CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], NULL)) END,
         'via_root', nullif(p.pubviaroot, false),
         'generated_columns', {{18+ CASE p.pubgencols WHEN 's' THEN 'stored' END | NULL}},
         'owner', pg_get_userbyid(p.pubowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_publication p
WHERE {{own pg_publication p.oid}}
