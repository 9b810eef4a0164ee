SELECT {{15+ 'pg_publication_namespace'::regclass::oid | 0::oid}} AS class, r.oid AS id, 0 AS sub,
       'publication_schema' AS kind, ARRAY[p.pubname, n.nspname]::text[] AS path,
       'publication' AS parent_kind, ARRAY[p.pubname]::text[] AS parent_path, 0 AS position,
       '{}'::jsonb AS facets,
       jsonb_build_array(jsonb_build_array('pg_namespace'::regclass::oid::int8, n.oid::int8, 0)) AS refs
FROM {{15+ pg_publication_namespace | (SELECT 0::oid AS oid, 0::oid AS pnpubid, 0::oid AS pnnspid LIMIT 0)}} r
JOIN pg_publication p ON p.oid = r.pnpubid
JOIN pg_namespace n ON n.oid = r.pnnspid
WHERE {{own pg_publication p.oid}}
