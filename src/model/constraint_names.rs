//! Names of constraints and indexes as Prisma makes them.

/// Cuts a name so that it fits with its suffix, at a character's boundary.
fn cut(name: &str, suffix: &str, limit: usize) -> String {
    let mut end = name.len().min(limit.saturating_sub(suffix.len()));
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

fn over_columns(table: &str, columns: &[&str], suffix: &str, limit: usize) -> String {
    cut(&format!("{table}_{}", columns.join("_")), suffix, limit)
}

/// `User_pkey`
pub(crate) fn primary_key(table: &str, limit: usize) -> String {
    cut(table, "_pkey", limit)
}

/// `User_email_key`
pub(crate) fn unique(table: &str, columns: &[&str], limit: usize) -> String {
    over_columns(table, columns, "_key", limit)
}

/// `User_email_idx`
pub(crate) fn index(table: &str, columns: &[&str], limit: usize) -> String {
    over_columns(table, columns, "_idx", limit)
}

/// `User_teamId_fkey`
pub(crate) fn foreign_key(table: &str, columns: &[&str], limit: usize) -> String {
    over_columns(table, columns, "_fkey", limit)
}

/// `_AToB_AB_pkey`
pub(crate) fn join_key(table: &str, limit: usize) -> String {
    cut(table, "_AB_pkey", limit)
}

/// `_AToB_A_fkey`
pub(crate) fn join_foreign_key(table: &str, column: &str, limit: usize) -> String {
    cut(table, &format!("_{column}_fkey"), limit)
}

/// `_AToB_B_index`
pub(crate) fn join_index(table: &str, limit: usize) -> String {
    cut(table, "_B_index", limit)
}

/// `_AToB`
pub(crate) fn join_table(relation: &str, limit: usize) -> String {
    cut(&format!("_{relation}"), "", limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_before_their_suffix_at_a_character() {
        let table = "ü".repeat(40);
        let name = unique(&table, &["a"], 63);
        assert_eq!(name, format!("{}_key", "ü".repeat(29)));
        assert_eq!(primary_key("User", 63), "User_pkey");
        assert_eq!(foreign_key("Post", &["a", "b"], usize::MAX), "Post_a_b_fkey");
    }
}
