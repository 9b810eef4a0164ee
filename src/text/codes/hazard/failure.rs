//! Codes of hazards: statements that fail.

use crate::text::codes::codes;

codes! {
    H0401, "a column is added that existing rows cannot have",
        "`ADD COLUMN … NOT NULL` without a default on a table with rows.\n\n\
        The statement fails as soon as there is one row; and on an empty table, INSERTs of \
        running code fail from then on.\n\n\
        Add it nullable or with a constant default, fill the rows, then set NOT NULL by a \
        validated check.";
    H0402, "existing rows may violate a new constraint",
        "`SET NOT NULL`, `CHECK`, `FOREIGN KEY`, `UNIQUE`, `PRIMARY KEY`, `EXCLUDE` on a \
        table with rows, or a validation of one.\n\n\
        One row that violates it makes the statement fail, after the time it took to find \
        it.\n\n\
        Look for such rows with a query before the deploy, and repair them.";
    H0403, "duplicates would leave an invalid index behind",
        "`CREATE UNIQUE INDEX CONCURRENTLY` on existing columns.\n\n\
        When two rows have the same key the build fails and leaves an index that costs \
        writes, is not used, and enforces uniqueness for new rows all the same.\n\n\
        Look for duplicates before; after a failure `DROP INDEX CONCURRENTLY`.";
    H0404, "there is no cast that the change of type may use",
        "`ALTER COLUMN … TYPE` between types without an assignment cast and without `USING`, \
        or with a default that does not convert.\n\n\
        The statement fails.\n\n\
        Say how with `USING`; `DROP DEFAULT` before and `SET DEFAULT` after.";
    H0405, "something depends on the type of the column",
        "`ALTER COLUMN … TYPE` of a column that a view, materialized view, policy, generated \
        column, trigger condition, row filter of a publication or partition key uses.\n\n\
        The statement fails, even where the change would be free.\n\n\
        Drop what depends on it, change the type, create it again, in one transaction.";
    H0406, "the statement names something that does not exist",
        "A table, column, index, constraint or type that is neither in the database nor made \
        earlier in the script. Only with a live schema, or one given as SQL.\n\n\
        The statement fails.\n\n\
        Compare the script with the database; `status` shows drift.";
    H0407, "the statement makes something that exists",
        "`CREATE` of a relation or type, or `ADD COLUMN`, under a name that is taken, in the \
        database or earlier in the script.\n\n\
        The statement fails.\n\n\
        Another name; or drop the statement if it is what is there.";
    H0408, "a name is longer than PostgreSQL keeps",
        "An identifier of more than 63 bytes.\n\n\
        It is cut without an error; two names that differ after that are one, and nothing \
        finds it by the name in the script.\n\n\
        A shorter name.";
    H0409, "a column is named twice",
        "Two columns of one name in `CREATE TABLE`, in a view, in the list of an INSERT or in \
        the assignments of an UPDATE.\n\n\
        The statement fails.\n\n\
        Name each column once.";
    H0410, "the server's version does not have this",
        "Syntax that came with a later major version than the one the script is meant for: \
        `NULLS NOT DISTINCT` (15), `DETACH … CONCURRENTLY` (14), `SET EXPRESSION` (17), \
        `VIRTUAL`, `NOT ENFORCED`, `NOT NULL … NOT VALID` (18), ….\n\n\
        The statement fails.\n\n\
        Write it in the way of that version.";
    H0411, "the index cannot stand behind the constraint",
        "`USING INDEX` with an index that is not unique, not valid, partial, or over \
        expressions.\n\n\
        The statement fails.\n\n\
        Build a plain unique index concurrently and see that it is valid.";
    H0412, "this is refused for a partitioned table",
        "`CREATE INDEX CONCURRENTLY` on a partitioned table, or up to 17 a foreign key `NOT \
        VALID` of one.\n\n\
        The statement fails.\n\n\
        Index: `ON ONLY` the parent, concurrently on each partition, attach. Foreign key: on \
        each partition `NOT VALID`, validate there, then on the parent, which takes them \
        over.";
    H0413, "something depends on what is dropped",
        "`DROP` without CASCADE of a table, column, type, domain or function that a view, \
        foreign key, column or index still uses.\n\n\
        The statement fails.\n\n\
        Drop what depends on it by name, before it.";
    H0414, "the bound does not fit the partitioned table",
        "`ATTACH PARTITION` or `PARTITION OF` with a bound of another strategy than the \
        table's: `IN` for a table partitioned by RANGE.\n\n\
        The statement fails.\n\n\
        `FROM … TO …` for RANGE, `IN` for LIST, `WITH (MODULUS …, REMAINDER …)` for HASH.";
}
