SELECT 'pg_language'::regclass::oid AS class, l.oid AS id, 0 AS sub,
       'language' AS kind, ARRAY[l.lanname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'trusted', nullif(l.lanpltrusted, false),
         'handler', l.lanplcallfoid::regproc::text,
         'inline', CASE WHEN l.laninline <> 0 THEN l.laninline::regproc::text END,
         'validator', CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::regproc::text END,
         'owner', pg_get_userbyid(l.lanowner),
         'privileges', {{acl l.lanacl | acldefault('l', l.lanowner) | l.lanowner}}
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_language l
WHERE l.oid >= 16384 AND {{own pg_language l.oid}}
