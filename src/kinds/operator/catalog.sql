SELECT 'pg_operator'::regclass::oid AS class, o.oid AS id, 0 AS sub,
       'operator' AS kind,
       ARRAY[n.nspname, o.oprname, CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END
         || ', ' || CASE WHEN o.oprright = 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'function', o.oprcode::regproc::text,
         'commutator', (SELECT quote_ident(cn.nspname) || '.' || c.oprname
                        FROM pg_operator c JOIN pg_namespace cn ON cn.oid = c.oprnamespace WHERE c.oid = o.oprcom),
         'negator', (SELECT quote_ident(gn.nspname) || '.' || g.oprname
                     FROM pg_operator g JOIN pg_namespace gn ON gn.oid = g.oprnamespace WHERE g.oid = o.oprnegate),
         'restrict', CASE WHEN o.oprrest <> 0 THEN o.oprrest::regproc::text END,
         'join', CASE WHEN o.oprjoin <> 0 THEN o.oprjoin::regproc::text END,
         'hashes', nullif(o.oprcanhash, false),
         'merges', nullif(o.oprcanmerge, false),
         'owner', pg_get_userbyid(o.oprowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_operator o
JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oprcode <> 0 AND {{user n}} AND {{own pg_operator o.oid}}
