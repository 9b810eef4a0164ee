//! Real Prisma projects, adopted as they stand: their histories run, `check` says what Prisma's
//! engine says, `pull` leaves their models alone, `dev` writes the migration of one edit.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    corpus,
    support::{Ran, Sandbox, setting},
};

/// Objects in which a project's last migration and its model differ, as Prisma sees it too, and how
/// many of them the language has no words for, so that they stay after a pull; `docs/prisma.md` says
/// what they are. Projects that are not named here agree.
const DIFFER: &[(&str, usize, usize)] =
    &[("hoppscotch", 4, 0), ("inbox-zero", 8, 0), ("peppermint", 2, 2), ("trigger.dev", 43, 10)];

/// Projects that cannot be tried here, and what is said about them.
const REFUSED: &[(&str, &str)] = &[
    // Steps of the project's own runner, in TypeScript: Prisma refuses them as well (P3015).
    ("formbricks", "P0017"),
    ("briefer", "extension \"vector\" is not available"),
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The texts of all files of the model.
fn model(root: &Path) -> Vec<(PathBuf, String)> {
    let schema = root.join("schema.prisma");
    let files =
        if schema.exists() { vec![schema] } else { corpus::files(&root.join("schema"), "") };
    files.into_iter().map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect()
}

/// How many objects `check` finds to differ.
fn differing(ran: &Ran) -> usize {
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    json["changes"].as_array().map_or(usize::MAX, Vec::len)
}

/// Gives the first model one field more.
fn edit(root: &Path) {
    let (file, text) = model(root).into_iter().find(|(_, text)| text.contains("\nmodel ")).unwrap();
    let at = text.find("\nmodel ").unwrap();
    let brace = at + text[at..].find('{').unwrap() + 1;
    fs::write(file, format!("{}\n  driftlessNote String?{}", &text[..brace], &text[brace..]))
        .unwrap();
}

/// What is wrong with a project.
fn check(project: &Path, name: &str) -> Result<(), String> {
    let sandbox = Sandbox::new();
    let root = sandbox.dir.path();
    copy(project, root);
    let wrong =
        |what: &str, ran: &Ran| Err(format!("{name}: {what}: {}\n{}", ran.stderr, ran.stdout));
    let ran = sandbox.run(&["init", "--from-prisma", "."]);
    if ran.status != 0 {
        return wrong("init", &ran);
    }
    let ran = sandbox.run(&["check", "--json"]);
    if let Some((_, reason)) = REFUSED.iter().find(|(project, _)| *project == name) {
        let said = ran.status > 1 && ran.stderr.contains(reason);
        return if said { Ok(()) } else { wrong("not refused", &ran) };
    }
    let (expected, stays) =
        DIFFER.iter().find(|(project, ..)| *project == name).map_or((0, 0), |(_, n, s)| (*n, *s));
    if ran.status != i32::from(expected > 0) || differing(&ran) != expected {
        return wrong(&format!("check finds {} instead of {expected}", differing(&ran)), &ran);
    }
    let ran = sandbox.run(&["deploy"]);
    if ran.status != 0 {
        return wrong("deploy", &ran);
    }
    up_to_date(&sandbox, &root.join("migrations")).map_err(|error| format!("{name}: {error}"))?;
    let before = model(root);
    let ran = sandbox.run(&["pull", "--in-place"]);
    if ran.status != 0 || (expected == stays) != (model(root) == before) {
        return wrong("pull", &ran);
    }
    let ran = sandbox.run(&["check", "--json"]);
    if differing(&ran) != stays {
        return wrong(&format!("{} differ after pull", differing(&ran)), &ran);
    }
    edit(root);
    let ran = sandbox.run(&["dev", "-n", "note"]);
    let file = root.join(ran.stdout.trim());
    let written = fs::read_to_string(&file).unwrap_or_default();
    let column = "ADD COLUMN \"driftlessNote\" text;";
    let added = written.matches("ADD COLUMN").count() == 1 && written.contains(column);
    let statements = written.matches(";\n").count();
    if ran.status != 0 || !added || stays == 0 && statements != 3 {
        return Err(format!("{name}: dev wrote {written}\n{}", ran.stderr));
    }
    let ran = sandbox.run(&["check"]);
    if ran.status != 0 {
        return wrong("check after dev", &ran);
    }
    let ran = sandbox.run(&["status", "--exit-code"]);
    if ran.status == 0 { Ok(()) } else { wrong("status", &ran) }
}

#[test]
#[allow(clippy::print_stderr, reason = "a measurement says what it found")]
fn projects_are_adopted_as_they_stand() {
    let Some(folder) = corpus::folder("prisma-projects") else { return };
    let wanted = setting("DRIFTLESS_CASE").unwrap_or_default();
    let mut projects: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().flatten().map(|e| e.path()).collect();
    projects.retain(|path| path.to_string_lossy().contains(&wanted));
    projects.sort();
    let mut wrong = Vec::new();
    for project in &projects {
        let name = project.file_name().unwrap().to_string_lossy().into_owned();
        let start = std::time::Instant::now();
        wrong.extend(check(project, &name).err());
        eprintln!("{name}: {:.1} s", start.elapsed().as_secs_f64());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What Prisma asks of its ledger before it says that a database is up to date: each folder has an
/// applied row with the checksum of its script, none is failed, none is of another migration.
fn up_to_date(sandbox: &Sandbox, folder: &Path) -> Result<(), String> {
    let scripts = corpus::files(folder, "migration.sql");
    for script in &scripts {
        let name = script.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let checksum: String = Sha256::digest(fs::read(script).unwrap())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let applied = sandbox.value(&format!(
            "SELECT count(*) FROM _prisma_migrations WHERE migration_name = '{name}' \
             AND checksum = '{checksum}' AND finished_at IS NOT NULL AND rolled_back_at IS NULL \
             AND applied_steps_count = 1 AND id ~ '^[0-9a-f-]{{36}}$' AND started_at <= finished_at"
        ));
        if applied != "1" {
            return Err(format!("{applied} applied rows of {name}"));
        }
    }
    let all = sandbox.value(
        "SELECT count(*) FILTER (WHERE rolled_back_at IS NULL) || ' ' || \
         count(*) FILTER (WHERE finished_at IS NULL AND rolled_back_at IS NULL) \
         FROM _prisma_migrations",
    );
    let expected = format!("{} 0", scripts.len());
    if all == expected { Ok(()) } else { Err(format!("{all} rows instead of {expected}")) }
}

#[test]
fn a_database_that_prisma_migrated_is_continued() {
    let Some(folder) = corpus::folder("prisma-projects/boxyhq-saas-starter-kit") else { return };
    let sandbox = Sandbox::new();
    let root = sandbox.dir.path();
    copy(&folder, root);
    sandbox.run(&["init", "--from-prisma", "."]).expect(0);
    // What Prisma does for a migration, as its engine does it.
    sandbox.sql(
        "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, \
         checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT \
         NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT \
         now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)",
    );
    let migrations = root.join("migrations");
    for script in corpus::files(&migrations, "migration.sql").iter().take(5) {
        let name = script.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(script).unwrap();
        let checksum: String =
            Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        sandbox.sql(&format!(
            "INSERT INTO _prisma_migrations (id, checksum, migration_name) \
             VALUES (gen_random_uuid()::text, '{checksum}', '{name}')"
        ));
        sandbox.sql(&text);
        sandbox.sql(&format!(
            "UPDATE _prisma_migrations SET finished_at = now(), \
             applied_steps_count = applied_steps_count + 1 WHERE migration_name = '{name}'"
        ));
    }
    sandbox.run(&["status", "--exit-code"]).expect(1).prints("pending");
    sandbox.run(&["deploy"]).expect(0);
    up_to_date(&sandbox, &migrations).unwrap();
    edit(root);
    sandbox.run(&["dev", "-n", "note"]).expect(0);
    up_to_date(&sandbox, &migrations).unwrap();
    sandbox.run(&["status", "--exit-code"]).expect(0);
}
