//! The worked example at the top level: its migrations lead to its model, there and back.

use std::{fs, path::Path};

use crate::support::{Sandbox, block_on, server};

#[test]
fn the_worked_example_agrees_with_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", &fs::read_to_string(root.join("schema.model")).unwrap());
    let mut count = 0;
    for migration in fs::read_dir(root.join("migrations")).unwrap() {
        let migration = migration.unwrap();
        count += 1;
        for file in fs::read_dir(migration.path()).unwrap() {
            let file = file.unwrap().path();
            let name = file.strip_prefix(root).unwrap().display().to_string();
            sandbox.write(&name, &fs::read_to_string(&file).unwrap());
        }
    }
    assert!(count >= 4, "{count} migrations");
    sandbox.run(&["validate"]).expect(0);
    sandbox.run(&["fmt", "--check"]).expect(0);
    sandbox.run(&["check"]).expect(0);
    let database = block_on(server().database()).unwrap();
    let url = database.url();
    sandbox.run(&["deploy", "--url", &url]).expect(0);
    sandbox.run(&["status", "--url", &url, "--exit-code"]).expect(0);
    let state = format!("db:{url}");
    sandbox.run(&["diff", "--from", &state, "--to", "schema.model", "--exit-code"]).expect(0);
    sandbox.run(&["rollback", "--url", &url, "--all"]).expect(0);
    sandbox.run(&["diff", "--from", "empty", "--to", &state, "--exit-code"]).expect(0);
}
