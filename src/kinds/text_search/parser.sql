SELECT 'pg_ts_parser'::regclass::oid AS class, p.oid AS id, 0 AS sub,
       'text_search_parser' AS kind, ARRAY[n.nspname, p.prsname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'start', p.prsstart::regproc::text,
         'gettoken', p.prstoken::regproc::text,
         'end', p.prsend::regproc::text,
         'headline', CASE WHEN p.prsheadline <> 0 THEN p.prsheadline::regproc::text END,
         'lextypes', p.prslextype::regproc::text
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_ts_parser p
JOIN pg_namespace n ON n.oid = p.prsnamespace
WHERE {{user n}} AND {{own pg_ts_parser p.oid}}
