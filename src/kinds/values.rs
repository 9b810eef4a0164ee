//! Reads the values that a model writes: texts, numbers, flags, lists and maps.

use std::collections::BTreeMap;

use serde_json::Value;

use super::lower::Lowering;
use crate::{
    model::context::{as_list, describe},
    syntax::ast::{Attribute, Expr, ExprKind},
    text::{Diagnostic, code},
};

/// The value of a named argument.
pub(crate) fn named<'a>(attribute: &'a Attribute, name: &str) -> Option<&'a Expr> {
    let args = attribute.args.as_ref()?;
    let found = args.list.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == name))?;
    found.value.as_ref()
}

/// The value of an argument without a name, by its place among those.
pub(crate) fn unnamed(attribute: &Attribute, index: usize) -> Option<&Expr> {
    let args = attribute.args.as_ref()?;
    args.list.iter().filter(|a| a.name.is_none()).nth(index)?.value.as_ref()
}

/// Any value as JSON: names as texts, numbers as numbers, `raw("…")` as its text.
pub(crate) fn json(expr: &Expr) -> Option<Value> {
    Some(match &expr.kind {
        ExprKind::String(_) | ExprKind::TextBlock(_) | ExprKind::Call(_) => plain(expr)?.into(),
        ExprKind::Number(digits) => match digits.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => serde_json::Number::from_f64(digits.parse().ok()?)?.into(),
        },
        ExprKind::Path(name) if name == "true" => true.into(),
        ExprKind::Path(name) if name == "false" => false.into(),
        ExprKind::Path(name) => name.clone().into(),
        ExprKind::Array(array) => array.items.iter().map(json).collect::<Option<Vec<_>>>()?.into(),
        ExprKind::Object(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| Some((key.text.clone(), json(value)?)))
                .collect::<Option<_>>()?,
        ),
    })
}

/// A value as the text that it is or spells.
pub(crate) fn plain(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::String(text) => Some(text.value().into_owned()),
        ExprKind::TextBlock(text) | ExprKind::Number(text) | ExprKind::Path(text) => {
            Some(text.clone())
        }
        ExprKind::Call(call) if call.path.text == "raw" => match call.args.list.as_slice() {
            [arg] => plain(arg.value.as_ref()?),
            _ => None,
        },
        _ => None,
    }
}

impl Lowering<'_> {
    fn unexpected<T>(&mut self, expr: &Expr, expected: &str) -> Option<T> {
        let message = format!("expected {expected}, found {}", describe(expr));
        self.findings.push(Diagnostic::error(&code::E0804, expr.span, message));
        None
    }

    /// A string, a text block, `raw("…")`.
    pub(crate) fn text(&mut self, expr: &Expr) -> Option<String> {
        match (&expr.kind, plain(expr)) {
            (ExprKind::Number(_) | ExprKind::Path(_), _) | (_, None) => {
                self.unexpected(expr, "a string")
            }
            (_, found) => found,
        }
    }

    /// A name or a string.
    pub(crate) fn word(&mut self, expr: &Expr) -> Option<String> {
        let found = plain(expr);
        if found.is_none() { self.unexpected(expr, "a name or a string") } else { found }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Path(name) if name == "true" => true,
            ExprKind::Path(name) if name == "false" => false,
            _ => self.unexpected(expr, "`true` or `false`").unwrap_or_default(),
        }
    }

    /// A whole number.
    pub(crate) fn integer<T: std::str::FromStr>(&mut self, expr: &Expr) -> Option<T> {
        match &expr.kind {
            ExprKind::Number(digits) if digits.parse::<T>().is_ok() => digits.parse().ok(),
            _ => self.unexpected(expr, "a whole number"),
        }
    }

    /// `["a", b]`, or one text.
    pub(crate) fn words(&mut self, expr: &Expr) -> Vec<String> {
        as_list(expr).iter().filter_map(|item| self.word(item)).collect()
    }

    /// `{ fillfactor: 70 }`
    pub(crate) fn options(&mut self, expr: &Expr) -> BTreeMap<String, String> {
        let ExprKind::Object(entries) = &expr.kind else {
            return self.unexpected(expr, "`{ name: value }`").unwrap_or_default();
        };
        let mut out = BTreeMap::new();
        for (key, value) in entries {
            if let Some(text) = self.word(value) {
                out.insert(key.text.clone(), text);
            }
        }
        out
    }
}
