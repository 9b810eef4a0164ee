SELECT l.classoid AS class, l.objoid AS id, l.objsubid AS sub, jsonb_object_agg(l.provider, l.label) AS labels
FROM pg_seclabel l
GROUP BY 1, 2, 3
