//! Codes of operations: connecting, the migrations directory, executing, the command line.

use super::codes;

codes! {
    P0001, "a connection URL that cannot be read",
        "A URL reads `postgres://user:password@host:port/database?parameter=value`, or names a \
         unix socket directory: `postgres://user@/database?host=/var/run/postgresql`. Special \
         characters of a password are written as `%` and two hexadecimal digits. libpq's \
         `key=value` form works as well, and so do its environment variables and service files.";
    P0002, "a server that does not answer",
        "No host of the URL accepted a connection within `connect_timeout` (10 s by default). \
         Check that the server runs, that it listens on that address and port, and that no \
         firewall is between.";
    P0003, "a login that was refused",
        "The server asked for a password and got none or a wrong one, or `pg_hba.conf` does not \
         let this role in from here. The password may stand in the URL, `PGPASSWORD`, or \
         `~/.pgpass`; driftless never prints it.";
    P0004, "a database that does not exist",
        "The server is there, the database named in the URL is not.";
    P0005, "a TLS connection that could not be made",
        "`sslmode` asks for more than the server gives: it speaks no TLS, or its certificate is \
         not signed by a root that is trusted (`sslrootcert`, by default \
         `~/.postgresql/root.crt`, else those of the system), or is for another host \
         (`verify-full`).";
    P0006, "a server that is too old",
        "driftless works with PostgreSQL 13 and later.";
    P0007, "a privilege that is missing",
        "The role may not do what is needed: to apply migrations it has to own what they change, \
         and to create a schema for the ledger (`GRANT CREATE ON DATABASE …`), or the ledger is \
         kept in a schema that it may use: `[ledger] schema = \"…\"`.";
    P0008, "a server that cannot be written to",
        "It is a standby, or the session is read-only. Name the primary in the URL, or several \
         hosts with `target_session_attrs=read-write`.";
    P0009, "a server that takes no connection now",
        "It is starting, shutting down, or has no connection left.";
    P0010, "a connection that was lost",
        "The server or the network went away in the middle. The ledger knows what was done: run \
         the command again to go on from there.";
    P0011, "no PostgreSQL programs for a private server",
        "To find out what SQL means driftless asks a PostgreSQL. Without `--scratch-url` it \
         starts one from the machine's own programs: `initdb` and `postgres` in `PATH`, where \
         `pg_config --bindir` says, or where distributions put them. Install the server package, \
         or name the directory with `--pg-bindir`.";
    P0012, "a migration that was edited after it was applied",
        "The ledger keeps the SHA-256 of what was run, and the file has another. Whoever starts \
         from nothing would get something else than this database. Restore the file from version \
         control, and write a new migration for the change.";
    P0013, "a private server that does not start",
        "The message holds the last lines of its log. Frequent reasons are a full or read-only \
         temporary directory and programs that the user `postgres` or `nobody` may not execute.";
    P0014, "a role that may not create databases",
        "The server of `--scratch-url` is there for temporary databases, which the role has to be \
         allowed to create: `ALTER ROLE … CREATEDB`.";
    P0015, "a statement that failed",
        "The message is the server's.";
    P0016, "a file that cannot be read or written",
        "The message is the operating system's.";
    P0017, "a migrations directory that is not in order",
        "Each migration is a folder that holds `migration.sql`, and beside it `down.sql` and \
         `migration.toml` or nothing. Anything else that looks as if it were to be run is refused \
         rather than passed over: other `.sql` files, what a merge left behind, folders without a \
         script.";
    P0018, "a history without an order",
        "`migration.toml` names the migrations that one follows. One of them is not in the \
         directory, or they follow each other in a circle.";
    P0019, "a script that is not run as it stands",
        "It holds what only psql understands, a quote that nothing closes, an unknown `-- \
         driftless:` directive, or transaction control that would leave a part of it undone. By \
         default a script is one transaction; `BEGIN` and `COMMIT` in it are followed, and \
         statements that cannot be in a transaction divide it.";
    P0020, "a migration that failed",
        "The server refused a statement. What ran in the same transaction is undone; what was \
         committed before stays and is recorded. Correct the file from the failed statement on, \
         and run `driftless deploy` again: it goes on from there.";
    P0021, "a lock that was not to be had in time",
        "Somebody holds a lock on the object that the statement changes. Waiting for it would \
         make everybody else wait behind, so each attempt is short (`--lock-timeout`), and there \
         are many within `--lock-wait`. The notes name who holds it.";
    P0022, "a step of which nobody knows whether it happened",
        "The connection was lost while a statement ran that cannot be in a transaction, and the \
         catalog does not show its outcome. Look yourself, then tell the ledger: `driftless \
         resolve NAME --step N --done` or `--not-done`.";
    P0023, "stopped on request",
        "Ctrl-C: the first time after the transaction that runs, the second time at once. What \
         is recorded as done is done.";
    P0024, "another deploy at work",
        "Only one at a time works on a database. This one waited for as long as `--wait` says.";
    P0025, "a lock that was given away",
        "A migration ran `DISCARD ALL`, `pg_advisory_unlock_all()` or the like, or a connection \
         pooler gave the statement to another session. Nothing more was run.";
    P0026, "a migration without a way back",
        "It has no `down.sql`. Write a new migration that undoes what it did.";
    P0027, "an applied migration that is not in the directory",
        "The database has more history than this checkout. Get the files that are missing \
         before anything else is applied.";
    P0028, "a migration that is half applied or half taken back",
        "`deploy` finishes the one, `rollback` the other.";
    P0029, "a migration that failed under Prisma",
        "Prisma's ledger has an attempt that neither ended nor was resolved. Find out what it \
         left, repair that, and mark it with `prisma migrate resolve`.";
    P0030, "a configuration that cannot be read",
        "`driftless.toml` is TOML; unknown keys are refused so that a slip of the pen is not \
         passed over.";
    P0031, "no database named",
        "The database is named by `--url`, else `DATABASE_URL` in the environment or in `.env`, \
         else `url` in `driftless.toml`, else libpq's variables.";
    P0032, "a migration that is not there",
        "A migration is named by its folder, by the start of that name, or by its words; it has \
         to be one only. `head` is the last, `base` is before the first; `NAME~2` and `NAME+2` \
         count back and on in the order in which they apply, `-1` from where the database stands \
         (without a database: from the head). Steps beyond either end are refused.";
    P0033, "a name for no folder",
        "The name of a migration becomes the name of a folder: it needs a letter or a digit.";
    P0034, "a history with several heads",
        "Two branches both added a migration, and none follows the other. `driftless merge` tries \
         them in both orders and joins them if that makes no difference; `driftless rebase` puts \
         one on top of the other.";
    P0035, "no state of a schema",
        "`--from` and `--to` take `empty`, `model:PATH`, `migrations:DIR[@NAME]`, `sql:FILE` and \
         `db:URL`.";
    P0036, "a model that is not valid",
        "What is wrong with it is shown before this message, each finding with its own code.";
    P0037, "a folder without model files",
        "The files of a model end in `.model` or `.prisma`.";
    P0038, "a code that does not exist",
        "`driftless explain` without an argument lists all codes.";
    P0039, "nothing to resolve",
        "The ledger knows nothing of that migration, or the step is not one whose end is \
         unknown.";
    P0040, "a database that is not reset",
        "`reset` is for development. A database that `deploy` once worked on, or that the \
         configuration calls production, is left alone.";
    P0041, "something that was not confirmed",
        "The command destroys data and asks before it does. Without a terminal the flag that is \
         named answers.";
    P0042, "a database that has a history already",
        "A baseline starts a history; this database has one.";
    P0043, "a directory that holds migrations already",
        "Either the migrations there are in the database up to one of them: name it with `--to`; \
         or they belong to something else: name another directory with `--migrations`.";
    P0044, "no model",
        "The model is `schema.model`, or what `model` in `driftless.toml` names: a file or a \
         folder. In a Prisma project `prisma/schema.prisma` is found by itself.";
    P0045, "a database that is not empty and has no history",
        "The first deploy to it would build on what nobody wrote down. Record what is there with \
         `driftless baseline`.";
    P0046, "a database that is not what its migrations lead to",
        "Somebody changed it by other means. What the next migration does there, nobody has \
         tried. `driftless status` shows the difference in full. Undo it, or write a migration \
         for it; strangers that are to stay are let be with `--allow-drift PATTERN`, or \
         `allow-drift` under `[deploy]`.";
    P0047, "a result that is not what the migrations lead to",
        "Everything was applied, and the database differs from an empty one that got the same \
         migrations: a migration looks at rows or settings and did something else here.";
    P0048, "a project that is there already",
        "`init` writes the first files of a project and never over others.";
    P0049, "no Prisma project",
        "`init --from-prisma` looks for `prisma/schema.prisma`, or where `prisma.config.*` or \
         `package.json` say that the schema is.";
    P0050, "a file that would be overwritten",
        "`pull --out` brings a model that is there up to date; a file that holds something else is \
         only overwritten where `--force` says so.";
    P0055, "a step that does not run through a connection pooler",
        "PgBouncer and its like give each transaction whatever session is free. A deploy goes \
         through one all the same: settings are made anew in each transaction, and a row with a \
         heartbeat keeps other deploys away. What cannot be done so is a step in no transaction \
         (`CREATE INDEX CONCURRENTLY`) that relies on a role, on `search_path` or on a `SET` of \
         its migration, and a step that changes the session otherwise than by `SET`. Name the \
         server itself in the URL for these.";
    P0056, "a statement that cannot be run in batches",
        "`-- driftless: batch key=…` has an `UPDATE` or `DELETE` run in ranges of a key. Each \
         range has to be found without looking at the whole table, so an index has to lead with \
         the key, and no row may have NULL in it. `key=ctid` goes by the pages of the table \
         instead (14 and later, no partitioned table) and comes back until no row is left that \
         the condition of the statement lets through; a condition that always lets rows through \
         would never end, and is refused when that is seen.";
    P0060, "a rename, or a drop and a creation",
        "Something that holds rows is gone from the model and something like it is new. Renamed, \
         it keeps its rows; dropped, it loses them. Say which: `--rename old:new`, `@was(\"old\")` \
         in the model, or `--accept-data-loss`.";
    P0061, "data that a change would lose",
        "The rows that are there were looked at, and the change would drop some of what they \
         hold. `--accept-data-loss` lets it; a copy taken before is the better part of courage.";
    P0062, "rows that do not allow a change",
        "The rows that are there were looked at before anything ran, and the change would fail on \
         them: NULLs in a column that becomes required, duplicates under a new unique key, \
         orphans under a new foreign key, values that a cast refuses. Correct them first, or do \
         it in the migration: `dev --create-only` writes it, and an `UPDATE` goes before the \
         step. `deploy --skip-row-checks` begins without looking.";
    P0063, "a mark that the database contradicts",
        "`stamp` writes into the ledger that migrations are applied, and the database is not what \
         they lead to: the next deploy would build on something that nobody has tried. Name the \
         migration at which the database stands; where the difference is known, `--force`.";
    P0064, "two branches that do not go together",
        "Both were run on scratch databases, the one before the other and the other way round. One \
         order does not run, both lead to different schemas, or what one branch did is not so in \
         the end. What each did is shown object by object. `driftless rebase` puts the branch that \
         is not applied yet on top of the other.";
    P0065, "two branches that write the same rows",
        "On an empty database both orders lead to the same, but each of the branches has \
         statements that write rows of a table, and the last one may win. Look at them: where it \
         does not matter, `merge --accept-row-order`; else `rebase`.";
    P0066, "a branch that is applied already",
        "`rebase` changes migrations, and this one has run on the database named. Take it back \
         there, or let the other branch move. Other databases are not looked at.";
    P0067, "statements that no model says",
        "The branch to be written anew from the model holds statements that write rows; they would \
         be lost. Keep them in a migration of their own.";
    P0070, "a value for existing rows that cannot be used",
        "`dev --fill table.column=SQL` says what the rows that are there get in a column that the \
         model has and the migrations do not have yet. The migration then adds the column empty, \
         fills it in batches, and makes it required afterwards.";
    P0071, "no list of databases",
        "`--targets FILE` holds a URL a line, after a name if it has one; `--targets-query URL SQL` \
         returns a URL or the name of a database on the same server a row, after a name if there \
         are two columns; `--schema-per-tenant PATTERN` are schemas of one database. Each needs a \
         name of its own.";
    P0072, "some of several databases are not deployed to",
        "The table and the report say which and why. What is done is recorded in each database \
         itself, so the same command goes on with the rest. `--canary N` deploys to some first, \
         and to the others only if these went well; `--max-failures N` goes on in spite of so \
         many.";
    P0073, "a hook that failed",
        "SQL under `before` or `after` of `[deploy]` failed. What comes before runs only where \
         something is pending, and when it fails no migration begins; what comes after runs when \
         all migrations are applied, and they stay applied.";
    P0076, "nothing to seed with",
        "`seed` runs `seed.sql` or the scripts in `seeds` beside the configuration, what `seed = \
         \"…\"` in it names, or the files that are given.";
    P0077, "a program that may not run",
        "A migration has a step `-- driftless: run …`. What a program does nobody can prove, so it \
         runs only where the configuration says `allow-programs = true` under `[deploy]`.";
    P0078, "a squash that is applied in part",
        "Some of the migrations that it replaces are applied to this database and others are not, \
         so neither it nor they can be run. Deploy from a checkout from before the squash, then \
         from this one.";
    P0079, "migrations that cannot be folded",
        "`squash` takes two migrations or more that follow each other, with one end; what follows \
         one in their middle has to be joined first. `checkpoint` stands at the head.";
    P0080, "something that no migration has to do with",
        "`blame` looks for what migrations create, change and drop, by its name: `table`, \
         `table.column`, or with the schema before it.";
    P0090, "changes that cannot be ordered",
        "What is to be changed depends on itself in a way that driftless does not break up. This \
         is a defect of driftless; please report it with the two states.";
    P0091, "a migration that does not do what it should",
        "What `dev` is about to write was tried on a scratch database and did not lead to the \
         model, so nothing was written. This is a defect of driftless; please report it with the \
         SQL that is shown and the model.";
}
