//! Cuts SQL text into tokens as PostgreSQL's own scanner does (scan.l), with byte positions.

use std::{borrow::Cow, ops::Range};

/// A range of bytes of the text that was read.
pub type Span = Range<usize>;

/// One token; white space and comments are not tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// As it stands in the text.
    pub text: &'a str,
    /// Byte position of its first character.
    pub start: usize,
}

/// The kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// `"Name"` or `U&"name"`.
    Quoted,
    /// `'text'` with an optional prefix, or `$tag$text$tag$`.
    Text,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// An operator or a punctuation mark.
    Mark,
}

/// A comment: `-- to the end of the line` or `/* nested */`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// As it stands in the text, with its marks.
    pub text: &'a str,
    /// Byte position of its first character.
    pub start: usize,
}

/// What may be met between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lexeme<'a> {
    /// A token.
    Token(Token<'a>),
    /// A comment.
    Comment(Comment<'a>),
    /// A backslash and the rest of its line: a command of psql.
    Meta(Token<'a>),
    /// A quote, comment or identifier that nothing closes, up to the end of the text.
    Unclosed(Token<'a>),
}

impl<'a> Token<'a> {
    /// Byte position after its last character.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Its range of bytes.
    #[must_use]
    pub fn span(&self) -> Span {
        self.start..self.end()
    }

    /// Whether it is this keyword (given in lower case), or this mark.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        match self.kind {
            TokenKind::Word => self.text.eq_ignore_ascii_case(word),
            TokenKind::Mark => self.text == word,
            _ => false,
        }
    }

    /// The name that it is as an identifier: folded or unquoted.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text.to_ascii_lowercase()),
            TokenKind::Quoted => {
                let text = self.text.trim_start_matches(['U', 'u', '&']);
                Some(text[1..text.len() - 1].replace("\"\"", "\""))
            }
            _ => None,
        }
    }

    /// The value of a string literal, without its quotes.
    #[must_use]
    pub fn value(&self) -> Option<Cow<'a, str>> {
        if self.kind != TokenKind::Text {
            return None;
        }
        if self.text.starts_with('$') {
            let tag = self.text[1..].find('$').map_or(0, |at| at + 2);
            return Some(Cow::Borrowed(&self.text[tag..self.text.len() - tag]));
        }
        let open = self.text.find('\'')?;
        let body = &self.text[open + 1..self.text.len() - 1];
        let escaped = self.text[..open].eq_ignore_ascii_case("e");
        Some(match (escaped && body.contains('\\'), body.contains("''")) {
            (true, _) => Cow::Owned(unescape(body)),
            (false, true) => Cow::Owned(body.replace("''", "'")),
            (false, false) => Cow::Borrowed(body),
        })
    }
}

/// Resolves the escapes of an `E''` literal that stand for one character.
fn unescape(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next();
                out.push('\'');
            }
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

/// Walks through a text, lexeme by lexeme.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// A walk from the beginning of the text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Byte position of what is read next.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Goes on at another byte position, which must be one between two characters.
    pub fn jump(&mut self, position: usize) {
        self.at = position.min(self.text.len());
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, kind: TokenKind, length: usize) -> Lexeme<'a> {
        Lexeme::Token(self.cut(kind, length))
    }

    fn cut(&mut self, kind: TokenKind, length: usize) -> Token<'a> {
        let token = Token { kind, text: &self.rest()[..length], start: self.at };
        self.at += length;
        token
    }

    fn unclosed(&mut self) -> Lexeme<'a> {
        Lexeme::Unclosed(self.cut(TokenKind::Mark, self.rest().len()))
    }

    fn comment(&mut self, length: usize) -> Lexeme<'a> {
        let comment = Comment { text: &self.rest()[..length], start: self.at };
        self.at += length;
        Lexeme::Comment(comment)
    }

    /// `'…'` whose opening quote is `prefix` bytes away.
    fn string(&mut self, prefix: usize, escapes: bool) -> Lexeme<'a> {
        match close_quote(&self.rest()[prefix..], b'\'', escapes) {
            Some(length) => self.take(TokenKind::Text, prefix + length),
            None => self.unclosed(),
        }
    }

    fn quoted(&mut self, prefix: usize) -> Lexeme<'a> {
        match close_quote(&self.rest()[prefix..], b'"', false) {
            Some(length) => self.take(TokenKind::Quoted, prefix + length),
            None => self.unclosed(),
        }
    }

    fn dollar(&mut self) -> Lexeme<'a> {
        let rest = self.rest();
        // A placeholder of a template stands where a name does: `${schema}.users`.
        if let Some(length) = rest.strip_prefix("${").and_then(|inside| inside.find('}')) {
            return self.take(TokenKind::Word, length + 3);
        }
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            return self.take(TokenKind::Parameter, 1 + digits);
        }
        let tag = rest[1..].chars().take_while(|&c| c != '$' && is_word_inner(c)).count();
        let tag: usize = rest[1..].chars().take(tag).map(char::len_utf8).sum::<usize>() + 2;
        if rest.as_bytes().get(tag - 1) != Some(&b'$') {
            return self.take(TokenKind::Mark, 1);
        }
        match rest[tag..].find(&rest[..tag]) {
            Some(at) => self.take(TokenKind::Text, tag + at + tag),
            None => self.unclosed(),
        }
    }

    fn word(&mut self) -> Lexeme<'a> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        match (bytes[0].to_ascii_lowercase(), bytes.get(1), bytes.get(2)) {
            (b'e', Some(b'\''), _) => return self.string(1, true),
            (b'b' | b'x' | b'n', Some(b'\''), _) => return self.string(1, false),
            (b'u', Some(b'&'), Some(b'\'')) => return self.string(2, false),
            (b'u', Some(b'&'), Some(b'"')) => return self.quoted(2),
            _ => {}
        }
        let length = rest.find(|c| !is_word_inner(c)).unwrap_or(rest.len());
        self.take(TokenKind::Word, length)
    }

    fn number(&mut self) -> Lexeme<'a> {
        let bytes = self.rest().as_bytes();
        let mut length = 0;
        while let Some(&b) = bytes.get(length) {
            let next = bytes.get(length + 1);
            let exponent = matches!(b, b'+' | b'-')
                && matches!(bytes[length - 1], b'e' | b'E')
                && !bytes[..length].starts_with(b"0x");
            let dot = b == b'.' && next != Some(&b'.');
            if !(b.is_ascii_alphanumeric() || b == b'_' || dot || exponent) {
                break;
            }
            length += 1;
        }
        self.take(TokenKind::Number, length)
    }

    fn mark(&mut self) -> Lexeme<'a> {
        const OPERATOR: &[u8] = b"+-*/<>=~!@#%^&|`?";
        let bytes = self.rest().as_bytes();
        let pair = &bytes[..bytes.len().min(2)];
        if matches!(pair, b"::" | b":=" | b"..") {
            return self.take(TokenKind::Mark, 2);
        }
        let mut length = 0;
        while let Some(b) = bytes.get(length) {
            let comment = bytes[length..].starts_with(b"--") || bytes[length..].starts_with(b"/*");
            if !OPERATOR.contains(b) || (comment && length > 0) {
                break;
            }
            length += 1;
        }
        let first = self.rest().chars().next().map_or(1, char::len_utf8);
        self.take(TokenKind::Mark, length.max(first))
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Lexeme<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let blank =
            |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{feff}');
        self.at += self.rest().len() - self.rest().trim_start_matches(blank).len();
        let rest = self.rest();
        let first = rest.chars().next()?;
        Some(match first {
            '-' if rest.starts_with("--") => {
                self.comment(rest.find(['\n', '\r']).unwrap_or(rest.len()))
            }
            '/' if rest.starts_with("/*") => match close_comment(rest) {
                Some(length) => self.comment(length),
                None => self.unclosed(),
            },
            '\'' => self.string(0, false),
            '"' => self.quoted(0),
            '$' => self.dollar(),
            '\\' => {
                let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
                Lexeme::Meta(self.cut(TokenKind::Mark, length))
            }
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            c if c.is_ascii_digit() => self.number(),
            c if is_word_start(c) => self.word(),
            _ => self.mark(),
        })
    }
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_word_inner(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}

/// Length of a quoted text from its opening quote to its closing one; a doubled quote is one
/// character of it, and so is a backslash with what follows where `escapes`.
fn close_quote(text: &str, quote: u8, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(&b) = bytes.get(at) {
        if escapes && b == b'\\' {
            at += 2;
        } else if b != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return Some(at + 1);
        }
    }
    None
}

/// Length of a comment that starts here; they nest.
fn close_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// The tokens of a text, without comments; what nothing closes is one last mark.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    Lexer::new(text)
        .filter_map(|lexeme| match lexeme {
            Lexeme::Token(token) | Lexeme::Unclosed(token) => Some(token),
            Lexeme::Comment(_) | Lexeme::Meta(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let got: Vec<_> = tokens(text).into_iter().map(|t| t.text).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn quotes_hide_everything() {
        check("a 'b;''c' \"d;\"\"e\" E'f\\';g'", &["a", "'b;''c'", "\"d;\"\"e\"", "E'f\\';g'"]);
        check("'back\\' x", &["'back\\'", "x"]);
        check("$$a;$b$;$$ $fn$ $$;$$ $fn$", &["$$a;$b$;$$", "$fn$ $$;$$ $fn$"]);
        check("U&\"x;\" U&'y;' n'z'", &["U&\"x;\"", "U&'y;'", "n'z'"]);
        check("a$b$c d", &["a$b$c", "d"]);
        check("$1+$2", &["$1", "+", "$2"]);
    }

    #[test]
    fn comments_nest_and_end_operators() {
        check("a /* b /* c */ d */ e -- f\ng", &["a", "e", "g"]);
        check("1+/* x */2 <--y\n3", &["1", "+", "2", "<", "3"]);
    }

    #[test]
    fn numbers_and_marks() {
        check(
            "1.5e-3+.5 0xff 1..2 a::b[1:2]",
            &["1.5e-3", "+", ".5", "0xff", "1", "..", "2", "a", "::", "b", "[", "1", ":", "2", "]"],
        );
        check("x->>'a' @> é", &["x", "->>", "'a'", "@>", "é"]);
    }

    #[test]
    fn names_and_values() {
        let all = tokens("FoO \"Ba\"\"r\" 'it''s' E'a\\'b\\n' $q$x$q$");
        assert_eq!(all[0].name().as_deref(), Some("foo"));
        assert_eq!(all[1].name().as_deref(), Some("Ba\"r"));
        assert_eq!(all[2].value().as_deref(), Some("it's"));
        assert_eq!(all[3].value().as_deref(), Some("a'b\n"));
        assert_eq!(all[4].value().as_deref(), Some("x"));
    }
}
