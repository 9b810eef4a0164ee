//! What it takes to cast a column's values to another type.

/// ` USING …` where PostgreSQL has no assignment cast between two types, or nothing.
///
/// An assignment cast is preferred where there is one: it refuses a value that does not fit, where
/// an explicit cast to `varchar(5)` would cut it.
pub(crate) fn using(column: &str, from: &str, to: &str) -> String {
    if assignable(from, to) {
        return String::new();
    }
    let (from, list) = element(from);
    let (_, to_list) = element(to);
    if list != to_list {
        // A value becomes a list of one; a list becomes its first value.
        return if to_list {
            format!(" USING CASE WHEN {column} IS NULL THEN NULL ELSE ARRAY[{column}]::{to} END")
        } else {
            format!(" USING {column}[1]::{to}")
        };
    }
    match (family(from), family(to)) {
        // pg_cast knows boolean and integer only.
        (Some("boolean"), Some("number")) if !list => {
            return format!(" USING {column}::integer::{to}");
        }
        (Some("number"), Some("boolean")) if !list => return format!(" USING {column} <> 0"),
        _ => {}
    }
    let explicit = family(from) == Some("string");
    let text = if list { "text[]" } else { "text" };
    if explicit {
        format!(" USING {column}::{to}")
    } else {
        format!(" USING {column}::{text}::{to}")
    }
}

/// Whether PostgreSQL casts by itself when one type is assigned to the other (`pg_cast`, and the
/// automatic I/O conversion to strings).
pub(crate) fn assignable(from: &str, to: &str) -> bool {
    let ((from, a), (to, b)) = (element(from), element(to));
    if a != b {
        return family(to) == Some("string") && !b;
    }
    let (from_family, to_family) = (family(from), family(to));
    base_name(from) == base_name(to)
        || to_family == Some("string")
        || from_family.is_some() && from_family == to_family
}

/// The expression that casts a value as [`using`] does.
pub(crate) fn expression(value: &str, from: &str, to: &str) -> String {
    let using = using(value, from, to);
    match using.strip_prefix(" USING ") {
        Some(expression) => format!("({expression})"),
        None => format!("({value}::{to})"),
    }
}

/// Whether every value of one type is one of the other.
pub(crate) fn widens(from: &str, to: &str) -> bool {
    const NUMBERS: &[&str] = &["smallint", "integer", "bigint", "numeric"];
    let place = |name: &str| NUMBERS.iter().position(|n| *n == name);
    let limit = |name: &str| {
        let digits = name.split_once('(')?.1.split_once(')')?.0;
        digits.parse::<u32>().ok()
    };
    if to == "text" || to == "character varying" {
        return family(from) == Some("string") || !from.ends_with("[]");
    }
    if base_name(from) == "character varying" && base_name(to) == "character varying" {
        return matches!((limit(from), limit(to)), (Some(a), Some(b)) if a <= b);
    }
    matches!((place(from), place(to)), (Some(a), Some(b)) if a <= b)
}

/// Whether it is a type of text.
pub(crate) fn is_string(name: &str) -> bool {
    family(name) == Some("string")
}

fn element(name: &str) -> (&str, bool) {
    let bare = name.trim_end_matches("[]");
    (bare, bare.len() != name.len())
}

/// The name without its modifier: `numeric(10,2)` → `numeric`, `timestamp(3) with time zone` →
/// `timestamp`.
fn base_name(name: &str) -> &str {
    name.split('(').next().unwrap_or(name).trim()
}

fn family(name: &str) -> Option<&'static str> {
    Some(match base_name(name) {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "number",
        "text" | "character varying" | "character" | "\"char\"" | "name" => "string",
        "date" | "timestamp" | "timestamp without time zone" | "timestamp with time zone" => {
            "moment"
        }
        "time" | "time without time zone" | "time with time zone" => "time",
        "json" | "jsonb" => "json",
        "inet" | "cidr" => "network",
        "bit" | "bit varying" => "bits",
        "boolean" => "boolean",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignment_casts_need_no_using() {
        for (from, to) in [
            ("integer", "bigint"),
            ("bigint", "integer"),
            ("integer", "text"),
            ("text", "character varying(20)"),
            ("timestamp(3) without time zone", "timestamp(3) with time zone"),
            ("public.mood", "text"),
            ("json", "jsonb"),
        ] {
            assert_eq!(using("c", from, to), "", "{from} to {to}");
        }
    }

    #[test]
    fn other_casts_are_spelled() {
        assert_eq!(using("c", "text", "integer"), " USING c::integer");
        assert_eq!(using("c", "text", "public.mood"), " USING c::public.mood");
        assert_eq!(using("c", "public.a", "public.b"), " USING c::text::public.b");
        assert_eq!(using("c", "text[]", "public.mood[]"), " USING c::public.mood[]");
    }
}
