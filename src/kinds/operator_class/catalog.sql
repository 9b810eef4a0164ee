SELECT 'pg_opclass'::regclass::oid AS class, c.oid AS id, 0 AS sub,
       'operator_class' AS kind, ARRAY[n.nspname, c.opcname, am.amname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'default', nullif(c.opcdefault, false),
         'type', format_type(c.opcintype, NULL),
         'family', CASE WHEN f.opfname <> c.opcname OR f.opfnamespace <> c.opcnamespace THEN quote_ident(fn.nspname) || '.' || quote_ident(f.opfname) END,
         'storage', CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END,
         'operators', ops.items,
         'functions', funcs.items,
         'owner', pg_get_userbyid(c.opcowner)
       )) AS facets,
       coalesce(ops.refs, '[]') || coalesce(funcs.refs, '[]') AS refs
FROM pg_opclass c
JOIN pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_am am ON am.oid = c.opcmethod
JOIN pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace
LEFT JOIN LATERAL (
  SELECT jsonb_agg(x.item ORDER BY x.number, x.item) AS items, jsonb_agg(x.ref) || coalesce(jsonb_agg(x.sort_ref) FILTER (WHERE x.sort_ref IS NOT NULL), '[]') AS refs
  FROM (SELECT o.amopstrategy AS number,
               o.amopstrategy || ' ' || o.amopopr::regoperator::text
                 || coalesce((SELECT ' FOR ORDER BY ' || quote_ident(sn.nspname) || '.' || quote_ident(s.opfname)
                              FROM pg_opfamily s JOIN pg_namespace sn ON sn.oid = s.opfnamespace WHERE s.oid = o.amopsortfamily), '') AS item,
               jsonb_build_array('pg_operator'::regclass::oid::int8, o.amopopr::int8, 0) AS ref,
               CASE WHEN o.amopsortfamily <> 0 THEN jsonb_build_array('pg_opfamily'::regclass::oid::int8, o.amopsortfamily::int8, 0) END AS sort_ref
        FROM pg_amop o
        WHERE o.amopfamily = f.oid AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amop'::regclass AND d.objid = o.oid
                      AND d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid)) x
) ops ON true
LEFT JOIN LATERAL (
  SELECT jsonb_agg(x.item ORDER BY x.number, x.item) AS items, jsonb_agg(x.ref) AS refs
  FROM (SELECT p.amprocnum AS number,
               p.amprocnum || ' (' || format_type(p.amproclefttype, NULL) || ', ' || format_type(p.amprocrighttype, NULL) || ') '
                 || p.amproc::regprocedure::text AS item,
               jsonb_build_array('pg_proc'::regclass::oid::int8, p.amproc::oid::int8, 0) AS ref
        FROM pg_amproc p
        WHERE p.amprocfamily = f.oid AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amproc'::regclass AND d.objid = p.oid
                      AND d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid)) x
) funcs ON true
WHERE {{user n}} AND {{own pg_opclass c.oid}}
