//! Codes of hazards: choices that cost later.

use crate::text::codes::codes;

codes! {
    H0901, "a key that runs out of numbers",
        "A key or serial column of type integer or smallint.\n\n\
        2,147,483,647 rows, deleted ones included, and a change later rewrites the table.\n\n\
        bigint.";
    H0902, "char pads with blanks",
        "A column of type char(n).\n\n\
        It is stored with its blanks, compares without them, and is no faster than text.\n\n\
        text, with a check of its length.";
    H0903, "a limit in the type is costly to change",
        "A column of type varchar(n).\n\n\
        A smaller limit later rewrites the table, a larger one rebuilds indexes on \
        expressions over it.\n\n\
        text, with a check that can be replaced.";
    H0904, "a timestamp that does not say when",
        "A column of type timestamp without time zone.\n\n\
        What instant it means depends on who reads it.\n\n\
        timestamptz.";
    H0905, "serial instead of identity",
        "A serial column.\n\n\
        The sequence has rights and an owner of its own, and the column accepts any number.\n\n\
        `GENERATED ALWAYS AS IDENTITY`.";
    H0906, "a constraint without a name",
        "`ADD` of a constraint without `CONSTRAINT name`.\n\n\
        PostgreSQL chooses a name, which can differ from one database to the next.\n\n\
        Name it.";
    H0907, "a value of an enum without a place",
        "`ADD VALUE` without BEFORE or AFTER.\n\n\
        It sorts last, which may not be where it belongs in another database.\n\n\
        Say `AFTER 'x'`.";
    H0908, "a name without schema",
        "A table named without its schema in DDL.\n\n\
        Which table that is depends on the search path of the session.\n\n\
        Name the schema.";
    H0909, "a table without primary key",
        "`CREATE TABLE` without a primary key.\n\n\
        Rows cannot be named one by one, and logical replication cannot update them.\n\n\
        A primary key.";
    H0910, "an index over many columns",
        "An index that is not unique over more than three columns.\n\n\
        It costs every write and is rarely used beyond its first columns.\n\n\
        Fewer columns, or INCLUDE.";
    H0911, "a statement that fails when it is run again",
        "DDL without IF EXISTS or IF NOT EXISTS outside of a transaction.\n\n\
        After a failure half way the script cannot be run again as it stands. `driftless \
        deploy` goes on where it stopped and needs no guards.\n\n\
        Guards, or a runner that records each statement.";
    H0912, "an enum instead of a table",
        "`CREATE TYPE … AS ENUM`.\n\n\
        Values cannot be removed or put in another order without rewriting every table that \
        uses it.\n\n\
        A table of values with a foreign key, or a check.";
    H0913, "money depends on the locale",
        "A column of type money.\n\n\
        How it reads and how many digits it has depends on `lc_monetary` of the server.\n\n\
        numeric.";
    H0914, "smallint saves little",
        "A column of type smallint or smallserial.\n\n\
        It ends at 32,767, and padding often takes what it saves.\n\n\
        integer or bigint.";
    H0915, "a domain with constraints",
        "`CREATE DOMAIN` with CHECK or NOT NULL.\n\n\
        Its constraints cannot be changed without reading every table that uses it under \
        lock.\n\n\
        Checks on the tables.";
    H0916, "integer runs out of numbers",
        "A column of type integer or serial.\n\n\
        It ends at 2,147,483,647; a change later rewrites the table.\n\n\
        bigint.";
    H0917, "an index that only finds equal values",
        "An index of method hash.\n\n\
        It supports neither ranges nor sorting nor uniqueness.\n\n\
        btree.";
}
