SELECT 'pg_conversion'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'conversion' AS kind, ARRAY[n.nspname, c.conname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'source', pg_encoding_to_char(c.conforencoding),
         'target', pg_encoding_to_char(c.contoencoding),
         'function', c.conproc::regproc::text,
         'default', nullif(c.condefault, false),
         'owner', pg_get_userbyid(c.conowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_conversion c
JOIN pg_namespace n ON n.oid = c.connamespace
WHERE {{user n}} AND {{own pg_conversion c.oid}}
