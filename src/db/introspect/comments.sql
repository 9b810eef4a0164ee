SELECT d.classoid AS class, d.objoid AS id, d.objsubid AS sub, d.description, a.attname::text AS column_name
FROM pg_description d
LEFT JOIN pg_attribute a ON d.objsubid > 0 AND d.classoid = 'pg_class'::regclass AND a.attrelid = d.objoid AND a.attnum = d.objsubid
WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass
