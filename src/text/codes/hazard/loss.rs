//! Codes of hazards: data that is lost.

use crate::text::codes::codes;

codes! {
    H0301, "a table is dropped",
        "`DROP TABLE` of a table that was there before the script.\n\n\
        Its rows are gone, and code that still uses it fails.\n\n\
        Deploy the code that no longer uses it first; drop it in a later, separate \
        migration, after a backup.";
    H0302, "a column is dropped",
        "`DROP COLUMN` of a column that was there before the script.\n\n\
        Its values are gone, and so are, without a word and without CASCADE, every index \
        that has it as key, inside an expression or in its predicate, unique constraints and \
        checks over it, and extended statistics. Code that still names it fails.\n\n\
        Deploy the code that no longer uses it first; drop it in a later, separate \
        migration.";
    H0303, "a table is emptied",
        "`TRUNCATE` of a table that was there before the script.\n\n\
        All rows are gone, and transactions with an older snapshot see none from then on. \
        With CASCADE every table that references it is emptied too.\n\n\
        Delete what is no longer needed in batches.";
    H0304, "every row of a table is deleted",
        "`DELETE` without a condition, or with one that is true for every row.\n\n\
        All rows are gone, in one long transaction.\n\n\
        Say which rows; delete in batches.";
    H0305, "CASCADE drops more than the statement names",
        "`DROP … CASCADE`.\n\n\
        Whatever depends on it goes too, whatever that is on the day it runs: foreign keys \
        of other tables, views, defaults, with a type or domain whole columns.\n\n\
        Drop what depends on it by name, before it.";
    H0306, "a schema or database is dropped",
        "`DROP SCHEMA`, `DROP DATABASE`, `DROP OWNED`.\n\n\
        Everything in it is gone.\n\n\
        Never in a migration of a database in use.";
    H0307, "a change of type may lose part of the values",
        "`ALTER COLUMN … TYPE` to fewer digits, a smaller precision, a date without time, or \
        a smaller number. Text that does not fit is an error; digits and times are cut \
        without a word.\n\n\
        1.2346 becomes 1.23, a time of day is gone; what does not fit at all stops the \
        migration.\n\n\
        Look with a query for values that would change; keep the old column until nobody \
        needs it.";
    H0308, "a table gives up its rows at the next crash",
        "`SET UNLOGGED`, or `CREATE UNLOGGED TABLE`.\n\n\
        After a crash the table is empty; replicas never have its rows.\n\n\
        Only for rows that can be made again.";
    H0309, "a sequence is dropped",
        "`DROP SEQUENCE`.\n\n\
        The number it had reached is gone; with CASCADE so are the defaults that use it.\n\n\
        Drop the default first; keep the last value.";
    H0310, "a type, domain or extension is dropped",
        "`DROP TYPE`, `DROP DOMAIN`, `DROP EXTENSION`.\n\n\
        With CASCADE every column of the type is dropped with its values; without it the \
        statement fails while there is one.\n\n\
        Change the columns first, then drop it without CASCADE.";
}
