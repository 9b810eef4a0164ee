SELECT 'pg_policy'::regclass::oid AS class, p.oid AS id, 0 AS sub,
       'policy' AS kind, ARRAY[n.nspname, c.relname, p.polname]::text[] AS path,
       'table' AS parent_kind, ARRAY[n.nspname, c.relname]::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'restrictive', nullif(NOT p.polpermissive, false),
         'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END,
         'roles', CASE WHEN p.polroles <> '{0}' THEN (SELECT jsonb_agg(CASE WHEN u.r = 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(u.r)) END ORDER BY 1) FROM unnest(p.polroles) u(r)) END,
         'using', pg_get_expr(p.polqual, p.polrelid),
         'check', pg_get_expr(p.polwithcheck, p.polrelid)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {{user n}} AND {{own pg_class c.oid}}
