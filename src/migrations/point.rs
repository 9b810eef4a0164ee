//! Points of a history as people name them: `base`, `head~2`, `-1`, a prefix, a slug.

use std::collections::BTreeSet;

use super::{History, Migration};

/// A text that names no point of a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// No migration is called so.
    #[error("there is no migration `{text}`")]
    Unknown {
        /// What was written.
        text: String,
        /// The name that looks most like it.
        near: Option<String>,
    },
    /// Several are.
    #[error("`{text}` may be any of {}", list(names))]
    Several {
        /// What was written.
        text: String,
        /// Those that fit.
        names: Vec<String>,
    },
    /// `head` of a history that has none or several.
    #[error("`head` is none of one: the history has {} heads{}", heads.len(), colon(heads))]
    Heads {
        /// What there is.
        heads: Vec<String>,
    },
    /// More steps than there are migrations.
    #[error("`{text}` leads {} of the history, which has {there} migrations there", if *back { "before the start" } else { "beyond the end" })]
    Beyond {
        /// What was written.
        text: String,
        /// Whether it counts back.
        back: bool,
        /// How many migrations there are that way.
        there: usize,
    },
    /// A point before the first migration where a migration is asked for.
    #[error("`{text}` is before the first migration")]
    Base {
        /// What was written.
        text: String,
    },
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn colon(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": {}", list(names)) }
}

impl PointError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "P0032"
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Unknown { near: Some(name), .. } => format!("did you mean `{name}`?"),
            Self::Unknown { .. } => "`driftless history` lists them".to_owned(),
            Self::Several { .. } => "write more of the name".to_owned(),
            Self::Heads { heads } if heads.is_empty() => return None,
            Self::Heads { .. } => "name one of them; `heads` stands for all".to_owned(),
            Self::Beyond { .. } | Self::Base { .. } => return None,
        })
    }
}

impl History {
    /// The migrations up to the point that a text names, in the order in which they apply.
    ///
    /// `base` is before the first, `head` after the last, `heads` after all of them where there are
    /// several ends. `NAME~2` and `NAME+2` count back and on from there in that order, so that a
    /// merge on the way leaves no choice; `-2` and `+2` do from where `here` stands, or from the
    /// head.
    ///
    /// # Errors
    /// When it names none, or more than one.
    pub fn upto_point(
        &self,
        text: &str,
        here: Option<&BTreeSet<&str>>,
    ) -> Result<Vec<&Migration>, PointError> {
        if self.get(text).is_some() {
            return Ok(self.upto(text));
        }
        let Some((start, back, steps)) = relative(text) else { return self.upto_name(text) };
        let from = match (start, here) {
            ("", Some(here)) => {
                self.iter().filter(|migration| here.contains(migration.name.as_str())).collect()
            }
            ("", None) => self.upto_name("head")?,
            (name, _) => self.upto_name(name)?,
        };
        let beyond = |there| PointError::Beyond { text: text.to_owned(), back, there };
        if back {
            let left = from.len().checked_sub(steps).ok_or_else(|| beyond(from.len()))?;
            return Ok(from[..left].to_vec());
        }
        let inside: BTreeSet<&str> = from.iter().map(|m| m.name.as_str()).collect();
        let rest: Vec<_> = self.iter().filter(|m| !inside.contains(m.name.as_str())).collect();
        let more: BTreeSet<&str> = rest
            .get(..steps)
            .ok_or_else(|| beyond(rest.len()))?
            .iter()
            .map(|migration| migration.name.as_str())
            .collect();
        let wanted = |name: &str| inside.contains(name) || more.contains(name);
        Ok(self.iter().filter(|migration| wanted(&migration.name)).collect())
    }

    /// The one migration that a text names: the last of those up to that point.
    ///
    /// # Errors
    /// When it names none, or more than one.
    pub fn at_point(&self, text: &str) -> Result<&Migration, PointError> {
        if let Some((_, false, steps)) = relative(text)
            && steps > 0
            && self.get(text).is_none()
        {
            let inside: BTreeSet<&str> = self
                .upto_point(&text[..text.rfind('+').unwrap_or(0)], None)
                .unwrap_or_default()
                .iter()
                .map(|migration| migration.name.as_str())
                .collect();
            let all = self.upto_point(text, None)?;
            if let Some(last) = all.iter().rfind(|m| !inside.contains(m.name.as_str())) {
                return Ok(last);
            }
        }
        let all = self.upto_point(text, None)?;
        all.last().copied().ok_or_else(|| PointError::Base { text: text.to_owned() })
    }

    fn upto_name(&self, text: &str) -> Result<Vec<&Migration>, PointError> {
        match text {
            "base" => return Ok(Vec::new()),
            "heads" => return Ok(self.iter().collect()),
            "head" => {
                let heads = self.heads();
                return match heads.as_slice() {
                    [head] => Ok(self.upto(head)),
                    _ => {
                        let heads = heads.into_iter().map(str::to_owned).collect();
                        Err(PointError::Heads { heads })
                    }
                };
            }
            _ => {}
        }
        match self.find(text).as_slice() {
            [one] => Ok(self.upto(&one.name)),
            [] => {
                let near = self
                    .iter()
                    .map(|m| (strsim::damerau_levenshtein(&m.name, text), &m.name))
                    .min()
                    .filter(|(distance, _)| *distance <= 6)
                    .map(|(_, name)| name.clone());
                Err(PointError::Unknown { text: text.to_owned(), near })
            }
            several => {
                let names = several.iter().map(|m| m.name.clone()).collect();
                Err(PointError::Several { text: text.to_owned(), names })
            }
        }
    }
}

/// Where to start (empty: where one stands), whether to go back, and how many steps.
fn relative(text: &str) -> Option<(&str, bool, usize)> {
    let at = text.rfind(['~', '+', '-'])?;
    let (start, steps) = (&text[..at], &text[at + 1..]);
    let back = !text[at..].starts_with('+');
    if text[at..].starts_with('-') && !start.is_empty() {
        // Folder names may hold a hyphen and a number.
        return None;
    }
    let steps = if steps.is_empty() && back && !start.is_empty() { "1" } else { steps };
    Some((start, back, steps.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::{Directory, Header};

    /// 1 ← 2 ← 3, 1 ← 4, and 5 follows 3 and 4.
    fn history() -> History {
        let parents: [(&str, &[&str]); 5] = [
            ("1_users", &[]),
            ("2_orders", &["1_users"]),
            ("3_totals", &["2_orders"]),
            ("4_notes", &["1_users"]),
            ("5_merge", &["3_totals", "4_notes"]),
        ];
        let migrations = parents.iter().map(|(name, parents)| {
            let parents = parents.iter().map(|p| (*p).to_owned()).collect();
            let header = Some(Header { parents, ..Header::default() });
            let name = (*name).to_owned();
            let (path, up, down) = (name.clone().into(), String::new(), None);
            (name.clone(), Migration { name, path, up, down, header })
        });
        History::of(Directory { path: "m".into(), migrations: migrations.collect() }).unwrap()
    }

    #[track_caller]
    fn check(text: &str, here: Option<&[&str]>, expected: &str) {
        let history = history();
        let here = here.map(|names| names.iter().copied().collect());
        let got: Vec<_> = match history.upto_point(text, here.as_ref()) {
            Ok(list) => list.iter().map(|m| m.name[..1].to_owned()).collect(),
            Err(error) => vec![error.to_string()],
        };
        assert_eq!(got.join(" "), expected, "{text}");
    }

    #[test]
    fn points_are_named_in_many_ways() {
        check("base", None, "");
        check("head", None, "1 2 3 4 5");
        check("heads", None, "1 2 3 4 5");
        check("4", None, "1 4");
        check("notes", None, "1 4");
        check("head~", None, "1 2 3 4");
        check("head~2", None, "1 2 3");
        check("3_to~1", None, "1 2");
        check("base+2", None, "1 2");
        check("-1", None, "1 2 3 4");
        check("-1", Some(&["1_users", "4_notes"]), "1");
        check("+1", Some(&["1_users", "4_notes"]), "1 2 4");
        check(
            "head~9",
            None,
            "`head~9` leads before the start of the history, which has 5 \
              migrations there",
        );
        check("9_x", None, "there is no migration `9_x`");
    }

    #[test]
    fn one_migration_is_the_last_of_those_up_to_the_point() {
        let history = history();
        let at = |text| history.at_point(text).map(|m| m.name.as_str());
        assert_eq!(at("head~1"), Ok("4_notes"));
        assert_eq!(at("4_notes+1"), Ok("2_orders"));
        assert_eq!(at("base"), Err(PointError::Base { text: "base".to_owned() }));
    }
}
