SELECT 'pg_collation'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'collation' AS kind, ARRAY[n.nspname, c.collname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'provider', CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END,
         'locale', CASE WHEN c.collprovider <> 'c' THEN {{17+ c.colllocale | {{15+ c.colliculocale | c.collcollate}}}}
                        WHEN c.collcollate = c.collctype THEN c.collcollate END,
         'lc_collate', CASE WHEN c.collprovider = 'c' AND c.collcollate <> c.collctype THEN c.collcollate END,
         'lc_ctype', CASE WHEN c.collprovider = 'c' AND c.collcollate <> c.collctype THEN c.collctype END,
         'nondeterministic', nullif(NOT c.collisdeterministic, false),
         'rules', {{16+ c.collicurules | NULL}},
         'owner', pg_get_userbyid(c.collowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE {{user n}} AND {{own pg_collation c.oid}}
