//! What a change of a column's type costs: nothing, new indexes, or a rewrite of the table.

use super::{Column, Known, Type};
use crate::sql::{
    expr,
    tree::{Expr, TypeName},
};

/// What PostgreSQL does with the rows when a column changes its type
/// (tablecmds.c, `ATColumnChangeRequiresRewrite`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// The stored values stay as they are.
    Free,
    /// Free where `TimeZone` is UTC, a rewrite elsewhere.
    FreeInUtc,
    /// Every row is written anew.
    Rewrite,
    /// There is no cast that an assignment may use and no `USING`.
    Impossible,
    /// The type of the column is not known.
    Unknown,
}

/// Judges `ALTER COLUMN … TYPE to USING using`.
pub(crate) fn conversion(
    known: &Known,
    column: Option<&Column>,
    name: &str,
    to: &TypeName,
    using: Option<&Expr>,
) -> Conversion {
    let chain = match using {
        None => Vec::new(),
        Some(using) => match expr::cast_chain(&using.text) {
            Some((column, chain)) if column == name => chain,
            // Any other expression is computed for every row.
            _ => return Conversion::Rewrite,
        },
    };
    let from = column.and_then(|c| c.type_name.as_ref());
    let Some(from) = from else {
        // `USING x::text::md`: the last step can be judged even so.
        return match chain.as_slice() {
            [.., before, last] => worse(step(known, before, last), step(known, last, to)),
            _ => Conversion::Unknown,
        };
    };
    let explicit = !chain.is_empty();
    let mut at = from.clone();
    let mut cost = Conversion::Free;
    for next in chain.iter().chain([to]) {
        cost = worse(cost, step(known, &at, next));
        // Under a cast a new modifier is only known where the cast gave it.
        at = next.clone();
    }
    if cost == Conversion::Rewrite && !explicit && !assignable(known, from, to) {
        return Conversion::Impossible;
    }
    cost
}

fn worse(a: Conversion, b: Conversion) -> Conversion {
    let rank = |c: &Conversion| match c {
        Conversion::Free => 0,
        Conversion::FreeInUtc => 1,
        Conversion::Unknown => 2,
        Conversion::Rewrite => 3,
        Conversion::Impossible => 4,
    };
    if rank(&a) >= rank(&b) { a } else { b }
}

/// One cast.
fn step(known: &Known, from: &TypeName, to: &TypeName) -> Conversion {
    if from.array || to.array {
        let same = from.array == to.array
            && from.name == to.name
            && from.modifiers == to.modifiers
            && from.schema == to.schema;
        return if same { Conversion::Free } else { Conversion::Rewrite };
    }
    let (source, target) = (base(known, from), base(known, to));
    let domain = match known.type_of(to) {
        Some(Type::Domain { constrained, .. }) if !same_type(known, from, to) => *constrained,
        _ => false,
    };
    if domain {
        return Conversion::Rewrite;
    }
    let zone = matches!(
        (source.name.as_str(), target.name.as_str()),
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp")
    );
    if same_type(known, &source, &target) {
        let kept = modifiers_fit(&target.name, &source.modifiers, &target.modifiers);
        return if kept { Conversion::Free } else { Conversion::Rewrite };
    }
    if zone {
        // The result of the conversion has no precision of its own that could be compared.
        let kept = known.version >= 12 && modifiers_fit("timestamp", &[], &target.modifiers);
        return if kept { Conversion::FreeInUtc } else { Conversion::Rewrite };
    }
    if coercible(&source.name, &target.name) && target.modifiers.is_empty() {
        Conversion::Free
    } else {
        Conversion::Rewrite
    }
}

fn same_type(known: &Known, a: &TypeName, b: &TypeName) -> bool {
    let place = |t: &TypeName| t.schema.clone().or_else(|| known.search_path.first().cloned());
    a.name == b.name && (a.schema == b.schema || place(a) == place(b))
}

/// The type under a domain.
fn base(known: &Known, name: &TypeName) -> TypeName {
    let mut at = name.clone();
    for _ in 0..8 {
        match known.type_of(&at) {
            Some(Type::Domain { base, .. }) => at = base.clone(),
            _ => break,
        }
    }
    at
}

/// Whether values of one type are stored as values of the other are (`pg_cast.castmethod = 'b'`,
/// with those of citext).
pub(crate) fn coercible(from: &str, to: &str) -> bool {
    let oid = |name: &str| name == "oid" || name == "int4" || name.starts_with("reg");
    match (from, to) {
        ("text" | "varchar", "text" | "varchar" | "bpchar" | "citext") => true,
        ("citext" | "xml", "text" | "varchar" | "bpchar") => true,
        ("cidr", "inet") | ("bit", "varbit") | ("varbit", "bit") => true,
        (from, to) => oid(from) && oid(to),
    }
}

/// Whether a value with the first modifiers can be taken as one with the second without looking at
/// it: the support functions of varchar, numeric, varbit, timestamps, times and intervals.
fn modifiers_fit(name: &str, from: &[String], to: &[String]) -> bool {
    if from == to || to.is_empty() {
        return true;
    }
    let number = |list: &[String], at: usize| list.get(at).and_then(|m| m.parse::<i64>().ok());
    let (old, new) = (number(from, 0), number(to, 0));
    match name {
        "varchar" | "varbit" => old.zip(new).is_some_and(|(old, new)| old <= new),
        "numeric" => {
            let scale = |list: &[String]| number(list, 1).unwrap_or(0);
            old.zip(new).is_some_and(|(old, new)| old <= new && scale(from) == scale(to))
        }
        "timestamp" | "timestamptz" | "time" | "timetz" => {
            new == Some(6) || old.zip(new).is_some_and(|(old, new)| old <= new)
        }
        "interval" => match (old, new) {
            (_, Some(6)) => from.iter().all(|m| m.parse::<i64>().is_ok()),
            (Some(old), Some(new)) => old <= new,
            _ => false,
        },
        _ => false,
    }
}

/// Whether an assignment may convert without `USING`, as far as is known; what is not known may.
fn assignable(known: &Known, from: &TypeName, to: &TypeName) -> bool {
    if from.array != to.array {
        return !(from.array || is_builtin(&from.name)) || text_like(&to.name) && !to.array;
    }
    let (source, target) = (base(known, from), base(known, to));
    if source.name == target.name
        || text_like(&target.name)
        || coercible(&source.name, &target.name)
    {
        return true;
    }
    // Only text comes as anything else by its input function, and only where that is asked for.
    if text_like(&source.name) {
        let into_enum = known.type_of(&target).is_some_and(|t| !matches!(t, Type::Domain { .. }));
        let ways = matches!(target.name.as_str(), "name" | "xml" | "regclass" | "citext");
        return ways || !(is_builtin(&target.name) || into_enum || target.name == "ltree");
    }
    if !(is_builtin(&source.name) && is_builtin(&target.name)) {
        let is_enum = known.type_of(&source).is_some_and(|t| matches!(t, Type::Enum { .. }));
        let refused = is_enum || source.name == "hstore" && target.name == "jsonb";
        return !refused;
    }
    let family = |name: &str| match name {
        "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" => 1,
        "date" | "timestamp" | "timestamptz" => 2,
        "time" | "timetz" => 3,
        "json" | "jsonb" => 4,
        "inet" | "cidr" => 5,
        "macaddr" | "macaddr8" => 6,
        "bit" | "varbit" => 7,
        _ => 0,
    };
    let (a, b) = (source.name.as_str(), target.name.as_str());
    let extra = matches!(
        (a, b),
        ("int4" | "int8" | "numeric", "money")
            | ("money", "numeric")
            | ("int2" | "int8", "oid")
            | ("oid", "int8")
            | ("timestamp" | "timestamptz", "time")
            | ("timestamptz", "timetz")
            | ("time", "interval")
            | ("interval", "time")
            | ("int4range", "int4multirange")
    );
    extra || family(a) != 0 && family(a) == family(b)
}

fn text_like(name: &str) -> bool {
    matches!(name, "text" | "varchar" | "bpchar" | "citext")
}

fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "int2"
            | "int4"
            | "int8"
            | "float4"
            | "float8"
            | "numeric"
            | "bool"
            | "text"
            | "varchar"
            | "bpchar"
            | "name"
            | "bytea"
            | "date"
            | "time"
            | "timetz"
            | "timestamp"
            | "timestamptz"
            | "interval"
            | "json"
            | "jsonb"
            | "uuid"
            | "inet"
            | "cidr"
            | "macaddr"
            | "macaddr8"
            | "bit"
            | "varbit"
            | "xml"
            | "money"
            | "oid"
            | "tsvector"
            | "tsquery"
            | "point"
            | "line"
            | "lseg"
            | "box"
            | "path"
            | "polygon"
            | "circle"
            | "int4range"
            | "int8range"
            | "numrange"
            | "tsrange"
            | "tstzrange"
            | "daterange"
    )
}

/// The operator class that a type uses by default, by a name that two types share where an index
/// survives the change from one to the other.
pub(crate) fn class_of(known: &Known, name: &TypeName) -> String {
    let base = base(known, name);
    match base.name.as_str() {
        "text" | "varchar" => "text".to_owned(),
        "inet" | "cidr" => "inet".to_owned(),
        name if name.starts_with("reg") => "oid".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read::type_name_of;

    #[track_caller]
    fn judge(from: &str, to: &str) -> Conversion {
        let known = Known::nothing(17);
        let column = Column { type_name: type_name_of(from), ..Column::default() };
        let to = type_name_of(to).expect("a type");
        conversion(&known, Some(&column), "x", &to, None)
    }

    #[test]
    fn widening_is_free() {
        for (from, to) in [
            ("varchar(50)", "varchar(100)"),
            ("varchar(50)", "text"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("timestamp(3)", "timestamp"),
            ("timestamptz(3)", "timestamptz(6)"),
            ("timestamp", "timestamp(6)"),
            ("varchar(50)", "bpchar"),
            ("cidr", "inet"),
            ("interval(3)", "interval"),
            ("interval day to second", "interval"),
        ] {
            assert_eq!(judge(from, to), Conversion::Free, "{from} to {to}");
        }
    }

    #[test]
    fn everything_else_is_a_rewrite() {
        for (from, to) in [
            ("text", "varchar(100)"),
            ("varchar(50)", "varchar(20)"),
            ("char(10)", "char(20)"),
            ("char(10)", "text"),
            ("int", "bigint"),
            ("numeric(10,2)", "numeric(12,4)"),
            ("timestamp", "timestamp(3)"),
            ("timestamp(3)", "timestamptz(3)"),
            ("varchar(50)[]", "text[]"),
            ("bit(8)", "varbit(8)"),
            ("interval", "interval(3)"),
        ] {
            assert_eq!(judge(from, to), Conversion::Rewrite, "{from} to {to}");
        }
        assert_eq!(judge("timestamp(3)", "timestamptz"), Conversion::FreeInUtc);
        assert_eq!(judge("text", "int"), Conversion::Impossible);
    }
}
