//! Codes of hazards: work that grows with a table while others wait.

use crate::text::codes::codes;

codes! {
    H0101, "an index is built while writes are stopped",
        "`CREATE INDEX` without `CONCURRENTLY` on a table that exists and holds rows.\n\n\
        The table is locked in SHARE mode until the index is built: every INSERT, UPDATE and \
        DELETE waits, about 1 to 1.5 seconds per million rows.\n\n\
        `CREATE INDEX CONCURRENTLY`, outside of a transaction; afterwards see that \
        `pg_index.indisvalid` is true.";
    H0102, "an index is built on all partitions at once",
        "`CREATE INDEX` on a partitioned table; `CONCURRENTLY` is refused there.\n\n\
        The parent and every partition are locked in SHARE mode until the last index is \
        built, one after another in one statement.\n\n\
        `CREATE INDEX … ON ONLY parent` (at once, invalid), `CREATE INDEX CONCURRENTLY` on \
        each partition, then `ALTER INDEX … ATTACH PARTITION` for each; with the last one \
        the index of the parent becomes valid.";
    H0103, "an index is rebuilt while the table is stopped",
        "`REINDEX` without `CONCURRENTLY`.\n\n\
        Writes wait for a SHARE lock on the table, and reads wait too: planning any query \
        opens every index of the table, and the rebuilt one is locked in ACCESS EXCLUSIVE \
        mode.\n\n\
        `REINDEX … CONCURRENTLY`, outside of a transaction; afterwards look for an invalid \
        index whose name ends in `_ccnew`.";
    H0104, "a check is verified while the table is locked",
        "`ADD CONSTRAINT … CHECK` without `NOT VALID`, or `ADD COLUMN … CHECK`, on a table \
        with rows. A nullable column without default is no exception.\n\n\
        The table is read from end to end under ACCESS EXCLUSIVE: nobody reads or writes it \
        until then.\n\n\
        Add the constraint `NOT VALID`, which reads nothing, and `VALIDATE CONSTRAINT` in a \
        later transaction, which lets others read and write.";
    H0105, "a foreign key is verified while both tables are locked",
        "`ADD … FOREIGN KEY` or `REFERENCES` without `NOT VALID`, or a new column with a \
        reference and a default.\n\n\
        Writes on both tables wait for a SHARE ROW EXCLUSIVE lock until every row has been \
        looked up.\n\n\
        Add it `NOT VALID` and `VALIDATE CONSTRAINT` in a later transaction. For a new \
        column, add the column first, without writing `DEFAULT NULL`, which already costs \
        the scan.";
    H0106, "a unique constraint builds its index while the table is locked",
        "`ADD … UNIQUE` without `USING INDEX`, or `ADD COLUMN … UNIQUE`, on a table with \
        rows.\n\n\
        The index is built under ACCESS EXCLUSIVE: nobody reads or writes the table until \
        then.\n\n\
        `CREATE UNIQUE INDEX CONCURRENTLY`, then `ADD CONSTRAINT … UNIQUE USING INDEX`, \
        which does constant work.";
    H0107, "a primary key builds its index while the table is locked",
        "`ADD PRIMARY KEY` without `USING INDEX` on a table with rows.\n\n\
        The index is built under ACCESS EXCLUSIVE, and a column that may hold NULL is read \
        once more to see that it does not.\n\n\
        Make the columns NOT NULL by a validated check, `CREATE UNIQUE INDEX CONCURRENTLY`, \
        then `ADD CONSTRAINT … PRIMARY KEY USING INDEX`.";
    H0108, "a primary key over an index reads the table for NULLs",
        "`ADD PRIMARY KEY USING INDEX` on a column that is not NOT NULL and has no valid \
        check that says so.\n\n\
        The table is read from end to end under ACCESS EXCLUSIVE, which is what the index \
        was built beforehand to avoid.\n\n\
        Make the column NOT NULL first: `CHECK (c IS NOT NULL) NOT VALID`, `VALIDATE \
        CONSTRAINT`, `SET NOT NULL`.";
    H0109, "an exclusion constraint builds its index while the table is locked",
        "`ADD … EXCLUDE` on a table with rows. There is neither `NOT VALID` nor `USING INDEX` \
        for it.\n\n\
        The index is built and every row compared under ACCESS EXCLUSIVE.\n\n\
        Fill a new table that has the constraint from the beginning and swap the two, or \
        choose a quiet window.";
    H0110, "a column is searched for NULLs while the table is locked",
        "`SET NOT NULL` (or a valid `NOT NULL` constraint, 18) on a column without a valid \
        check that proves it. `CHECK (c > 0)` proves nothing about NULL; `c IS NOT NULL` \
        does, alone or joined by AND. A check dropped by the same statement does not count.\n\n\
        The table is read from end to end under ACCESS EXCLUSIVE.\n\n\
        `ADD CONSTRAINT … CHECK (c IS NOT NULL) NOT VALID`, `VALIDATE CONSTRAINT` in a later \
        transaction, `SET NOT NULL`, which then reads nothing, and drop the check in a \
        statement of its own. From 18 on: `ADD CONSTRAINT … NOT NULL c NOT VALID`, then \
        validate it.";
    H0111, "a constraint is validated while a stronger lock is held",
        "`VALIDATE CONSTRAINT` beside another action of the same `ALTER TABLE`, or in a \
        transaction that has already locked the table: for example the one that added the \
        constraint `NOT VALID`.\n\n\
        Validation alone lets others read and write. Here it reads the whole table while \
        they wait.\n\n\
        Validate in a transaction of its own.";
    H0112, "a foreign key that was not enforced is verified while the table is locked",
        "`ALTER CONSTRAINT … ENFORCED` (18).\n\n\
        Every row is looked up under ACCESS EXCLUSIVE on the table and SHARE ROW EXCLUSIVE \
        on the one it points at.\n\n\
        Add another key `NOT VALID`, validate it, and drop the one that is not enforced.";
    H0113, "a volatile default rewrites the table",
        "`ADD COLUMN … DEFAULT` with a function that gives each row another value: \
        `random()`, `gen_random_uuid()`, `clock_timestamp()`, `nextval()`, or one of which \
        nothing is known. `now()` and `CURRENT_DATE` are not volatile and cost nothing.\n\n\
        Every row and every index is written anew under ACCESS EXCLUSIVE, about 6 to 16 \
        seconds per million rows, with as much disk and WAL again.\n\n\
        Add the column without default, `SET DEFAULT` in a second statement for new rows, \
        fill the old ones in batches.";
    H0114, "a serial column rewrites the table",
        "`ADD COLUMN` of type `serial`, `bigserial` or `smallserial` on a table with rows.\n\n\
        Every row gets a number and is written anew, with all indexes, under ACCESS \
        EXCLUSIVE.\n\n\
        Add a plain bigint column, create a sequence, `SET DEFAULT nextval(…)`, `OWNED BY` \
        the column, fill the old rows in batches.";
    H0115, "an identity column rewrites the table",
        "`ADD COLUMN … GENERATED … AS IDENTITY` on a table with rows.\n\n\
        Every row gets a number and is written anew, with all indexes, under ACCESS \
        EXCLUSIVE.\n\n\
        Add a plain column, fill it in batches, make it NOT NULL by a validated check, then \
        `ALTER COLUMN … ADD GENERATED … AS IDENTITY`, which does constant work.";
    H0116, "a stored generated column rewrites the table",
        "`ADD COLUMN … GENERATED ALWAYS AS (…) STORED` on a table with rows, or `SET \
        EXPRESSION` of one (17 and later).\n\n\
        The value of every row is computed and the table written anew, with all indexes, \
        under ACCESS EXCLUSIVE.\n\n\
        Add a plain column that a trigger keeps, and fill the old rows in batches; from 18 \
        on a `VIRTUAL` column costs nothing.";
    H0117, "a virtual column with a condition reads the table",
        "`ADD COLUMN … GENERATED ALWAYS AS (…) VIRTUAL` with `NOT NULL` or `CHECK` (18).\n\n\
        The expression is computed and checked for every row under ACCESS EXCLUSIVE. Without \
        the condition the column costs nothing.\n\n\
        Leave the condition out, or add it `NOT VALID` and validate it later.";
    H0118, "a column of a constrained domain rewrites the table",
        "`ADD COLUMN` of a domain that has a CHECK or NOT NULL, even when the column is \
        nullable and has no default.\n\n\
        Every row is written anew, with all indexes, under ACCESS EXCLUSIVE.\n\n\
        Use the domain's base type with a check on the table that is added `NOT VALID` and \
        validated.";
    H0119, "a change of type rewrites the table",
        "`ALTER COLUMN … TYPE` to a type that stores values in another way, to a smaller one, \
        or with a `USING` that is more than a cast. Free are: a longer or no limit of \
        varchar, more digits before the point of numeric at the same scale, more fractional \
        digits of a time, varchar to text, cidr to inet, and the like.\n\n\
        Every row and every index is written anew under ACCESS EXCLUSIVE, about 6 to 16 \
        seconds per million rows.\n\n\
        Add a column of the new type, keep both filled by a trigger, fill the old rows in \
        batches, move the readers, drop the old column.";
    H0120, "what a change between timestamp and timestamptz does depends on `TimeZone`",
        "`ALTER COLUMN … TYPE` between `timestamp` and `timestamptz` in a session whose \
        `TimeZone` is not known to be UTC, or to a smaller precision. `USING x AT TIME ZONE \
        'UTC'` forces the rewrite.\n\n\
        In UTC, Etc/UTC and GMT, and without a precision below 6, the rows stay as they are; \
        elsewhere the table is written anew and every instant is shifted by the zone of the \
        session.\n\n\
        `SET LOCAL timezone = 'UTC'` before it, and leave the precision of the new type out.";
    H0121, "a change of type that keeps the rows rebuilds an index",
        "`ALTER COLUMN … TYPE` where the rows stay as they are but an index on the column has \
        an expression or a predicate, or sorts in another way after it: another collation, \
        text and citext, timestamp and timestamptz.\n\n\
        The index is built anew under ACCESS EXCLUSIVE.\n\n\
        Build a replacement concurrently, drop the old index, then change the type.";
    H0122, "a change of type verifies constraints again",
        "`ALTER COLUMN … TYPE` of a column that a valid check names, or that a foreign key \
        connects with another table.\n\n\
        Every row is checked again under ACCESS EXCLUSIVE, for a foreign key on both tables.\n\n\
        Drop the check, change the type, add the check `NOT VALID` and validate it. For a \
        foreign key change both sides by new columns.";
    H0123, "a table is written anew to change its persistence",
        "`SET LOGGED` or `SET UNLOGGED`.\n\n\
        Every row is written anew under ACCESS EXCLUSIVE. An unlogged table is empty after a \
        crash and on replicas.\n\n\
        Fill a new table of the wanted kind and swap the two.";
    H0124, "a table or index is copied to other storage",
        "`SET TABLESPACE` to another tablespace, or `SET ACCESS METHOD` to another method.\n\n\
        All of it is copied under ACCESS EXCLUSIVE; for an index too, which stops every \
        query of its table, because planning opens it.\n\n\
        Fill a new table there and swap the two, or build the index there concurrently and \
        drop the old one.";
    H0125, "a table is written anew to make it smaller or sorted",
        "`VACUUM FULL` or `CLUSTER`.\n\n\
        The whole table is written anew under ACCESS EXCLUSIVE.\n\n\
        Plain `VACUUM`; to give space back, an extension that copies beside the running \
        table, such as pg_repack or pg_squeeze.";
    H0126, "a materialized view is refreshed while its readers wait",
        "`REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`.\n\n\
        The view is locked in ACCESS EXCLUSIVE mode for as long as its query runs.\n\n\
        Give it a unique index without predicate and `REFRESH MATERIALIZED VIEW \
        CONCURRENTLY`.";
    H0127, "attaching a partition reads rows while they are locked",
        "`ATTACH PARTITION` of a table without a valid check that proves its bound (with `IS \
        NOT NULL` where the key may be NULL), without the indexes of the parent, or beside a \
        default partition that no check keeps out of the bound.\n\n\
        The table, or the default partition, is read or indexed under ACCESS EXCLUSIVE.\n\n\
        Before it: `ADD CONSTRAINT … CHECK` of the bound `NOT VALID`, validate it, build the \
        parent's indexes concurrently, and give the default partition a check that excludes \
        the bound. Drop the check afterwards.";
    H0128, "a new partition reads the default partition",
        "`CREATE TABLE … PARTITION OF` where the parent has a default partition and no check \
        keeps its rows out of the new bound.\n\n\
        The default partition is read under ACCESS EXCLUSIVE, the parent is locked in the \
        same mode meanwhile.\n\n\
        Give the default partition a check that excludes the bound, `NOT VALID` then \
        validated; create the table by itself and attach it.";
    H0129, "a constraint of a domain reads every table that uses it",
        "`ALTER DOMAIN … ADD CONSTRAINT` without `NOT VALID`, `SET NOT NULL`, or `VALIDATE \
        CONSTRAINT`.\n\n\
        Each table with a column of the domain is locked in SHARE mode and read: writes \
        wait.\n\n\
        Add it `NOT VALID`, which locks nothing, and validate in a quiet hour; or use checks \
        on the tables instead.";
    H0130, "slow work follows a strong lock in one transaction",
        "A statement that reads, writes or builds in proportion to a table's size, in a \
        transaction in which an earlier statement has locked a table so that others wait.\n\n\
        The lock is held to the end of the transaction, so that they wait for the slow \
        statement too.\n\n\
        Commit before the slow part, or do it in a migration of its own: schema first, rows \
        in batches after it.";
}
