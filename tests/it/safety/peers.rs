//! What other linters find in their own cases: whatever they rightly find is found here too.

use std::collections::BTreeSet;

use driftless::lint::{
    Class, HAZARDS, Known, Level, Options, Report, Transactions, check, check_and_learn,
};
use serde_json::Value;

use super::{bench::read, codes};

/// Every hazard at least as a note.
fn everything() -> Options {
    let off = HAZARDS.iter().filter(|h| h.level == Level::Off);
    let levels = off.map(|h| (h.code.id.to_owned(), Level::Warning)).collect();
    Options { levels, ..Options::default() }
}

/// Whether one of the hazards is there: as a remark too where the other linter finds it, as a
/// finding where it does not.
fn has(report: &Report, wanted: &BTreeSet<String>, expected: bool) -> bool {
    let loud = |level: Level| if expected { level > Level::Off } else { level > Level::Note };
    report.findings.iter().any(|f| wanted.contains(f.hazard.code.id) && loud(f.level))
}

/// Which hazards stand for a rule of another linter.
fn standing_for(rules: &[(&str, &str)], rule: &str) -> BTreeSet<String> {
    let found = rules.iter().filter(|(name, _)| *name == rule);
    found.flat_map(|(_, codes)| codes.split(' ').map(str::to_owned)).collect()
}

/// Cases that end otherwise here, with the reason; an asterisk stands for the rest of a name.
/// `docs/safety.md` has each with the measurement behind it.
type Disagreements = &'static [(&'static str, &'static str)];

/// Compares verdicts and fails on any difference that is not listed, and on any listed one that is
/// gone.
struct Comparison {
    name: &'static str,
    agreed: usize,
    listed: Disagreements,
    seen: BTreeSet<&'static str>,
    wrong: Vec<String>,
}

impl Comparison {
    fn new(name: &'static str, listed: Disagreements) -> Self {
        Self { name, agreed: 0, listed, seen: BTreeSet::new(), wrong: Vec::new() }
    }

    fn case(&mut self, id: &str, expected: bool, found: bool, detail: impl FnOnce() -> String) {
        if expected == found {
            self.agreed += 1;
        } else if let Some((listed, _)) = self.listed.iter().find(|(listed, _)| is(listed, id)) {
            self.seen.insert(listed);
        } else {
            let verdict = if expected { "misses" } else { "disturbs" };
            self.wrong.push(format!("{verdict} {id}: {}", detail()));
        }
    }

    fn finish(self) {
        let gone: Vec<_> = self.listed.iter().filter(|(id, _)| !self.seen.contains(id)).collect();
        eprintln!("{}: {} agreed, {} listed otherwise", self.name, self.agreed, self.seen.len());
        assert!(self.wrong.is_empty(), "{}:\n{}", self.name, self.wrong.join("\n"));
        assert!(gone.is_empty(), "{}: no longer different: {gone:?}", self.name);
    }
}

fn is(listed: &str, id: &str) -> bool {
    listed.strip_suffix('*').map_or(listed == id, |start| id.starts_with(start))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn squashed(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

const SQUAWK: &[(&str, &str)] = &[
    ("adding-field-with-default", "H0113 H0116"),
    ("adding-foreign-key-constraint", "H0105 H0202"),
    ("adding-not-nullable-field", "H0110"),
    ("adding-required-field", "H0401"),
    ("adding-serial-primary-key-field", "H0106 H0107 H0114"),
    ("ban-add-column", "H0516"),
    ("ban-alter-domain-with-add-constraint", "H0129"),
    ("ban-alter-function-options", "H0806"),
    ("ban-alter-generated-expression", "H0116 H0511"),
    ("ban-alter-role-options", "H0805"),
    ("ban-alter-view-options", "H0511"),
    ("ban-char-field", "H0902"),
    ("ban-concurrent-index-creation-in-transaction", "H0601"),
    ("ban-create-domain-with-constraint", "H0915"),
    ("ban-disable-trigger", "H0802 H0804"),
    ("ban-drop-column", "H0302"),
    ("ban-drop-constraint", "H0512"),
    ("ban-drop-database", "H0306"),
    ("ban-drop-domain", "H0310"),
    ("ban-drop-extension", "H0310"),
    ("ban-drop-function", "H0514"),
    ("ban-drop-index", "H0513"),
    ("ban-drop-not-null", "H0506"),
    ("ban-drop-policy", "H0803"),
    ("ban-drop-schema", "H0306"),
    ("ban-drop-sequence", "H0309"),
    ("ban-drop-type", "H0310"),
    ("ban-drop-view", "H0514"),
    ("ban-duplicate-column-assignments", "H0409"),
    ("ban-replace-view-function", "H0511"),
    ("ban-replica-identity", "H0518"),
    ("ban-revoke", "H0805"),
    ("ban-set-default", "H0507"),
    ("ban-set-schema", "H0503"),
    ("ban-truncate-cascade", "H0305"),
    ("ban-uncommitted-transaction", "H0604"),
    ("changing-column-type", "H0119 H0120 H0517 H0519"),
    ("constraint-missing-not-valid", "H0104 H0105 H0106 H0107 H0111"),
    ("disallowed-unique-constraint", "H0106"),
    ("identifier-too-long", "H0408"),
    ("prefer-bigint-over-int", "H0916"),
    ("prefer-bigint-over-smallint", "H0914"),
    ("prefer-identity", "H0905"),
    ("prefer-repack", "H0125"),
    ("prefer-robust-stmts", "H0911"),
    ("prefer-text-field", "H0903"),
    ("prefer-timestamp-tz", "H0904"),
    ("renaming-column", "H0502 H0517"),
    ("renaming-object", "H0503 H0509 H0510"),
    ("require-concurrent-index-creation", "H0101"),
    ("require-concurrent-index-deletion", "H0204"),
    ("require-concurrent-partition-detach", "H0205"),
    ("require-concurrent-reindex", "H0103"),
    ("require-enum-value-ordering", "H0907"),
    ("require-statement-timeout", "H0201"),
    ("require-table-schema", "H0908"),
    ("require-timeout-settings", "H0201"),
    ("transaction-nesting", "H0603"),
];

const ONE_ROW: &str = "a table of one row or none, made by the script: nothing takes long on it";
const NO_TABLE: &str = "no table is locked so that anyone waits";

const SQUAWK_OTHERWISE: Disagreements = &[
    ("adding-serial-primary-key-field/new_tables_without_transaction_err", ONE_ROW),
    ("constraint-missing-not-valid/created_table_after_commit_err", ONE_ROW),
    ("constraint-missing-not-valid/new_tables_without_transaction_err", ONE_ROW),
    ("require-concurrent-index-creation/created_table_after_commit_err", ONE_ROW),
    ("prefer-repack/vacuum_full_below_pg19_ok", "it blocks on every version"),
    ("require-timeout-settings/err_missing_statement_timeout", "lock_timeout bounds the waiting"),
    ("require-timeout-settings/err_other_ddl_operations", NO_TABLE),
    ("require-timeout-settings/err_lock_access_share_uses_correct_article", NO_TABLE),
];

#[test]
fn squawk() {
    let Some(cases) = read("squawk_rules.json") else { return };
    let mut comparison = Comparison::new("squawk", SQUAWK_OTHERWISE);
    for case in cases.as_array().unwrap() {
        let (rule, sql) = (text(case, "rule"), text(case, "sql"));
        let wanted = standing_for(SQUAWK, rule);
        assert!(!wanted.is_empty(), "{rule} has no hazard that stands for it");
        let mut options = everything();
        let assumes = case["settings"]["assume_in_transaction"] == true
            && !sql.contains("squawk-disable-assume-in-transaction");
        options.transactions = if assumes { Transactions::Whole } else { Transactions::Each };
        let version = case["settings"]["pg_version"].as_str().and_then(|v| v.parse().ok());
        let report = check(sql, &Known::nothing(version.unwrap_or(17)), &options);
        let expected = text(case, "expect") == "err";
        let found = has(&report, &wanted, expected);
        let id = format!("{rule}/{}", text(case, "test"));
        comparison.case(&id, expected, found, || format!("{} {:?}", squashed(sql), codes(&report)));
    }
    comparison.finish();
}

const EUGENE: &[(&str, &str)] = &[
    ("E1", "H0104"),
    ("E2", "H0110"),
    ("E3", "H0515"),
    ("E4", "H0130"),
    ("E5", "H0119"),
    ("E6", "H0101"),
    ("E7", "H0106 H0107"),
    ("E8", "H0109"),
    ("E9", "H0201"),
    ("E10", "H0119"),
    ("E11", "H0114 H0116"),
    ("E15", "H0710"),
    ("W12", "H0705"),
    ("W13", "H0912"),
    ("W14", "H0108"),
];

const EUGENE_OTHERWISE: Disagreements =
    &[("test_altered_table_several_times", "neither reads the table, and the lock is taken once")];

/// Scripts one after another: each one's effects are there before the next.
fn run_scripts(scripts: &[&str], options: &Options) -> Report {
    let mut known = Known::nothing(17);
    let mut report = Report::default();
    for script in scripts {
        report = Report {
            findings: [report.findings, check_and_learn(script, &mut known, options).findings]
                .concat(),
            ..Report::default()
        };
    }
    report
}

#[test]
fn eugene() {
    let Some(cases) = read("eugene_examples.json") else { return };
    let mut comparison = Comparison::new("eugene", EUGENE_OTHERWISE);
    let options = Options { transactions: Transactions::Whole, ..everything() };
    for case in cases.as_array().unwrap() {
        let rule = text(case, "rule");
        let scripts: Vec<&str> =
            case["scripts"].as_array().unwrap().iter().map(|s| text(s, "sql")).collect();
        let report = run_scripts(&scripts, &options);
        let wanted = standing_for(EUGENE, rule);
        let expected = text(case, "expect") == "err";
        let found = has(&report, &wanted, expected);
        let id = format!("{rule}/{}", text(case, "expect"));
        comparison.case(&id, expected, found, || {
            format!("{} {:?}", squashed(&scripts.join(" | ")), codes(&report))
        });
    }
    for case in read("eugene_unit.json").unwrap().as_array().unwrap() {
        let (rule, sql) = (text(case, "rule"), text(case, "sql"));
        let report = check(sql, &Known::nothing(17), &options);
        let wanted = standing_for(EUGENE, rule);
        let expected = text(case, "expect") == "err";
        let found = has(&report, &wanted, expected);
        comparison.case(text(case, "test"), expected, found, || {
            format!("{} {:?}", squashed(sql), codes(&report))
        });
    }
    comparison.finish();
}

const PGFENCE: &[(&str, &str)] = &[
    ("add-column-constant-default", "H0516"),
    ("add-column-non-constant-default", "H0113"),
    ("add-column-not-null-no-default", "H0401"),
    ("add-column-serial", "H0114"),
    ("add-column-stored-generated", "H0116"),
    ("alter-column-set-not-null", "H0110"),
    ("alter-column-type", "H0119"),
    ("concurrent-in-transaction", "H0601"),
    ("create-index-not-concurrent", "H0101"),
    ("delete-without-where", "H0304"),
    ("drop-column", "H0302"),
    ("drop-table", "H0301"),
    ("missing-lock-timeout", "H0201"),
    ("missing-statement-timeout", "H0201"),
    ("prefer-bigint-over-int", "H0916"),
    ("prefer-robust-create-index", "H0911"),
    ("prefer-robust-drop-table", "H0911"),
    ("prefer-text-field", "H0903"),
    ("prefer-timestamptz", "H0904"),
    ("rename-column", "H0502"),
    ("rename-table", "H0501"),
    ("statement-after-access-exclusive", "H0130 H0203"),
    ("truncate", "H0303"),
    ("truncate-cascade", "H0303"),
    ("vacuum-full", "H0125"),
    ("validate-constraint", "H0402"),
    // Settings that the executor makes; a script has nothing to do with them.
    ("missing-application-name", ""),
    ("missing-idle-timeout", ""),
];

const PGFENCE_OTHERWISE: Disagreements = &[
    ("enum-no-ordering.sql/missing-lock-timeout", NO_TABLE),
    ("enum-no-ordering.sql/missing-statement-timeout", NO_TABLE),
    ("enum-with-ordering.sql/missing-lock-timeout", NO_TABLE),
    ("enum-with-ordering.sql/missing-statement-timeout", NO_TABLE),
];

#[test]
fn pgfence() {
    let Some(cases) = read("pgfence_fixtures.json") else { return };
    let mut comparison = Comparison::new("pgfence", PGFENCE_OTHERWISE);
    // Its files do not say who runs them: in a transaction or statement by statement.
    let whole = Options { transactions: Transactions::Whole, ..everything() };
    let each = Options { transactions: Transactions::Each, ..everything() };
    for case in cases.as_array().unwrap() {
        let sql = text(case, "sql");
        let mut report = check(sql, &Known::nothing(17), &whole);
        report.findings.extend(check(sql, &Known::nothing(17), &each).findings);
        for rule in case["pgfence_0_1_5_rule_ids"].as_array().into_iter().flatten() {
            let rule = rule.as_str().unwrap();
            let wanted = standing_for(PGFENCE, rule);
            assert!(!wanted.is_empty(), "{rule} has no hazard that stands for it");
            let found =
                wanted.contains("") || codes(&report).iter().any(|code| wanted.contains(*code));
            let id = format!("{}/{rule}", text(case, "file"));
            comparison.case(&id, true, found, || format!("{} {:?}", squashed(sql), codes(&report)));
        }
    }
    comparison.finish();
}

const DIESEL_OTHERWISE: Disagreements =
    &[("safety_assured_multiple", "its own comments switch its own rules off")];

#[test]
fn diesel_guard() {
    let Some(cases) = read("diesel_guard_fixtures.json") else { return };
    let mut comparison = Comparison::new("diesel-guard", DIESEL_OTHERWISE);
    for case in cases.as_array().unwrap() {
        let sql = text(case, "sql");
        let bad = text(case, "expect") == "err";
        // It looks for choices of style too, each in a case of its own that expects to be told.
        let mut options = if bad { everything() } else { Options::default() };
        options.transactions = Transactions::Each;
        options.levels.insert("no-lock-timeout".to_owned(), Level::Off);
        let report = check(sql, &Known::nothing(17), &options);
        let found = report.findings.iter().any(|f| f.counts());
        let id = text(case, "case");
        comparison.case(id, bad, found, || format!("{} {:?}", squashed(sql), codes(&report)));
    }
    comparison.finish();
}

const DJANGO_OTHERWISE: Disagreements = &[
    (
        "test_create_index_concurrently/ok",
        "duplicates leave an invalid index with a predicate or not",
    ),
    ("test_create_index_exclusive_no_lock/ok", "the index is built while writes wait"),
];

#[test]
fn django_migration_linter() {
    let Some(cases) = read("django_linter_pg.json") else { return };
    let mut comparison = Comparison::new("django-migration-linter", DJANGO_OTHERWISE);
    let mut options = Options { transactions: Transactions::Each, ..Options::default() };
    options.levels.insert("no-lock-timeout".to_owned(), Level::Off);
    options.levels.insert("duplicates-leave-invalid-index".to_owned(), Level::Warning);
    for case in cases.as_array().unwrap() {
        let statements: Vec<&str> =
            case["sql"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
        let sql = statements.join(";\n");
        let report = check(&sql, &Known::nothing(17), &options);
        let found = report.findings.iter().any(|f| f.counts());
        let id = format!("{}/{}", text(case, "test"), text(case, "expect"));
        comparison.case(&id, text(case, "expect") != "ok", found, || {
            format!("{} {:?}", squashed(&sql), codes(&report))
        });
    }
    comparison.finish();
}

const SAFE_MIGRATE: &[(&str, &str)] = &[
    ("alter-index", "-"),
    ("alter-type-add-value-txn", "H0602"),
    ("blocking-constraint", "H0104 H0105 H0106 H0107 H0109"),
    ("blocking-mat-view-refresh", "H0126"),
    ("blocking-partition-mutation", "H0127 H0205"),
    ("broken-compute", "H0413 H0514"),
    ("chain-conflict", "H0406 H0407 H0409 H0412 H0413 H0601"),
    ("concurrent-in-transaction", "H0601"),
    ("create-table-as-select", "H0707"),
    ("destructive-cascade", "H0305"),
    ("destructive-general-cascade", "H0305"),
    ("disable-trigger", "H0804"),
    ("drop-database", "H0306"),
    ("drop-schema-cascade", "H0305"),
    ("function-volatility-change", "H0806"),
    ("irreversible-migration", "H0301 H0302"),
    ("missing-idempotency", "H0911"),
    ("opaque-dynamic-sql", "H0702 H0714"),
    ("overbroad-grant", "H0801"),
    ("partition-strategy-mismatch", "H0414"),
    ("partition_bounds", "-"),
    ("require-concurrent-index", "H0101 H0204"),
    ("require-concurrent-reindex", "H0103"),
    ("restrictive-policy", "H0803"),
    ("schema-drift", "H0406"),
    ("size-aware-add-column", "H0113"),
    ("type-change-rewrite", "H0119"),
    ("vacuum-full", "H0125"),
    ("volatile-default", "H0113"),
];

const BASELINE: &str = "needs the database of its own that the suite runs against";

const SAFE_MIGRATE_OTHERWISE: Disagreements = &[
    ("rule_20_alter-type-add-value-txn/*", "from 12 on only the use of the value is refused"),
    ("rule_09_blocking-constraint/006_set_storage.sql", "constant work"),
    ("rule_11_blocking-mat-view-refresh/*", "readers go on: EXCLUSIVE lets them"),
    ("rule_26_chain-conflict/004_conflict.sql", "no statement fails"),
    ("rule_26_chain-conflict/006_conflict.sql", "no statement fails"),
    ("rule_26_chain-conflict/01*", BASELINE),
    ("rule_26_chain-conflict/022_drop_range_constructor.sql", BASELINE),
    ("rule_06_create-table-as-select/004_ctas_no_data.sql", "no row is read"),
    ("rule_18_missing-idempotency/*", "a single statement has either run or not"),
    ("rule_13_partition-strategy-mismatch/*", BASELINE),
    ("rule_31_require-concurrent-reindex/001_reindex.sql", ONE_ROW),
    ("rule_25_schema-drift/*", BASELINE),
];

#[test]
fn safe_migrate() {
    let Some(cases) = read("safe_migrate_live_tests.json") else { return };
    let mut comparison = Comparison::new("safe-migrate", SAFE_MIGRATE_OTHERWISE);
    let options = everything();
    for case in cases.as_array().unwrap() {
        let (rule, sql) = (text(case, "rule"), text(case, "sql"));
        let wanted = standing_for(SAFE_MIGRATE, rule);
        assert!(!wanted.is_empty(), "{rule} has no hazard that stands for it");
        let report = check(sql, &Known::nothing(17), &options);
        let expected = text(case, "expect") == "err";
        let found = has(&report, &wanted, expected);
        comparison.case(text(case, "file"), expected, found, || {
            format!("{} {:?}", squashed(sql), codes(&report))
        });
    }
    comparison.finish();
}

#[test]
fn pg_blast_radius() {
    let Some(cases) = read("pg_blast_radius_fixtures.json") else { return };
    let options = Options { transactions: Transactions::Each, ..Options::default() };
    for case in cases.as_array().unwrap() {
        let (file, sql) = (text(case, "file"), text(case, "sql"));
        let report = check(sql, &Known::nothing(17), &options);
        let blocks = report.findings.iter().any(|f| f.class() == Class::Lock && f.counts());
        // Its fixtures name themselves; the safe pattern is one only where each statement commits.
        let expected = matches!(
            file,
            "multi_statement_dangerous.sql"
                | "set_not_null.sql"
                | "alter_type_timestamp.sql"
                | "alter_type_safe.sql"
        );
        assert_eq!(blocks, expected, "{file}: {:?}", codes(&report));
    }
}
