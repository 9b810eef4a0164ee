//! Codes of hazards: what may and may not share a transaction.

use crate::text::codes::codes;

codes! {
    H0601, "the statement refuses to run in a transaction",
        "`CONCURRENTLY`, `VACUUM`, `CREATE DATABASE`, `ALTER SYSTEM` and the like between \
        `BEGIN` and `COMMIT`, or in a script that its runner wraps in one.\n\n\
        The statement fails.\n\n\
        Put it outside. `driftless deploy` runs such a statement by itself when the file has \
        no `BEGIN` around it.";
    H0602, "a new value of an enum is used before its transaction is over",
        "A value added by `ALTER TYPE … ADD VALUE` and used in the same transaction: in a \
        default, check, index, INSERT or UPDATE. From 17 on allowed where the type itself is \
        new too.\n\n\
        The statement fails.\n\n\
        Commit after adding the value. `driftless deploy` does so by itself when the file \
        has no `BEGIN` around it.";
    H0603, "transaction control that is only half honoured",
        "`COMMIT` without `BEGIN`, `BEGIN` inside a transaction, `ROLLBACK`, or either of \
        them in a script that its runner wraps in a transaction.\n\n\
        An embedded COMMIT ends the runner's transaction: the first part stays even if the \
        rest fails.\n\n\
        Leave transactions to the runner, or pair every BEGIN with its COMMIT.";
    H0604, "a transaction is never committed",
        "`BEGIN` without `COMMIT` before the end of the script.\n\n\
        Everything since then is undone, or its locks stay until someone ends the session.\n\n\
        `COMMIT` at the end.";
    H0605, "IF NOT EXISTS takes an invalid index for a finished one",
        "`CREATE INDEX CONCURRENTLY IF NOT EXISTS`.\n\n\
        When a build was cancelled or failed, an invalid index of that name is there; the \
        retry succeeds without building anything.\n\n\
        Without the guard; before a retry look at `pg_index.indisvalid` and `DROP INDEX \
        CONCURRENTLY` what is invalid, as `deploy` does.";
    H0606, "a short timeout would cut off concurrent work",
        "`lock_timeout` or `statement_timeout` set in the script before `CREATE INDEX \
        CONCURRENTLY`, `DROP INDEX CONCURRENTLY`, `REINDEX … CONCURRENTLY`, `DETACH … \
        CONCURRENTLY` or `VALIDATE CONSTRAINT`.\n\n\
        Waiting for other transactions counts as waiting for a lock there: the statement is \
        cancelled and leaves an invalid index or a half detached partition.\n\n\
        `SET lock_timeout = 0` and `SET statement_timeout = 0` before it.";
    H0607, "the script holds what a server cannot be sent",
        "A command of psql, rows after `COPY … FROM stdin`, or a quote that nothing closes.\n\n\
        The script cannot be run but by psql, if at all.\n\n\
        Write what it does as SQL.";
}
