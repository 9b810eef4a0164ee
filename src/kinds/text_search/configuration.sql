SELECT 'pg_ts_config'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'text_search_configuration' AS kind, ARRAY[n.nspname, c.cfgname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'parser', quote_ident(pn.nspname) || '.' || quote_ident(p.prsname),
         'mappings', (SELECT jsonb_object_agg(t.alias, t.dictionaries)
                      FROM (SELECT t.alias, jsonb_agg(m.mapdict::regdictionary::text ORDER BY m.mapseqno) AS dictionaries
                            FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
                            WHERE m.mapcfg = c.oid GROUP BY t.alias) t),
         'owner', pg_get_userbyid(c.cfgowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_ts_config c
JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace
WHERE {{user n}} AND {{own pg_ts_config c.oid}}
