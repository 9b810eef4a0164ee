-- The expression of a default or a generated column is part of the column; before 15 pg_depend does
-- not say so for the latter.
SELECT classid AS class, objid AS id, objsubid AS sub, refclassid AS ref_class, refobjid AS ref_id, refobjsubid AS ref_sub, deptype::text AS type
FROM pg_depend
WHERE objid >= 16384 AND NOT (classid = 'pg_attrdef'::regclass AND deptype = 'i')
UNION ALL
SELECT 'pg_attrdef'::regclass, oid, 0, 'pg_class'::regclass, adrelid, adnum, 'i'
FROM pg_attrdef
