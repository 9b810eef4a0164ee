//! Types of PostgreSQL as types of the model language.

/// A built-in type, with the native type where it is not the one that goes without saying.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ModelType {
    pub(crate) scalar: &'static str,
    pub(crate) native: Option<(&'static str, Vec<u32>)>,
}

/// What a type as `format_type` spells it is in the model language, if it has a name there.
pub(crate) fn model_type(sql: &str) -> Option<ModelType> {
    let (base, args, zone) = split(sql)?;
    let exact = |scalar, native: Option<&'static str>, allowed: usize| {
        let native = native.map(|name| (name, args.clone()));
        (args.len() <= allowed).then_some(ModelType { scalar, native })
    };
    match (base, zone) {
        ("smallint", "") => exact("Int", Some("SmallInt"), 0),
        ("integer", "") => exact("Int", None, 0),
        ("oid", "") => exact("Int", Some("Oid"), 0),
        ("bigint", "") => exact("BigInt", None, 0),
        ("real", "") => exact("Float", Some("Real"), 0),
        ("double precision", "") => exact("Float", None, 0),
        ("numeric", "") if args == [65, 30] => exact("Decimal", None, 2),
        ("numeric", "") if args.len() != 1 => exact("Decimal", Some("Decimal"), 2),
        ("money", "") => exact("Decimal", Some("Money"), 0),
        ("boolean", "") => exact("Boolean", None, 0),
        ("text", "") => exact("String", None, 0),
        ("character varying", "") => exact("String", Some("VarChar"), 1),
        ("character", "") if args.len() == 1 => exact("String", Some("Char"), 1),
        ("public.citext", "") => exact("String", Some("Citext"), 0),
        ("uuid", "") => exact("String", Some("Uuid"), 0),
        ("xml", "") => exact("String", Some("Xml"), 0),
        ("inet", "") => exact("String", Some("Inet"), 0),
        ("bit", "") if args.len() == 1 => exact("String", Some("Bit"), 1),
        ("bit varying", "") => exact("String", Some("VarBit"), 1),
        ("bytea", "") => exact("Bytes", None, 0),
        ("json", "") => exact("Json", Some("Json"), 0),
        ("jsonb", "") => exact("Json", None, 0),
        ("date", "") => exact("DateTime", Some("Date"), 0),
        ("timestamp", "without time zone") if args == [3] => exact("DateTime", None, 1),
        ("timestamp", "without time zone") => exact("DateTime", Some("Timestamp"), 1),
        ("timestamp", "with time zone") => exact("DateTime", Some("Timestamptz"), 1),
        ("time", "without time zone") => exact("DateTime", Some("Time"), 1),
        ("time", "with time zone") => exact("DateTime", Some("Timetz"), 1),
        _ => None,
    }
}

/// `timestamp(3) without time zone` → `timestamp`, `[3]`, `without time zone`.
fn split(sql: &str) -> Option<(&str, Vec<u32>, &str)> {
    if let Some((base, rest)) = sql.split_once('(') {
        let (inner, zone) = rest.split_once(')')?;
        let args: Option<Vec<u32>> = inner.split(',').map(|n| n.parse().ok()).collect();
        return Some((base, args?, zone.trim()));
    }
    for zone in ["without time zone", "with time zone"] {
        if let Some(base) = sql.strip_suffix(zone) {
            return Some((base.trim_end(), Vec::new(), zone));
        }
    }
    Some((sql, Vec::new(), ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let found = model_type(sql).map_or("-".to_owned(), |t| match t.native {
            Some((name, args)) => format!("{} {name}{args:?}", t.scalar),
            None => t.scalar.to_owned(),
        });
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn types_have_their_names_in_the_model() {
        check("integer", "Int");
        check("numeric", "Decimal Decimal[]");
        check("numeric(10,2)", "Decimal Decimal[10, 2]");
        check("numeric(5,-2)", "-");
        check("numeric(65,30)", "Decimal");
        check("timestamp(3) without time zone", "DateTime");
        check("timestamp without time zone", "DateTime Timestamp[]");
        check("timestamp(6) with time zone", "DateTime Timestamptz[6]");
        check("character varying(20)", "String VarChar[20]");
        check("interval", "-");
        check("interval(3)", "-");
        check("public.mood", "-");
        check("bpchar", "-");
    }
}
