SELECT 'pg_ts_dict'::regclass::oid AS class, d.oid AS id, 0 AS sub,
       'text_search_dictionary' AS kind, ARRAY[n.nspname, d.dictname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'template', quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname),
         'options', d.dictinitoption,
         'owner', pg_get_userbyid(d.dictowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_ts_dict d
JOIN pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_ts_template t ON t.oid = d.dicttemplate
JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
WHERE {{user n}} AND {{own pg_ts_dict d.oid}}
