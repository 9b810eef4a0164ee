//! Text search dictionaries.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    kinds::{Alteration, Context, Kind, Misfit, common},
    schema::Object,
    sql::{Statement, quote_path},
};

/// The facets of a `text_search_dictionary`; path `[namespace, name]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dictionary {
    /// Template, qualified and quoted.
    pub template: String,
    /// `language = 'english', stopwords = 'english'` as PostgreSQL stores them.
    pub options: Option<String>,
}

/// The kind `text_search_dictionary`.
pub struct TextSearchDictionaryKind;

impl Kind for TextSearchDictionaryKind {
    fn name(&self) -> &'static str {
        "text_search_dictionary"
    }

    fn catalog(&self) -> &'static [&'static str] {
        &[include_str!("dictionary.sql")]
    }

    fn address(&self, object: &Object) -> String {
        format!("TEXT SEARCH DICTIONARY {}", quote_path(&object.id.path))
    }

    fn create(&self, object: &Object, _: &[&Object], _: &Context<'_>) -> Vec<Statement> {
        let dictionary: Dictionary = object.read();
        let options = dictionary.options.map(|o| format!(", {o}")).unwrap_or_default();
        let template = dictionary.template;
        let address = self.address(object);
        vec![Statement::new(format!("CREATE {address} (TEMPLATE = {template}{options})"))]
    }

    fn alter(
        &self,
        from: &Object,
        to: &Object,
        changed: &BTreeSet<&str>,
        _: &Context<'_>,
    ) -> Alteration {
        if changed.contains("template") {
            return Alteration::Replace;
        }
        let (old, new) = (options(from.text("options")), options(to.text("options")));
        let gone = old.keys().filter(|name| !new.contains_key(*name)).cloned();
        let set = new
            .iter()
            .filter(|(name, value)| old.get(*name) != Some(value))
            .map(|(name, value)| format!("{name} = {value}"));
        // An option without a value is taken away (manual, "ALTER TEXT SEARCH DICTIONARY").
        let list: Vec<String> = gone.chain(set).collect();
        Alteration::InPlace(vec![Statement::new(format!(
            "ALTER {} ({})",
            self.address(to),
            list.join(", ")
        ))])
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), Misfit> {
        common::check::<Dictionary>(name, value)
    }
}

/// The list that PostgreSQL stores as text (`serialize_deflist` in tsearchcmds.c), taken apart.
fn options(text: Option<&str>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let (mut quoted, mut start) = (false, 0);
    let text = text.unwrap_or_default();
    let mut add = |item: &str| {
        if let Some((name, value)) = item.split_once(" = ") {
            out.insert(name.trim().to_owned(), value.to_owned());
        }
    };
    for (at, c) in text.char_indices() {
        match c {
            '\'' | '"' => quoted = !quoted,
            ',' if !quoted => {
                add(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    add(&text[start..]);
    out
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn options_are_taken_apart_outside_quotes() {
        let list = options(Some("language = 'eng''l, ish', stopwords = 'x', minlen = 2"));
        let expected = [("language", "'eng''l, ish'"), ("minlen", "2"), ("stopwords", "'x'")];
        assert!(list.iter().map(|(n, v)| (n.as_str(), v.as_str())).eq(expected));
    }
}
