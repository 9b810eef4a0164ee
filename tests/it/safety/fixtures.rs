//! Each hazard's bad script has it and its good script does not.

use driftless::lint::{Class, HAZARDS};

use super::{codes, look};

#[test]
fn bad_scripts_have_their_hazard_and_good_ones_do_not() {
    let mut wrong = Vec::new();
    for hazard in HAZARDS {
        let id = hazard.code.id;
        let bad = look(hazard.bad, id);
        if !codes(&bad).contains(&id) {
            wrong.push(format!("{id}: bad.sql has only {:?}", codes(&bad)));
        }
        let good = look(hazard.good, id);
        if codes(&good).contains(&id) {
            wrong.push(format!("{id}: good.sql has it too"));
        }
        // What is shown as the way to do it must not block either.
        let blocks = |c: Class| matches!(c, Class::Lock | Class::Failure);
        let other: Vec<_> = good
            .findings
            .iter()
            .filter(|f| blocks(f.class()) && f.counts())
            .map(|f| (f.hazard.code.id, &f.message))
            .collect();
        if !other.is_empty() {
            wrong.push(format!("{id}: good.sql has {other:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
