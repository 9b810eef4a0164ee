SELECT classid AS class, objid AS id, objsubid AS sub, refclassid AS ref_class, refobjid AS ref_id, refobjsubid AS ref_sub, deptype::text AS type
FROM pg_depend
WHERE objid >= 16384
