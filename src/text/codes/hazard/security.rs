//! Codes of hazards: rights and policies.

use crate::text::codes::codes;

codes! {
    H0801, "rights are given to everybody or all at once",
        "`GRANT … TO PUBLIC`, `GRANT ALL`, `WITH GRANT OPTION`.\n\n\
        More can be read or written than was meant, by roles made later too.\n\n\
        Name the privileges and the role.";
    H0802, "row security becomes weaker",
        "`DISABLE ROW LEVEL SECURITY`, `NO FORCE ROW LEVEL SECURITY`.\n\n\
        Every row is seen by everyone who may read the table, or by its owner.\n\n\
        Change policies instead.";
    H0803, "who sees which rows changes",
        "`CREATE`, `ALTER` or `DROP POLICY`, `ENABLE ROW LEVEL SECURITY`; a restrictive \
        policy takes rows away from everyone at once. With row security enabled and no \
        policy, nobody but the owner sees a row.\n\n\
        Running code sees other rows, or none.\n\n\
        Create the policies before row security is enabled, in one transaction.";
    H0804, "a trigger or rule is switched",
        "`DISABLE TRIGGER`, `ENABLE REPLICA TRIGGER`, `ENABLE ALWAYS TRIGGER`, the same of \
        rules; `DISABLE TRIGGER ALL` stops foreign keys too.\n\n\
        What the trigger did does not happen for rows written meanwhile, by anyone; writes \
        wait for the lock.\n\n\
        Let the trigger decide by a setting of the session; or `session_replication_role` \
        for the one session.";
    H0805, "a role or its rights change",
        "`ALTER ROLE`, `DROP ROLE`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`, `OWNER TO`.\n\n\
        Running sessions may lose rights that they use.\n\n\
        Grant the new rights first, revoke the old ones when nobody uses them.";
    H0806, "a routine changes how it runs",
        "`ALTER FUNCTION` of volatility, security, parallel safety or settings.\n\n\
        A function that indexes, generated columns or checks rely on may give other values \
        than those stored; one that becomes SECURITY DEFINER runs with its owner's rights.\n\n\
        A new function beside it.";
}
