SELECT 'pg_proc'::regclass::oid AS class, p.oid AS id, 0 AS sub,
       'aggregate' AS kind, ARRAY[n.nspname, p.proname, oidvectortypes(p.proargtypes)]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'arguments', nullif(pg_get_function_arguments(p.oid), ''),
         'returns', pg_get_function_result(p.oid),
         'hypothetical', nullif(a.aggkind = 'h', false),
         'state_function', a.aggtransfn::regproc::text,
         'state_type', format_type(a.aggtranstype, NULL),
         'state_space', nullif(a.aggtransspace, 0),
         'final_function', CASE WHEN a.aggfinalfn <> 0 THEN a.aggfinalfn::regproc::text END,
         'final_extra', nullif(a.aggfinalextra, false),
         'final_modify', CASE WHEN a.aggfinalmodify <> f.modify THEN
            CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
         'combine_function', CASE WHEN a.aggcombinefn <> 0 THEN a.aggcombinefn::regproc::text END,
         'serial_function', CASE WHEN a.aggserialfn <> 0 THEN a.aggserialfn::regproc::text END,
         'deserial_function', CASE WHEN a.aggdeserialfn <> 0 THEN a.aggdeserialfn::regproc::text END,
         'initial', a.agginitval,
         'moving_state_function', CASE WHEN a.aggmtransfn <> 0 THEN a.aggmtransfn::regproc::text END,
         'moving_inverse_function', CASE WHEN a.aggminvtransfn <> 0 THEN a.aggminvtransfn::regproc::text END,
         'moving_state_type', CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END,
         'moving_state_space', nullif(a.aggmtransspace, 0),
         'moving_final_function', CASE WHEN a.aggmfinalfn <> 0 THEN a.aggmfinalfn::regproc::text END,
         'moving_final_extra', nullif(a.aggmfinalextra, false),
         'moving_final_modify', CASE WHEN a.aggmfinalmodify <> f.modify THEN
            CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
         'moving_initial', a.aggminitval,
         'sort_operator', (SELECT quote_ident(opn.nspname) || '.' || o.oprname
                           FROM pg_operator o JOIN pg_namespace opn ON opn.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
         'parallel', CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
         'owner', pg_get_userbyid(p.proowner),
         'privileges', {{acl p.proacl | acldefault('f', p.proowner) | p.proowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_aggregate a
JOIN pg_proc p ON p.oid = a.aggfnoid
JOIN pg_namespace n ON n.oid = p.pronamespace
CROSS JOIN LATERAL (SELECT CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char" AS modify) f
WHERE {{user n}} AND {{own pg_proc p.oid}}
