//! The benchmark of linters: statements of which servers showed what they do.

use std::{collections::BTreeMap, fs, path::PathBuf};

use driftless::lint::{Class, Known, Level, Options, check};
use serde_json::Value;

/// The tables that every statement of the benchmark finds, with their rows.
const TABLES: &str = "
    CREATE SCHEMA s;
    SET search_path = s, public;
    CREATE TABLE p (id bigint PRIMARY KEY, name text, code int NOT NULL UNIQUE);
    CREATE TABLE t (id bigint PRIMARY KEY, a int, b text, c varchar(50), p_id bigint,
                    nn int NOT NULL DEFAULT 1);";

/// The directory with other people's cases.
pub(super) fn corpus() -> Option<PathBuf> {
    match std::env::var_os("DRIFTLESS_CORPUS") {
        Some(path) => Some(PathBuf::from(path).join("safety")),
        None => {
            eprintln!("skipped: DRIFTLESS_CORPUS is not set");
            None
        }
    }
}

/// Reads a file of the corpus.
pub(super) fn read(name: &str) -> Option<Value> {
    let path = corpus()?.join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

/// Statements that make what a case is about, by case; from the cases themselves, or from the
/// file of all measurements beside the corpus.
fn setups() -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    let mut add = |cases: &Value| {
        for case in cases.as_array().into_iter().flatten() {
            let text = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
            found.insert(text("id"), (text("setup"), text("pre")));
        }
    };
    let all = corpus().unwrap().join("../../research/locks.json");
    if let Ok(text) = fs::read_to_string(all) {
        add(&serde_json::from_str::<Value>(&text).unwrap()["cases"]);
    }
    add(&read("measured_cases.json").unwrap());
    found
}

/// How many of the dangerous and of the harmless statements are flagged.
#[derive(Default, Debug)]
struct Score {
    dangerous: usize,
    caught: usize,
    harmless: usize,
    disturbed: usize,
    wrong: Vec<String>,
}

impl Score {
    fn count(&mut self, case: &Value, flagged: bool) {
        let dangerous = case["dangerous"].as_bool().unwrap();
        if dangerous {
            self.dangerous += 1;
            self.caught += usize::from(flagged);
        } else {
            self.harmless += 1;
            self.disturbed += usize::from(flagged);
        }
        if dangerous != flagged {
            let kind = if dangerous { "missed" } else { "disturbed" };
            self.wrong.push(format!("{kind} {}: {}", case["id"], case["sql"]));
        }
    }

    fn caught_percent(&self) -> f64 {
        100.0 * self.caught as f64 / self.dangerous as f64
    }

    fn disturbed_percent(&self) -> f64 {
        100.0 * self.disturbed as f64 / self.harmless as f64
    }

    fn show(&self, name: &str) {
        eprintln!(
            "{name}: {} of {} dangerous flagged ({:.1} %), {} of {} harmless ({:.1} %)",
            self.caught,
            self.dangerous,
            self.caught_percent(),
            self.disturbed,
            self.harmless,
            self.disturbed_percent()
        );
        self.wrong.iter().for_each(|line| eprintln!("  {line}"));
    }
}

/// Whether others would wait for long: a finding of class `lock` that counts.
fn flagged(sql: &str, known: &Known, options: &Options) -> bool {
    let report = check(sql, known, options);
    report.findings.iter().any(|f| f.class() == Class::Lock && f.level >= Level::Warning)
}

#[test]
fn with_the_schema_at_hand() {
    let Some(bench) = read("linter_bench.json") else { return };
    let setups = setups();
    let mut score = Score::default();
    for case in bench.as_array().unwrap() {
        let Some((setup, pre)) = setups.get(case["id"].as_str().unwrap()) else { continue };
        let known = Known::from_sql(17, &format!("{TABLES}{setup};"));
        // The measured servers ran in UTC.
        let options = Options::default();
        let script = format!("SET timezone = 'Etc/UTC'; {pre};{}", case["sql"].as_str().unwrap());
        score.count(case, flagged(&script, &known, &options));
    }
    score.show("with the schema");
    assert!(score.caught_percent() >= 98.0 && score.disturbed_percent() <= 2.0);
}

#[test]
fn from_the_text_alone() {
    let Some(bench) = read("linter_bench.json") else { return };
    let mut score = Score::default();
    for case in bench.as_array().unwrap() {
        let sql = case["sql"].as_str().unwrap();
        score.count(case, flagged(sql, &Known::nothing(17), &Options::default()));
    }
    score.show("from the text alone");
    for peer in ["squawk", "eugene", "pgfence"] {
        let mut other = Score::default();
        for case in bench.as_array().unwrap() {
            let said = &case[if peer == "pgfence" { "pgfence_flag" } else { peer }];
            let flag = said.as_bool().unwrap_or_else(|| !said.as_array().unwrap().is_empty());
            other.count(case, flag);
        }
        other.wrong.clear();
        other.show(peer);
        assert!(score.caught_percent() >= other.caught_percent(), "{peer} catches more");
        assert!(score.disturbed_percent() <= other.disturbed_percent(), "{peer} disturbs less");
    }
}
