//! Codes of hazards: changes that break running code.

use crate::text::codes::codes;

codes! {
    H0501, "a table gets another name while code uses the old one",
        "`ALTER TABLE … RENAME TO` of a table that was there before the script, without a \
        view that keeps the old name.\n\n\
        Code that is running uses the old name until it is replaced; code that is started \
        before the migration uses the new one too early.\n\n\
        In the same transaction create a view with the old name, which INSERT and UPDATE \
        accept too; drop it when nobody uses it.";
    H0502, "a column gets another name while code uses the old one",
        "`RENAME COLUMN` of a column that was there before the script.\n\n\
        Running code fails at its next query; functions whose body is text fail when they \
        are called.\n\n\
        Add the new column, keep both filled by a trigger, move the readers, drop the old \
        one; or rename the table and give a view the old names.";
    H0503, "an object moves to another schema while code uses the old one",
        "`SET SCHEMA`, or `ALTER SCHEMA … RENAME`.\n\n\
        Code and functions that qualify the old name fail; others find it or not by their \
        search path.\n\n\
        Create it in the new place, leave a view or wrapper in the old one until nobody uses \
        it.";
    H0504, "unfilled rows can no longer be updated",
        "A check added `NOT VALID` (or `NOT NULL … NOT VALID`, 18) in the migration that adds \
        the column it speaks of, before the rows are filled.\n\n\
        `NOT VALID` spares the old rows only until they change: an UPDATE of any other \
        column of such a row fails.\n\n\
        Order: default for new rows, fill the old ones, then add it `NOT VALID`, then \
        validate.";
    H0505, "writes that were accepted are refused from now on",
        "`SET NOT NULL`, a new CHECK, UNIQUE, FOREIGN KEY or EXCLUDE on a table in use, or a \
        default dropped from a required column.\n\n\
        Running code that writes otherwise fails.\n\n\
        Deploy the code that writes it rightly first.";
    H0506, "readers may meet NULL from now on",
        "`DROP NOT NULL`.\n\n\
        Running code that takes the value for granted fails at the first NULL.\n\n\
        Deploy the code that handles NULL first.";
    H0507, "new rows get another value than running code expects",
        "`SET DEFAULT` or `DROP DEFAULT` on a column in use.\n\n\
        Rows written by running code before and after differ; without a default a required \
        column refuses INSERTs that leave it out.\n\n\
        Deploy the code that writes the value itself first.";
    H0508, "a default is given and taken away again",
        "`ADD COLUMN … NOT NULL DEFAULT …` followed by `DROP DEFAULT` in the same script, as \
        some frameworks write it.\n\n\
        Code that does not know the column yet can no longer insert rows.\n\n\
        Keep the default until the old code is gone.";
    H0509, "a value of an enum gets another name while code uses the old one",
        "`ALTER TYPE … RENAME VALUE`.\n\n\
        Code that writes or compares the old name fails; what it has read before is wrong.\n\n\
        Add the new value, move the rows and the code, stop using the old one.";
    H0510, "an object gets another name while code uses the old one",
        "`RENAME` of a view, function, type, sequence, index, constraint, trigger, role and \
        the like.\n\n\
        Code and functions that use the old name fail.\n\n\
        Create it under the new name beside the old one; drop the old one later.";
    H0511, "a view or routine changes under running code",
        "`CREATE OR REPLACE` of a view, function, procedure, trigger, rule or aggregate, \
        `ALTER` of a routine or view, `SET EXPRESSION` of a column.\n\n\
        Running code gets other results at once, before or after its own deploy.\n\n\
        Make a new one beside it when old and new code need different ones.";
    H0512, "a constraint is dropped",
        "`DROP CONSTRAINT`, also of a domain, or `NOT ENFORCED`.\n\n\
        Nothing keeps wrong rows out from then on, and adding it again means verifying every \
        row. `ON CONFLICT` that names its columns fails without a unique one.\n\n\
        Add its replacement first, then drop it.";
    H0513, "an index is dropped that queries may need",
        "`DROP INDEX`.\n\n\
        Queries that used it read the whole table; under load that is an outage.\n\n\
        Look at `pg_stat_user_indexes`; build the replacement first and drop the old one \
        last.";
    H0514, "a view, routine, trigger, policy or the like is dropped",
        "`DROP` of something else than a table, column, sequence, type or schema.\n\n\
        Code that uses it fails; what a trigger or policy did no longer happens.\n\n\
        Deploy the code that no longer uses it first.";
    H0515, "a column of type json breaks DISTINCT and GROUP BY",
        "`ADD COLUMN … json`.\n\n\
        json has no equality operator: `SELECT DISTINCT` and `UNION` over the table fail \
        where they worked before.\n\n\
        jsonb.";
    H0516, "a column is added to a table in use",
        "`ADD COLUMN`.\n\n\
        Prepared `SELECT *` and `RETURNING *` fail once with `cached plan must not change \
        result type`, and code that unpacks rows by position meets one more.\n\n\
        Name columns in queries; let clients prepare again.";
    H0517, "a composite type changes under running code",
        "`ALTER TYPE … ALTER ATTRIBUTE`, `DROP ATTRIBUTE`, `ADD ATTRIBUTE`, `RENAME \
        ATTRIBUTE`.\n\n\
        Code that reads the old shape fails; where a table uses the type, altering an \
        attribute is refused.\n\n\
        A new type beside it.";
    H0518, "logical replication changes",
        "`REPLICA IDENTITY`, or tables added to, set or dropped from a publication, or a \
        subscription altered.\n\n\
        Subscribers get other rows or columns, or stop: without an identity UPDATE and \
        DELETE of a published table fail.\n\n\
        Change subscribers first; `REPLICA IDENTITY USING INDEX` before the primary key \
        goes.";
    H0519, "code meets another type in a column",
        "`ALTER COLUMN … TYPE`, of a foreign table too.\n\n\
        Code that is running reads and writes the old type; prepared statements that return \
        the column fail once with `cached plan must not change result type`.\n\n\
        Add a column of the new type and move the code to it, unless clients read both types \
        alike.";
}
