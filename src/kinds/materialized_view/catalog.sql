SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'materialized_view' AS kind, ARRAY[n.nspname, c.relname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'definition', rtrim(pg_get_viewdef(c.oid), '; '),
         'options', {{options c.reloptions}},
         'access_method', CASE WHEN c.relam <> 0 THEN (SELECT nullif(am.amname, 'heap') FROM pg_am am WHERE am.oid = c.relam) END,
         'tablespace', CASE WHEN c.reltablespace <> 0 THEN (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace) END,
         'no_data', nullif(NOT c.relispopulated, false),
         'column_settings', (SELECT jsonb_object_agg(a.attname, jsonb_strip_nulls(jsonb_build_object(
                 'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
                 'storage', CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END)))
              FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attstattarget >= 0 OR a.attstorage <> t.typstorage)),
         'owner', pg_get_userbyid(c.relowner),
         'privileges', {{acl c.relacl | acldefault('r', c.relowner) | c.relowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND {{user n}} AND {{own pg_class c.oid}}
