SELECT 'pg_proc'::regclass::oid AS class, p.oid AS id, 0 AS sub,
       CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, ARRAY[n.nspname, p.proname, oidvectortypes(p.proargtypes)]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'arguments', nullif(pg_get_function_arguments(p.oid), ''),
         'argument_names', (SELECT jsonb_agg(coalesce(u.name, '')) FROM unnest(p.proargnames) AS u(name)),
         'argument_modes', (SELECT jsonb_agg(m::text) FROM unnest(p.proargmodes) AS u(m)),
         'out_arguments', (SELECT jsonb_agg(concat_ws(' ', p.proargnames[u.ord], format_type(u.t, NULL)) ORDER BY u.ord)
           FROM unnest(p.proallargtypes) WITH ORDINALITY u(t, ord) WHERE p.proargmodes[u.ord] IN ('o', 'b', 't')),
         'defaults', nullif(p.pronargdefaults, 0),
         'returns', pg_get_function_result(p.oid),
         'language', l.lanname,
         'window', nullif(p.prokind = 'w', false),
         'volatility', CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END,
         'parallel', CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
         'strict', nullif(p.proisstrict, false),
         'security_definer', nullif(p.prosecdef, false),
         'leakproof', nullif(p.proleakproof, false),
         'cost', CASE WHEN p.procost <> CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END THEN p.procost END,
         'rows', CASE WHEN p.proretset AND p.prorows <> 1000 THEN p.prorows END,
         'support', CASE WHEN p.prosupport <> 0 THEN p.prosupport::regproc::text END,
         'transforms', (SELECT jsonb_agg(format_type(u.t, NULL) ORDER BY u.ord) FROM unnest(p.protrftypes) WITH ORDINALITY u(t, ord)),
         'config', to_jsonb(p.proconfig),
         'object_file', p.probin,
         'body', {{14+ CASE WHEN p.prosqlbody IS NULL THEN p.prosrc END | p.prosrc}},
         'sql_body', {{14+ pg_get_function_sqlbody(p.oid) | NULL}},
         'owner', pg_get_userbyid(p.proowner),
         'privileges', {{acl p.proacl | acldefault('f', p.proowner) | p.proowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind <> 'a' AND {{user n}} AND {{own pg_proc p.oid}}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
