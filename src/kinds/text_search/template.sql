SELECT 'pg_ts_template'::regclass::oid AS class, t.oid AS id, 0 AS sub,
       'text_search_template' AS kind, ARRAY[n.nspname, t.tmplname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'init', CASE WHEN t.tmplinit <> 0 THEN t.tmplinit::regproc::text END,
         'lexize', t.tmpllexize::regproc::text
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_ts_template t
JOIN pg_namespace n ON n.oid = t.tmplnamespace
WHERE {{user n}} AND {{own pg_ts_template t.oid}}
