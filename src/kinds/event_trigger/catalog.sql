SELECT 'pg_event_trigger'::regclass::oid AS class, t.oid AS id, 0 AS sub,
       'event_trigger' AS kind, ARRAY[t.evtname]::text[] AS path,
       NULL::text AS parent_kind, NULL::text[] AS parent_path, 0 AS position,
       jsonb_strip_nulls(jsonb_build_object(
         'event', t.evtevent,
         'tags', to_jsonb(t.evttags),
         'function', t.evtfoid::regproc::text,
         'enabled', CASE t.evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END,
         'owner', pg_get_userbyid(t.evtowner)
       )) AS facets,
       NULL::jsonb AS refs
FROM pg_event_trigger t
WHERE {{own pg_event_trigger t.oid}}
