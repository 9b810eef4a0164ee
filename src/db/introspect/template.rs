//! Expands the macros of catalog queries: version choice and the clauses that all kinds share.

use crate::kinds::common::SECRET;

/// Expands `{{…}}` for one major server version.
///
/// `{{14+ a | b}}`: `a` from major version 14 on, else `b`. `{{user n}}`: namespace alias `n` is
/// not PostgreSQL's own. `{{own pg_class c.oid}}`: not a member of an extension.
/// `{{options x}}`: a `text[]` of `name=value` as an object. `{{foreign_options x}}`: likewise, the values
/// of secrets replaced by [`SECRET`]. `{{sequence_options s}}`: options of
/// a `pg_sequence` row that are not at their default. `{{acl a | default | owner}}`: privileges
/// that are not the default ones. `{{grants a | owner}}`: all privileges of an ACL.
pub(super) fn expand(sql: &str, major: u32) -> String {
    let mut out = sql.to_owned();
    // Innermost first: the last opening before the first closing.
    while let Some(end) = out.find("}}") {
        let Some(start) = out[..end].rfind("{{") else { break };
        let replacement = one(out[start + 2..end].trim(), major);
        out.replace_range(start..end + 2, &replacement);
    }
    out
}

fn one(body: &str, major: u32) -> String {
    let (head, rest) = body.split_once(' ').unwrap_or((body, ""));
    let parts: Vec<&str> = rest.split(" | ").map(str::trim).collect();
    if let Some(version) = head.strip_suffix('+').and_then(|v| v.parse::<u32>().ok()) {
        let chosen = if major >= version { parts.first() } else { parts.get(1) };
        return (*chosen.unwrap_or(&"NULL")).to_owned();
    }
    match (head, parts.as_slice()) {
        ("user", [n]) => {
            format!("{n}.nspname !~ '^pg_' AND {n}.nspname <> 'information_schema'")
        }
        ("own", [target]) => {
            let (class, oid) = target.split_once(' ').unwrap_or((target, "oid"));
            format!(
                "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{class}'::regclass \
                 AND e.objid = {oid} AND e.deptype = 'e')"
            )
        }
        ("options", [x]) => format!(
            "(CASE WHEN {x} IS NOT NULL THEN (SELECT jsonb_object_agg(o.option_name, \
             o.option_value) FROM pg_options_to_table({x}) o) END)"
        ),
        ("foreign_options", [x]) => format!(
            "(CASE WHEN {x} IS NOT NULL THEN (SELECT jsonb_object_agg(o.option_name, CASE WHEN \
             o.option_name ~* '{SECRETS}' THEN '{SECRET}' ELSE o.option_value END) FROM \
             pg_options_to_table({x}) o) END)"
        ),
        ("sequence_options", [s]) => SEQUENCE_OPTIONS.replace("$s", s),
        ("acl", [acl, default, owner]) => format!(
            "CASE WHEN {acl} IS NOT NULL THEN (SELECT nullif(q.now, q.initial) FROM (SELECT \
             {} AS now, {} AS initial) q) END",
            privileges(acl, owner),
            privileges(default, owner)
        ),
        ("grants", [acl, owner]) => privileges(acl, owner),
        _ => unreachable!("unknown macro in a catalog query: {body}"),
    }
}

fn privileges(acl: &str, owner: &str) -> String {
    format!(
        "(SELECT coalesce(jsonb_agg(s.item ORDER BY s.item), '[]') FROM (SELECT CASE WHEN \
         g.grantee = {owner} THEN '$owner' WHEN g.grantee = 0 THEN 'PUBLIC' ELSE \
         pg_get_userbyid(g.grantee)::text END || '=' || string_agg(g.privilege_type || CASE WHEN \
         g.is_grantable THEN '*' ELSE '' END, ',' ORDER BY g.privilege_type) AS item FROM \
         aclexplode({acl}) g GROUP BY g.grantee) s)"
    )
}

/// Names of foreign options whose values are secrets and never leave the server.
const SECRETS: &str =
    "(password|passwd|passphrase|secret|token|credential|api_?key|access_?key|private_?key)";

/// Defaults as in `init_params` of sequence.c.
const SEQUENCE_OPTIONS: &str = "(SELECT jsonb_strip_nulls(jsonb_build_object(
    'increment', nullif($s.seqincrement, 1),
    'min', CASE WHEN $s.seqincrement > 0 THEN nullif($s.seqmin, 1) ELSE nullif($s.seqmin, b.low) END,
    'max', CASE WHEN $s.seqincrement > 0 THEN nullif($s.seqmax, b.high) ELSE nullif($s.seqmax, -1) END,
    'start', CASE WHEN $s.seqincrement > 0 THEN nullif($s.seqstart, $s.seqmin) ELSE nullif($s.seqstart, $s.seqmax) END,
    'cache', nullif($s.seqcache, 1),
    'cycle', nullif($s.seqcycle, false)))
  FROM (SELECT CASE $s.seqtypid WHEN 'int2'::regtype THEN -32768::int8 WHEN 'int4'::regtype THEN -2147483648 ELSE -9223372036854775808 END AS low,
               CASE $s.seqtypid WHEN 'int2'::regtype THEN 32767::int8 WHEN 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END AS high) b)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_asked_for() {
        let sql = expand("{{foreign_options m.umoptions}}", 15);
        assert!(sql.contains("~* '(password|") && sql.contains("THEN '********'"), "{sql}");
    }

    #[test]
    fn version_macros_choose() {
        assert_eq!(expand("a {{15+ x || y | NULL}} b", 15), "a x || y b");
        assert_eq!(expand("a {{15+ x | NULL}} b", 14), "a NULL b");
        assert_eq!(expand("{{18+ x}}", 13), "NULL");
    }
}
