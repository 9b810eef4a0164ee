//! Codes of hazards: locks that are short but waited for.

use crate::text::codes::codes;

codes! {
    H0201, "a strong lock is asked for without `lock_timeout`",
        "A statement that takes a lock others wait for, in a script that sets no \
        `lock_timeout` before it. Only looked for in scripts that something else than \
        `driftless deploy` runs, which sets its own.\n\n\
        While the statement waits for a long query, everything that comes later waits behind \
        it, plain reads too.\n\n\
        `SET lock_timeout = '1s'` at the top, and run the script again when it gives up.";
    H0202, "another table is locked than the one that is named",
        "A new foreign key or a table created with one locks the table it points at (writes \
        wait); dropping a foreign key, its column or its table locks that table so that \
        reads wait too, and so does changing the type of its column.\n\n\
        The work is short, but waiting for the lock stops the other table's traffic.\n\n\
        Do it in a transaction of its own, with a short `lock_timeout`: first drop the keys \
        one by one, then the table.";
    H0203, "several tables are locked in one transaction",
        "Two or more tables that exist and are used are locked in one transaction so that \
        others wait.\n\n\
        A transaction of the application that takes them in another order deadlocks with it, \
        and all of them stay locked until the last statement is done.\n\n\
        One table per transaction.";
    H0204, "dropping an index locks its table",
        "`DROP INDEX` without `CONCURRENTLY`.\n\n\
        The work is short, but table and index are locked in ACCESS EXCLUSIVE mode: while \
        the statement waits for running queries, everything waits behind it.\n\n\
        `DROP INDEX CONCURRENTLY`, outside of a transaction. It is refused for an index of a \
        constraint or of a partitioned table.";
    H0205, "detaching a partition locks its parent",
        "`DETACH PARTITION` without `CONCURRENTLY` (14 and later).\n\n\
        The work is short, but parent and partition are locked in ACCESS EXCLUSIVE mode, and \
        so is a default partition.\n\n\
        `DETACH PARTITION … CONCURRENTLY`, outside of a transaction; not possible beside a \
        default partition. When it was interrupted, `DETACH PARTITION … FINALIZE`.";
    H0206, "creating a partition in place locks its parent",
        "`CREATE TABLE … PARTITION OF` an existing table.\n\n\
        The parent is locked in ACCESS EXCLUSIVE mode: reads and writes of all partitions \
        wait behind it.\n\n\
        Create the table by itself, `LIKE` the parent with a check of the bound, then \
        `ATTACH PARTITION`, which lets others read and write.";
    H0207, "a change of an index stops queries of its table",
        "`ALTER INDEX … SET` of anything but `fillfactor` and `deduplicate_items`, or an \
        index renamed by `ALTER TABLE`.\n\n\
        The index is locked in ACCESS EXCLUSIVE mode; while that waits, every query of the \
        table waits, because planning opens its indexes.\n\n\
        A short `lock_timeout` and retries; `ALTER INDEX … RENAME` takes a weaker lock than \
        `ALTER TABLE … RENAME`.";
    H0208, "writes wait while a trigger is created or changed",
        "`CREATE TRIGGER`, `ENABLE TRIGGER`, `DISABLE TRIGGER`; `DROP TRIGGER` and `ALTER \
        TRIGGER` stop reads too.\n\n\
        The work is short, but the table, and for a partitioned one every partition, is \
        locked in SHARE ROW EXCLUSIVE mode.\n\n\
        A transaction of its own with a short `lock_timeout`.";
    H0209, "a table is locked by hand",
        "`LOCK TABLE` in a mode that others wait for.\n\n\
        The lock is held to the end of the transaction.\n\n\
        Let the statement that needs it take its lock, with a short `lock_timeout`.";
    H0210, "a statement that may change nothing locks all the same",
        "`ADD COLUMN IF NOT EXISTS`, `DROP COLUMN IF EXISTS`, `DROP CONSTRAINT IF EXISTS`, \
        `CREATE INDEX IF NOT EXISTS`.\n\n\
        The lock is taken before it is known whether there is anything to do.\n\n\
        Leave out what is known to be done; a history that records each step needs no \
        guards.";
    H0211, "a lock that others wait for is taken for a moment",
        "Any statement that locks a table in use so that reads or writes wait, whose work \
        does not grow with the table.\n\n\
        Harmless once the lock is there; while it is waited for, what comes later waits too.\n\n\
        A short `lock_timeout` and retries, as `deploy` does.";
}
