//! Names that PostgreSQL makes by itself.

/// `<table>_<column>_<label>` as `makeObjectName` cuts it to 63 bytes (indexcmds.c), with a number
/// behind the label from the second attempt on (`ChooseRelationName`).
pub(crate) fn object_name(first: &str, second: &str, label: &str, attempt: u32) -> String {
    let label = if attempt == 0 { label.to_owned() } else { format!("{label}{attempt}") };
    let overhead = label.len() + 1 + usize::from(!second.is_empty());
    let available = 63 - overhead.min(63);
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > available {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let (first, second) = (clip(first, a), clip(second, b));
    if second.is_empty() { format!("{first}_{label}") } else { format!("{first}_{second}_{label}") }
}

/// Cuts a text to so many bytes, at a character's boundary.
pub(crate) fn clip(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_name_gives_way() {
        assert_eq!(object_name("users", "id", "seq", 0), "users_id_seq");
        assert_eq!(object_name("users", "id", "seq", 2), "users_id_seq2");
        assert_eq!(object_name("users", "", "check", 0), "users_check");
        let long = "t".repeat(60);
        let name = object_name(&long, "identifier", "seq", 0);
        assert_eq!(name, format!("{}_identifier_seq", "t".repeat(48)));
        assert_eq!(name.len(), 63);
    }
}
