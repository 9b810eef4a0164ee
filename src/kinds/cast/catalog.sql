SELECT 'pg_cast'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'cast' AS kind, ARRAY[format_type(c.castsource, NULL), format_type(c.casttarget, NULL)]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'function', CASE WHEN c.castmethod = 'f' THEN c.castfunc::regprocedure::text END,
         'inout', nullif(c.castmethod = 'i', false),
         'context', CASE c.castcontext WHEN 'i' THEN 'IMPLICIT' WHEN 'a' THEN 'ASSIGNMENT' END
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_cast c
WHERE c.oid >= 16384 AND {{own pg_cast c.oid}}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')
