//! Codes of hazards: load, settings, and what is left to do.

use crate::text::codes::codes;

codes! {
    H0701, "many rows are written in one transaction",
        "`UPDATE` without a condition, or with one that does not name the rows it means, on a \
        table that was there before the script; `INSERT … SELECT` from one.\n\n\
        Row locks are held to the end; about 20 seconds, 560 MB of WAL and as much dead \
        space again per million rows.\n\n\
        `-- driftless: batch key=id` before it: `deploy` then runs it in ranges of the key, each \
        its own transaction.";
    H0702, "SQL that is made at run time cannot be judged",
        "`EXECUTE` of a text in a `DO` block or of a prepared statement, or a `DO` block that \
        is not in PL/pgSQL. Statements written out in a block are judged as if its \
        conditions held.\n\n\
        Locks and losses in it are not seen here.\n\n\
        Write statements out; `rehearse` shows what it does.";
    H0703, "a statement that is not known",
        "Text that is no statement of PostgreSQL 13 to 18 as far as can be told.\n\n\
        Nothing can be said about it.\n\n\
        Correct it; `verify` asks a server.";
    H0704, "a timeout that does not protect",
        "`lock_timeout` of 0 or of more than 10 seconds, or `statement_timeout` shorter than \
        `lock_timeout`, before a statement that takes a strong lock.\n\n\
        While the statement waits, everything that comes later waits behind it for that \
        long; the shorter `statement_timeout` hides why it was cancelled.\n\n\
        `lock_timeout` of at most a few seconds, shorter than `statement_timeout`.";
    H0705, "several scans of one table could be one",
        "Several `ALTER TABLE` of one table, one after another in one transaction, of which \
        more than one reads or rewrites it.\n\n\
        Each reads or writes the whole table again.\n\n\
        One `ALTER TABLE` with several actions, unless one of them drops what another relies \
        on or validates.";
    H0706, "a constraint stays unvalidated",
        "A constraint added `NOT VALID` or `NOT ENFORCED` that nothing in the script \
        validates.\n\n\
        Old rows may violate it, and the planner does not use it.\n\n\
        `VALIDATE CONSTRAINT` in a later migration; `status` lists what is left.";
    H0707, "a table is filled from another one in the migration",
        "`CREATE TABLE … AS`, `SELECT … INTO`, `CREATE MATERIALIZED VIEW` over an existing \
        table.\n\n\
        The snapshot is held as long as the query runs, which holds back vacuum and \
        concurrent index builds; the copy has no constraints, defaults or privileges.\n\n\
        `WITH NO DATA` and fill it in batches.";
    H0708, "the sequence of a column stays smaller than the column",
        "`ALTER COLUMN … TYPE bigint` of a serial column. Of an identity column the sequence \
        follows.\n\n\
        The sequence still ends at 2,147,483,647.\n\n\
        `ALTER SEQUENCE … AS bigint` too.";
    H0709, "the planner's statistics of the column are deleted",
        "Any `ALTER COLUMN … TYPE`, the free ones too.\n\n\
        Until the next ANALYZE the planner guesses, and plans may be bad.\n\n\
        `ANALYZE table (column)` right after it.";
    H0710, "nothing finds the rows of a foreign key quickly",
        "A foreign key whose columns no index of the table starts with.\n\n\
        Every DELETE and every UPDATE of the key in the referenced table reads this one from \
        end to end.\n\n\
        `CREATE INDEX CONCURRENTLY` on its columns.";
    H0711, "autovacuum is switched off for a table",
        "`SET (autovacuum_enabled = false)`.\n\n\
        The table grows without end and in time forces a vacuum against wraparound.\n\n\
        Tune its thresholds instead.";
    H0712, "an extension is created, updated or moved",
        "`CREATE EXTENSION`, `ALTER EXTENSION`.\n\n\
        Its script runs with whatever locks it takes; it may need a superuser or files that \
        another server does not have.\n\n\
        Try it on a copy first; pin the version.";
    H0713, "waiting for an advisory lock holds back concurrent index builds",
        "`pg_advisory_lock()` or `pg_advisory_xact_lock()` in a migration.\n\n\
        A session that waits in it has a snapshot: `CREATE INDEX CONCURRENTLY` elsewhere \
        waits for it, and the two deadlock after a second.\n\n\
        Poll `pg_try_advisory_lock()`. `driftless deploy` sees to it that only one runs.";
    H0714, "a setting outlives the script",
        "`SET` without LOCAL of a role, session authorization, search path or timeout, and \
        `set_config(…, false)`.\n\n\
        Behind a pooler the next client inherits it; statements that follow run as another \
        role.\n\n\
        `SET LOCAL`, or `RESET` at the end.";
    H0715, "a hazard is allowed without a reason",
        "A comment `-- driftless: allow H…` that does not go on with `because …`.\n\n\
        The hazard is reported all the same.\n\n\
        Say why it is harmless here.";
    H0716, "a comment allows a hazard that is not there",
        "A comment `-- driftless: allow …` before a statement that has no such hazard, or \
        that names none.\n\n\
        It hides what comes later, or was meant for something else.\n\n\
        Delete it.";
}
