SELECT 'pg_type'::regclass::oid AS class, t.oid AS id, 0 AS sub,
       'range' AS kind, ARRAY[n.nspname, t.typname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'subtype', format_type(r.rngsubtype, NULL),
         'subtype_opclass', CASE WHEN NOT o.opcdefault THEN quote_ident(opn.nspname) || '.' || quote_ident(o.opcname) END,
         'collation', CASE WHEN r.rngcollation <> 0 AND r.rngcollation <> st.typcollation THEN
            (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
             FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = r.rngcollation) END,
         'canonical', CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regproc::text END,
         'subtype_diff', CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regproc::text END,
         'multirange', {{14+ (SELECT quote_ident(mn.nspname) || '.' || quote_ident(m.typname) FROM pg_type m JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = r.rngmultitypid) | NULL}},
         'owner', pg_get_userbyid(t.typowner),
         'privileges', {{acl t.typacl | acldefault('T', t.typowner) | t.typowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_range r
JOIN pg_type t ON t.oid = r.rngtypid
JOIN pg_type st ON st.oid = r.rngsubtype
JOIN pg_opclass o ON o.oid = r.rngsubopc
JOIN pg_namespace opn ON opn.oid = o.opcnamespace
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {{user n}} AND {{own pg_type t.oid}}
