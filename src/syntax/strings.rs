//! Escapes of string literals and the indentation of text blocks.

use std::borrow::Cow;

/// The text that a literal stands for. An escape that does not exist stands for itself.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (decoded, length) = read_escape(&rest[at..]);
        match decoded {
            Ok(c) => out.push(c),
            Err(_) => out.push_str(&rest[at..at + length]),
        }
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Why an escape means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadEscape {
    /// `\q`
    Unknown,
    /// `\u12`, or half of a surrogate pair.
    Unicode,
}

/// The escapes of a literal that mean nothing: byte offset, length, why.
pub(super) fn bad_escapes(raw: &str) -> Vec<(usize, usize, BadEscape)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = raw[at..].find('\\') {
        at += next;
        let (decoded, length) = read_escape(&raw[at..]);
        if let Err(why) = decoded {
            found.push((at, length, why));
        }
        at += length;
    }
    found
}

/// Reads the escape at the start of a text: what it stands for, and how many bytes it takes.
fn read_escape(text: &str) -> (Result<char, BadEscape>, usize) {
    let Some(c) = text[1..].chars().next() else { return (Err(BadEscape::Unknown), 1) };
    let plain = match c {
        '"' | '\\' | '/' => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return read_unicode(text),
        _ => return (Err(BadEscape::Unknown), 1 + c.len_utf8()),
    };
    (Ok(plain), 2)
}

/// `\uXXXX`, or two of them that make a surrogate pair.
fn read_unicode(text: &str) -> (Result<char, BadEscape>, usize) {
    let digits = |from: usize| {
        let hex = text.get(from..from + 4)?;
        let all = hex.bytes().all(|b| b.is_ascii_hexdigit());
        all.then(|| u32::from_str_radix(hex, 16).ok()).flatten()
    };
    let Some(first) = digits(2) else {
        let given = text[2..].bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
        return (Err(BadEscape::Unicode), 2 + given);
    };
    if let Some(c) = char::from_u32(first) {
        return (Ok(c), 6);
    }
    let second = text[6..].starts_with("\\u").then(|| digits(8)).flatten();
    match second {
        Some(low @ 0xdc00..=0xdfff) if first < 0xdc00 => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(code).ok_or(BadEscape::Unicode), 12)
        }
        _ => (Err(BadEscape::Unicode), 6),
    }
}

/// Writes a text so that it can stand between two quotes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// The text of a block: without the line of the opening quotes when it is empty, without the line
/// of the closing quotes, and without the indentation that all lines share. The line of the closing
/// quotes counts, so that every text can be written.
pub(super) fn dedent(text: &str) -> String {
    let normal = text.replace("\r\n", "\n");
    let mut lines: Vec<&str> = normal.split('\n').collect();
    if lines.len() == 1 {
        return normal;
    }
    let on_first_line = !lines[0].trim().is_empty();
    let first = lines.remove(0);
    let indentation = |l: &str| l.len() - l.trim_start_matches([' ', '\t']).len();
    let last = lines.len() - 1;
    let counted = lines.iter().enumerate().filter(|(i, l)| *i == last || !l.trim().is_empty());
    let indent = counted.map(|(_, l)| indentation(l)).min().unwrap_or(0);
    if lines[last].trim().is_empty() {
        lines.pop();
    }
    let cut = lines.iter().map(|l| &l[indent.min(indentation(l))..]);
    let all = on_first_line.then_some(first).into_iter().chain(cut);
    all.collect::<Vec<_>>().join("\n")
}

/// Whether a text comes back from a block as it is.
pub(super) fn fits_text_block(text: &str) -> bool {
    !text.is_empty() && !text.contains("\"\"\"") && !text.contains('\r') && !text.contains('\0')
}

/// Writes a text block whose quotes stand at the given indentation.
pub(super) fn indent(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    let mut out = String::from("\"\"\"\n");
    for line in text.split('\n') {
        if !line.is_empty() {
            out.push_str(&pad);
            out.push_str(line);
        }
        out.push('\n');
    }
    out.push_str(&pad);
    out.push_str("\"\"\"");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_blocks_come_back_as_they_are() {
        let texts =
            ["a", "a\nb", "\n  BEGIN\n    x;\n  END;\n", "  a\n   \n  b", "a\n", "\n", "a\n\nb\t"];
        for text in texts {
            assert!(fits_text_block(text));
            let written = indent(text, 2);
            let inner = &written[3..written.len() - 3];
            assert_eq!(dedent(inner), text, "{written}");
        }
    }

    #[test]
    fn escapes_come_back_as_they_are() {
        for text in ["a\"b\\c\n\t\u{1}ü😀", "", "\\u0041"] {
            assert_eq!(unescape(&escape(text)), text);
        }
        assert_eq!(unescape("\\ud83d\\ude00\\u00fc"), "😀ü");
        assert_eq!(bad_escapes("\\uD802 \\ut \\u12").len(), 3);
    }
}
