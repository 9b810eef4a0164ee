//! A position in the tokens of one statement, and the small things that are read from there.

use crate::sql::{
    lex::{Span, Token, TokenKind},
    tree::{Expr, Name, TypeName},
};

/// Reads tokens one after another; what is not there is not an error.
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    text: &'a str,
}

impl<'t, 'a> Cursor<'t, 'a> {
    /// Starts at the first of the tokens; `text` is what their positions count in.
    pub(super) fn new(text: &'a str, tokens: &'t [Token<'a>]) -> Self {
        Self { tokens, at: 0, text }
    }

    /// A cursor over the tokens from one position to another.
    pub(super) fn part(&self, from: usize, to: usize) -> Cursor<'t, 'a> {
        Cursor { tokens: &self.tokens[from..to], at: 0, text: self.text }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn jump(&mut self, position: usize) {
        self.at = position;
    }

    pub(super) fn all(&self) -> &'t [Token<'a>] {
        self.tokens
    }

    pub(super) fn rest(&self) -> &'t [Token<'a>] {
        &self.tokens[self.at.min(self.tokens.len())..]
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'a>> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    /// Whether the next token is this word or mark.
    pub(super) fn sees(&self, word: &str) -> bool {
        self.sees_at(0, word)
    }

    /// Whether the token that many places on is this word or mark.
    pub(super) fn sees_at(&self, ahead: usize, word: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|t| t.is(word))
    }

    /// Whether the next tokens are these words.
    pub(super) fn sees_all(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.sees_at(ahead, word))
    }

    /// Takes the word or mark if it is next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let seen = self.sees(word);
        self.at += usize::from(seen);
        seen
    }

    /// Takes the words if all are next.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let seen = self.sees_all(words);
        self.at += if seen { words.len() } else { 0 };
        seen
    }

    /// Takes the first of the words that is next.
    pub(super) fn eat_any(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let word = words.iter().find(|word| self.sees(word))?;
        self.at += 1;
        Some(word)
    }

    pub(super) fn if_exists(&mut self) -> bool {
        self.eat_all(&["if", "exists"])
    }

    pub(super) fn if_not_exists(&mut self) -> bool {
        self.eat_all(&["if", "not", "exists"])
    }

    /// Whether any of the remaining tokens is this word.
    pub(super) fn has(&self, word: &str) -> bool {
        self.rest().iter().any(|t| t.is(word))
    }

    /// Whether these words stand together somewhere in the rest.
    pub(super) fn has_all(&self, words: &[&str]) -> bool {
        self.rest().windows(words.len()).any(|w| w.iter().zip(words).all(|(t, word)| t.is(word)))
    }

    /// The span from the token at that position to the last one taken.
    pub(super) fn span_from(&self, from: usize) -> Span {
        let first = self.tokens.get(from).or(self.tokens.last());
        let last = self.tokens[..self.at.min(self.tokens.len())].last();
        match (first, last) {
            (Some(first), Some(last)) => first.start..last.end().max(first.start),
            _ => 0..0,
        }
    }

    /// An identifier.
    pub(super) fn ident(&mut self) -> Option<String> {
        let mut name = self.peek()?.name()?;
        self.at += 1;
        // PostgreSQL cuts longer names (NAMEDATALEN).
        while name.len() > 63 {
            name.pop();
        }
        Some(name)
    }

    /// An identifier, or nothing as an empty text.
    pub(super) fn ident_or_empty(&mut self) -> String {
        self.ident().unwrap_or_default()
    }

    /// A qualified name.
    pub(super) fn name(&mut self) -> Option<Name> {
        let from = self.at;
        let mut parts = vec![self.ident()?];
        while self.sees(".") && self.tokens.get(self.at + 1).is_some_and(|t| t.name().is_some()) {
            self.at += 1;
            parts.extend(self.ident());
        }
        Some(Name { parts, span: self.span_from(from) })
    }

    /// A qualified name, or nothing as an empty one.
    pub(super) fn name_or_empty(&mut self) -> Name {
        self.name().unwrap_or_default()
    }

    /// A relation name with `ONLY` before or `*` after it; whether `ONLY` was there.
    pub(super) fn relation(&mut self) -> Option<(Name, bool)> {
        let only = self.eat("only");
        let wrapped = only && self.eat("(");
        let name = self.name()?;
        if wrapped {
            self.eat(")");
        }
        self.eat("*");
        Some((name, only))
    }

    /// Names with commas between.
    pub(super) fn names(&mut self) -> Vec<Name> {
        let mut names = Vec::new();
        while let Some((name, _)) = self.relation() {
            names.push(name);
            self.skip_parentheses();
            if !self.eat(",") {
                break;
            }
        }
        names
    }

    /// Position after the group whose opening mark is at this position; groups nest.
    pub(super) fn close_of(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.text {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }

    /// Takes a group in parentheses, if one is next, and gives a cursor over its inside.
    pub(super) fn group(&mut self) -> Option<Cursor<'t, 'a>> {
        if !self.sees("(") {
            return None;
        }
        let (open, close) = (self.at, self.close_of(self.at));
        self.at = close;
        let closed = close > open + 1 && self.tokens[close - 1].is(")");
        Some(self.part(open + 1, if closed { close - 1 } else { close }))
    }

    /// Skips a group in parentheses, if one is next.
    pub(super) fn skip_parentheses(&mut self) {
        if self.sees("(") {
            self.at = self.close_of(self.at);
        }
    }

    /// Takes one token, or one group with its parentheses.
    pub(super) fn step(&mut self) {
        if self.sees("(") { self.skip_parentheses() } else { self.at += 1 }
    }

    /// The items of a list, split at commas outside of groups.
    pub(super) fn items(&self) -> Vec<Cursor<'t, 'a>> {
        let mut items = Vec::new();
        let (mut from, mut at) = (self.at, self.at);
        while at < self.tokens.len() {
            match self.tokens[at].text {
                "(" | "[" => at = self.close_of(at),
                "," => {
                    items.push(self.part(from, at));
                    at += 1;
                    from = at;
                }
                _ => at += 1,
            }
        }
        if from < self.tokens.len() {
            items.push(self.part(from, self.tokens.len()));
        }
        items
    }

    /// Identifiers in a group: `(a, b)`. An item that is more than an identifier gives its first.
    pub(super) fn ident_group(&mut self) -> Vec<String> {
        let Some(group) = self.group() else { return Vec::new() };
        group.items().iter_mut().filter_map(Cursor::ident).collect()
    }

    /// The expression from here to the first token outside of groups for which `stop` holds; the
    /// first token belongs to it in any case.
    pub(super) fn expr_until(&mut self, stop: impl Fn(&Cursor<'t, 'a>) -> bool) -> Expr {
        let from = self.at;
        while !self.done() && (self.at == from || !stop(self)) {
            self.at = match self.tokens[self.at].text {
                "(" | "[" => self.close_of(self.at),
                _ => self.at + 1,
            };
        }
        self.expr(from, self.at)
    }

    /// Everything that is left, as an expression.
    pub(super) fn expr_rest(&mut self) -> Expr {
        let from = self.at;
        self.at = self.tokens.len();
        self.expr(from, self.at)
    }

    /// The tokens between two positions as an expression.
    pub(super) fn expr(&self, from: usize, to: usize) -> Expr {
        match (self.tokens.get(from), self.tokens[..to.min(self.tokens.len())].last()) {
            (Some(first), Some(last)) if from < to => {
                let span = first.start..last.end();
                Expr { text: self.text[span.clone()].to_owned(), span }
            }
            _ => Expr::default(),
        }
    }

    /// A group in parentheses as an expression, without them.
    pub(super) fn expr_group(&mut self) -> Option<Expr> {
        let mut group = self.group()?;
        Some(group.expr_rest())
    }

    /// A string literal.
    pub(super) fn literal(&mut self) -> Option<String> {
        let value = self.peek()?.value()?.into_owned();
        self.at += 1;
        Some(value)
    }

    /// The value of a Boolean option that may be left out: `FULL`, `FULL false`, `FULL = 0`.
    pub(super) fn switch(&mut self) -> bool {
        self.eat("=");
        self.next().is_none_or(|token| !crate::sql::split::is_off(token))
    }

    /// A type.
    pub(super) fn type_name(&mut self) -> Option<TypeName> {
        let from = self.at;
        self.eat("setof");
        let first = self.peek()?;
        let mut found = if first.kind == TokenKind::Word && !self.sees_at(1, ".") {
            let word = first.text.to_ascii_lowercase();
            self.at += 1;
            self.builtin_type(&word)
        } else {
            let name = self.name()?;
            let schema = name.schema().filter(|schema| *schema != "pg_catalog").map(str::to_owned);
            let known = schema.is_none() && name.schema().is_some();
            let name = name.last().to_owned();
            let serial = name.ends_with("serial") && schema.is_none();
            let name =
                if known || serial { canonical(&name).map_or(name, str::to_owned) } else { name };
            TypeName { schema, name, modifiers: self.modifiers(), ..TypeName::default() }
        };
        if self.eat("%") {
            self.eat("type");
        }
        if self.eat("array") {
            found.array = true;
        }
        while self.sees("[") {
            self.at = self.close_of(self.at);
            found.array = true;
        }
        found.span = self.span_from(from);
        Some(found)
    }

    fn modifiers(&mut self) -> Vec<String> {
        let Some(group) = self.group() else { return Vec::new() };
        let text = |item: &Cursor<'_, '_>| item.rest().iter().map(|t| t.text).collect::<String>();
        group.items().iter().map(text).collect()
    }

    fn builtin_type(&mut self, word: &str) -> TypeName {
        let mut modifiers = Vec::new();
        let name = match word {
            "double" if self.eat("precision") => "float8",
            "character" | "char" | "nchar" | "national" => {
                if word == "national" {
                    let _ = self.eat("character") || self.eat("char");
                }
                let varying = self.eat("varying");
                modifiers = self.modifiers();
                if modifiers.is_empty() && !varying {
                    modifiers.push("1".to_owned());
                }
                if varying { "varchar" } else { "bpchar" }
            }
            "bit" => {
                let varying = self.eat("varying");
                modifiers = self.modifiers();
                if modifiers.is_empty() && !varying {
                    modifiers.push("1".to_owned());
                }
                if varying { "varbit" } else { "bit" }
            }
            "float" => {
                let digits = self.modifiers().first().and_then(|m| m.parse::<u32>().ok());
                if digits.is_some_and(|digits| digits < 25) { "float4" } else { "float8" }
            }
            "time" | "timestamp" => {
                modifiers = self.modifiers();
                let zone = self.eat_all(&["with", "time", "zone"]);
                let _ = self.eat_all(&["without", "time", "zone"]);
                match (word, zone) {
                    ("time", false) => "time",
                    ("time", true) => "timetz",
                    (_, false) => "timestamp",
                    (_, true) => "timestamptz",
                }
            }
            "interval" => {
                modifiers = self.interval_modifiers();
                "interval"
            }
            other => {
                modifiers = self.modifiers();
                let known = canonical(other).map_or_else(|| other.to_owned(), str::to_owned);
                return TypeName { name: known, modifiers, ..TypeName::default() };
            }
        };
        TypeName { name: name.to_owned(), modifiers, ..TypeName::default() }
    }

    fn interval_modifiers(&mut self) -> Vec<String> {
        const FIELDS: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "to"];
        let mut fields = Vec::new();
        while let Some(field) = self.eat_any(&FIELDS) {
            fields.push(field);
        }
        let mut modifiers = self.modifiers();
        if !fields.is_empty() {
            modifiers.insert(0, fields.join(" "));
        }
        modifiers
    }
}

/// The name in `pg_type` of a type that SQL knows under other names.
fn canonical(word: &str) -> Option<&'static str> {
    Some(match word {
        "int" | "integer" | "int4" => "int4",
        "smallint" | "int2" => "int2",
        "bigint" | "int8" => "int8",
        "real" | "float4" => "float4",
        "float8" => "float8",
        "decimal" | "dec" | "numeric" => "numeric",
        "boolean" | "bool" => "bool",
        "varchar" => "varchar",
        "serial" | "serial4" => "serial4",
        "bigserial" | "serial8" => "serial8",
        "smallserial" | "serial2" => "serial2",
        _ => return None,
    })
}
