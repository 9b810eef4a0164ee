//! Operator classes that Prisma knows, and which fields and index types each is for.

use super::{
    FieldType, IndexAlgorithm, IndexKind, Key, KeyPart, OpClass, Scalar, TableId,
    context::{Context, list_names},
};
use crate::{
    syntax::ast::Arity,
    text::{Diagnostic, Span, code},
};

/// What is known about an operator class.
#[derive(Debug)]
pub(super) struct OpClassInfo {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
    algorithms: &'static [IndexAlgorithm],
    fits: Fits,
}

/// Which fields a class is for.
#[derive(Clone, Copy, Debug)]
struct Fits {
    /// The built-in type of the field; none for lists.
    scalar: Option<Scalar>,
    /// The native types of the field.
    natives: &'static [&'static str],
    /// Whether a field without a native type is stored as one of them.
    by_default: bool,
}

const fn fits(scalar: Scalar, natives: &'static [&'static str], by_default: bool) -> Fits {
    Fits { scalar: Some(scalar), natives, by_default }
}

const INET: Fits = fits(Scalar::String, &["Inet"], false);
const JSONB: Fits = fits(Scalar::Json, &["JsonB"], true);
const LIST: Fits = Fits { scalar: None, natives: &[], by_default: true };
const TEXT: Fits = fits(Scalar::String, &["Text", "VarChar"], true);
const BIT: Fits = fits(Scalar::String, &["Bit"], false);
const VARBIT: Fits = fits(Scalar::String, &["VarBit"], false);
const CHAR: Fits = fits(Scalar::String, &["Char"], false);
const BYTEA: Fits = fits(Scalar::Bytes, &["ByteA"], true);
const DATE: Fits = fits(Scalar::DateTime, &["Date"], false);
const REAL: Fits = fits(Scalar::Float, &["Real"], false);
const DOUBLEPRECISION: Fits = fits(Scalar::Float, &["DoublePrecision"], true);
const SMALLINT: Fits = fits(Scalar::Int, &["SmallInt"], false);
const INTEGER: Fits = fits(Scalar::Int, &["Integer"], true);
const BIGINT: Fits = fits(Scalar::BigInt, &["BigInt"], true);
const DECIMAL: Fits = fits(Scalar::Decimal, &["Decimal"], true);
const OID: Fits = fits(Scalar::Int, &["Oid"], false);
const TIMESTAMP: Fits = fits(Scalar::DateTime, &["Timestamp"], true);
const TIMESTAMPTZ: Fits = fits(Scalar::DateTime, &["Timestamptz"], false);
const TIME: Fits = fits(Scalar::DateTime, &["Time"], false);
const TIMETZ: Fits = fits(Scalar::DateTime, &["Timetz"], false);
const UUID: Fits = fits(Scalar::String, &["Uuid"], false);

const GIN: &[IndexAlgorithm] = &[IndexAlgorithm::Gin];
const BRIN: &[IndexAlgorithm] = &[IndexAlgorithm::Brin];
const SP_GIST: &[IndexAlgorithm] = &[IndexAlgorithm::SpGist];
const GIST_OR_SP_GIST: &[IndexAlgorithm] = &[IndexAlgorithm::Gist, IndexAlgorithm::SpGist];

const fn class(
    name: &'static str,
    sql: &'static str,
    algorithms: &'static [IndexAlgorithm],
    fits: Fits,
) -> OpClassInfo {
    OpClassInfo { name, sql, algorithms, fits }
}

const CLASSES: &[OpClassInfo] = &[
    class("InetOps", "inet_ops", GIST_OR_SP_GIST, INET),
    class("JsonbOps", "jsonb_ops", GIN, JSONB),
    class("JsonbPathOps", "jsonb_path_ops", GIN, JSONB),
    class("ArrayOps", "array_ops", GIN, LIST),
    class("TextOps", "text_ops", SP_GIST, TEXT),
    class("BitMinMaxOps", "bit_minmax_ops", BRIN, BIT),
    class("VarBitMinMaxOps", "varbit_minmax_ops", BRIN, VARBIT),
    class("BpcharBloomOps", "bpchar_bloom_ops", BRIN, CHAR),
    class("BpcharMinMaxOps", "bpchar_minmax_ops", BRIN, CHAR),
    class("ByteaBloomOps", "bytea_bloom_ops", BRIN, BYTEA),
    class("ByteaMinMaxOps", "bytea_minmax_ops", BRIN, BYTEA),
    class("DateBloomOps", "date_bloom_ops", BRIN, DATE),
    class("DateMinMaxOps", "date_minmax_ops", BRIN, DATE),
    class("DateMinMaxMultiOps", "date_minmax_multi_ops", BRIN, DATE),
    class("Float4BloomOps", "float4_bloom_ops", BRIN, REAL),
    class("Float4MinMaxOps", "float4_minmax_ops", BRIN, REAL),
    class("Float4MinMaxMultiOps", "float4_minmax_multi_ops", BRIN, REAL),
    class("Float8BloomOps", "float8_bloom_ops", BRIN, DOUBLEPRECISION),
    class("Float8MinMaxOps", "float8_minmax_ops", BRIN, DOUBLEPRECISION),
    class("Float8MinMaxMultiOps", "float8_minmax_multi_ops", BRIN, DOUBLEPRECISION),
    class("InetInclusionOps", "inet_inclusion_ops", BRIN, INET),
    class("InetBloomOps", "inet_bloom_ops", BRIN, INET),
    class("InetMinMaxOps", "inet_minmax_ops", BRIN, INET),
    class("InetMinMaxMultiOps", "inet_minmax_multi_ops", BRIN, INET),
    class("Int2BloomOps", "int2_bloom_ops", BRIN, SMALLINT),
    class("Int2MinMaxOps", "int2_minmax_ops", BRIN, SMALLINT),
    class("Int2MinMaxMultiOps", "int2_minmax_multi_ops", BRIN, SMALLINT),
    class("Int4BloomOps", "int4_bloom_ops", BRIN, INTEGER),
    class("Int4MinMaxOps", "int4_minmax_ops", BRIN, INTEGER),
    class("Int4MinMaxMultiOps", "int4_minmax_multi_ops", BRIN, INTEGER),
    class("Int8BloomOps", "int8_bloom_ops", BRIN, BIGINT),
    class("Int8MinMaxOps", "int8_minmax_ops", BRIN, BIGINT),
    class("Int8MinMaxMultiOps", "int8_minmax_multi_ops", BRIN, BIGINT),
    class("NumericBloomOps", "numeric_bloom_ops", BRIN, DECIMAL),
    class("NumericMinMaxOps", "numeric_minmax_ops", BRIN, DECIMAL),
    class("NumericMinMaxMultiOps", "numeric_minmax_multi_ops", BRIN, DECIMAL),
    class("OidBloomOps", "oid_bloom_ops", BRIN, OID),
    class("OidMinMaxOps", "oid_minmax_ops", BRIN, OID),
    class("OidMinMaxMultiOps", "oid_minmax_multi_ops", BRIN, OID),
    class("TextBloomOps", "text_bloom_ops", BRIN, TEXT),
    class("TextMinMaxOps", "text_minmax_ops", BRIN, TEXT),
    class("TimestampBloomOps", "timestamp_bloom_ops", BRIN, TIMESTAMP),
    class("TimestampMinMaxOps", "timestamp_minmax_ops", BRIN, TIMESTAMP),
    class("TimestampMinMaxMultiOps", "timestamp_minmax_multi_ops", BRIN, TIMESTAMP),
    class("TimestampTzBloomOps", "timestamptz_bloom_ops", BRIN, TIMESTAMPTZ),
    class("TimestampTzMinMaxOps", "timestamptz_minmax_ops", BRIN, TIMESTAMPTZ),
    class("TimestampTzMinMaxMultiOps", "timestamptz_minmax_multi_ops", BRIN, TIMESTAMPTZ),
    class("TimeBloomOps", "time_bloom_ops", BRIN, TIME),
    class("TimeMinMaxOps", "time_minmax_ops", BRIN, TIME),
    class("TimeMinMaxMultiOps", "time_minmax_multi_ops", BRIN, TIME),
    class("TimeTzBloomOps", "timetz_bloom_ops", BRIN, TIMETZ),
    class("TimeTzMinMaxOps", "timetz_minmax_ops", BRIN, TIMETZ),
    class("TimeTzMinMaxMultiOps", "timetz_minmax_multi_ops", BRIN, TIMETZ),
    class("UuidBloomOps", "uuid_bloom_ops", BRIN, UUID),
    class("UuidMinMaxOps", "uuid_minmax_ops", BRIN, UUID),
    class("UuidMinMaxMultiOps", "uuid_minmax_multi_ops", BRIN, UUID),
];

/// Looks a class up by its name in the model.
pub(super) fn find(name: &str) -> Option<&'static OpClassInfo> {
    CLASSES.iter().find(|c| c.name == name)
}

/// The names of all classes.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|c| c.name)
}

/// Checks the classes and types of the fields of an index against its type.
pub(super) fn check_index(ctx: &mut Context<'_>, id: TableId, key: &Key) {
    let span = ctx.attribute_span(key.attribute);
    let algorithm = key.algorithm.unwrap_or(IndexAlgorithm::BTree);
    if algorithm == IndexAlgorithm::SpGist && key.columns.len() > 1 {
        let message = "an SP-GiST index is over one field";
        ctx.error(&code::E0309, span, message);
    }
    if algorithm == IndexAlgorithm::Hash && key.columns.len() > 1 {
        // Prisma lets it pass; PostgreSQL refuses to create it.
        ctx.error(&code::E0309, span, "a hash index is over one field");
    }
    for column in &key.columns {
        let KeyPart::Field(field) = column.part else { continue };
        if algorithm == IndexAlgorithm::Hash && column.sort.is_some() {
            ctx.error(&code::E0309, span, "a hash index has no sort order");
        }
        match &column.ops {
            Some(OpClass::Raw(_)) => {}
            Some(OpClass::Known { name, .. }) => {
                if let Some(info) = find(name) {
                    check_class(ctx, (id, field), span, algorithm, info);
                }
            }
            None => check_default_class(ctx, (id, field), span, algorithm),
        }
    }
}

fn check_class(
    ctx: &mut Context<'_>,
    (id, field): (TableId, usize),
    span: Span,
    algorithm: IndexAlgorithm,
    info: &OpClassInfo,
) {
    let field = &ctx.model.tables[id.0].fields[field];
    let (name, field_name) = (info.name, field.name.as_str());
    let message = if !info.algorithms.contains(&algorithm) {
        let fitting: Vec<_> = info.algorithms.iter().map(|a| a.name()).collect();
        let message =
            format!("operator class `{name}` is not for indexes of type `{}`", algorithm.name());
        let help = format!("it is for {}", list_names(&fitting));
        ctx.push(Diagnostic::error(&code::E0308, span, message).help(help));
        return;
    } else if let FieldType::Unsupported(_) = field.kind {
        return;
    } else if info.fits.scalar.is_none() {
        if field.arity == Arity::List {
            return;
        }
        format!("operator class `{name}` is for lists, and `{field_name}` is none")
    } else {
        let FieldType::Scalar(scalar, native) = &field.kind else {
            let message = format!("operator class `{name}` does not fit field `{field_name}`");
            ctx.error(&code::E0308, span, message);
            return;
        };
        let stored = native.as_ref().map(|n| n.name);
        match stored {
            Some(native) if info.fits.natives.contains(&native) => return,
            None if info.fits.by_default && info.fits.scalar == Some(*scalar) => return,
            Some(native) => format!(
                "operator class `{name}` does not fit native type `{native}` of `{field_name}`"
            ),
            None => format!(
                "operator class `{name}` does not fit field `{field_name}` of type `{}`",
                scalar.name()
            ),
        }
    };
    let help = info.fits.scalar.map(|scalar| match info.fits.natives {
        [native] if info.fits.by_default => {
            format!("it is for `{}`, also as `@db.{native}`", scalar.name())
        }
        natives => {
            let all: Vec<_> = natives.iter().map(|n| format!("@db.{n}")).collect();
            format!("it is for `{}` as {}", scalar.name(), list_names(&all))
        }
    });
    ctx.push(Diagnostic::error(&code::E0308, span, message).maybe_help(help));
}

/// Whether PostgreSQL has a default operator class for the type of a field.
fn check_default_class(
    ctx: &mut Context<'_>,
    (id, field): (TableId, usize),
    span: Span,
    algorithm: IndexAlgorithm,
) {
    let field = &ctx.model.tables[id.0].fields[field];
    let (scalar, native) = match &field.kind {
        FieldType::Scalar(scalar, native) => (*scalar, native.as_ref().map(|n| n.name)),
        FieldType::Unsupported(_) | FieldType::Unknown | FieldType::Relation(_) => return,
        FieldType::Enum(_) if field.arity == Arity::List && algorithm == IndexAlgorithm::Gin => {
            return;
        }
        FieldType::Enum(_) => (Scalar::Boolean, Some("enum")),
    };
    let is_list = field.arity == Arity::List;
    let fits = match algorithm {
        IndexAlgorithm::BTree | IndexAlgorithm::Hash => true,
        IndexAlgorithm::Gin => is_list || (scalar == Scalar::Json && native != Some("Json")),
        IndexAlgorithm::Gist => false,
        IndexAlgorithm::SpGist => {
            !is_list
                && scalar == Scalar::String
                && matches!(native, None | Some("Text" | "VarChar" | "Inet"))
        }
        IndexAlgorithm::Brin => {
            !is_list
                && !matches!(scalar, Scalar::Boolean | Scalar::Json)
                && !matches!(native, Some("Xml" | "Money" | "Citext"))
        }
    };
    if !fits {
        let message = format!(
            "an index of type `{}` has no operator class for field `{}`",
            algorithm.name(),
            field.name
        );
        let found = Diagnostic::error(&code::E0308, span, message);
        ctx.push(found.help("name one: `field(ops: raw(\"gin_trgm_ops\"))`"));
    }
}

/// Types that have no equality cannot be keyed.
pub(super) fn check_types(ctx: &mut Context<'_>, id: TableId, key: &Key) {
    for column in &key.columns {
        let KeyPart::Field(field) = column.part else { continue };
        let table = &ctx.model.tables[id.0];
        let native = match &table.fields[field].kind {
            FieldType::Scalar(_, Some(native)) => native.name,
            _ => continue,
        };
        if native != "Xml" {
            continue;
        }
        let what = match key.kind {
            IndexKind::Primary => "be part of a primary key",
            IndexKind::Unique => "be unique",
            IndexKind::Normal | IndexKind::Fulltext => "be indexed",
        };
        let name = &table.fields[field].name;
        let message = format!("field `{name}` of native type `{native}` cannot {what}");
        let at = ctx.field_syntax(id, field);
        let span = at.name.span.to(at.span);
        let found = Diagnostic::error(&code::E0310, span, message);
        ctx.push(found.also(ctx.attribute_span(key.attribute), "keyed here"));
        break;
    }
}
