//! Random pairs of schemas, made of random changes of a database with every kind in it: from one to
//! the other and back, with the rows that are there.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use driftless::{
    db::{Connection, Error, ScratchDb},
    plan::{self, Mode},
    schema::Schema,
};

use crate::{
    catalog::{differences, read},
    mutations::{Base, Mutation, mutations},
    support::{Dice, block_on, setting},
};

const ROWS: &str = "
    INSERT INTO app.users (name, title, mood, age) VALUES ('a', 'x', 'ok', 1), ('b', 'y', 'sad', 2);
    INSERT INTO app.posts (author, body, published) VALUES (1, 'one', '2024-01-01'), (2, 'two', NULL);
    INSERT INTO app.orders (ref, customer, low, high, total, during, code, label)
        VALUES ('r1', 1, 1, 2, 5, '[2024-01-01,2024-01-02)', 'aaa', 'l'), ('r2', 2, 2, 3, 6, NULL, 'bbb', 'm');
    INSERT INTO app.lines VALUES (gen_random_uuid(), 1, 'k'), (gen_random_uuid(), 2, 'l');
    INSERT INTO app.offspring (a, c) VALUES (1, 1);
    INSERT INTO app.events VALUES ('2024-03-03', 'e');
    INSERT INTO app.reaches VALUES (1, '[1,5)');";

/// What a pair is made of: the changes that lead to each side.
#[derive(Clone)]
struct Pair {
    sides: [Vec<usize>; 2],
}

impl Pair {
    fn random(dice: &mut Dice, changes: usize) -> Self {
        let mut side = || {
            let count = 1 + dice.below(6);
            (0..count).map(|_| dice.below(changes)).collect()
        };
        Self { sides: [side(), side()] }
    }

    /// The pairs with one change less.
    fn smaller(&self) -> Vec<Self> {
        let mut out = Vec::new();
        for side in 0..2 {
            for n in 0..self.sides[side].len() {
                let mut less = self.clone();
                less.sides[side].remove(n);
                out.push(less);
            }
        }
        out
    }

    fn names(&self, changes: &[Mutation]) -> String {
        let list = |side: &[usize]| {
            side.iter().map(|n| changes[*n].name.as_str()).collect::<Vec<_>>().join(", ")
        };
        format!("[{}] → [{}]", list(&self.sides[0]), list(&self.sides[1]))
    }
}

struct Campaign {
    base: Base,
    changes: Vec<Mutation>,
}

impl Campaign {
    /// A database with those of the changes that go together.
    async fn side(&self, side: &[usize]) -> ScratchDb {
        let database = self.base.copy().await;
        database.run("filling", ROWS).await.expect("the base takes the rows");
        for change in side {
            let sql = format!("BEGIN;\n{}\nCOMMIT;", self.changes[*change].sql);
            if database.run("changing", &sql).await.is_err() {
                database.run("changing", "ROLLBACK").await.expect("a transaction can end");
            }
        }
        database
    }

    async fn check(&self, pair: &Pair) -> Result<(), String> {
        // See `mutations::ONE_WAY`: nothing leads back from these.
        let one_way = |n: &usize| crate::mutations::is_one_way(&self.changes[*n].name);
        if pair.sides[0].iter().chain(&pair.sides[1]).any(one_way) {
            return Ok(());
        }
        let (a, b) = (self.side(&pair.sides[0]).await, self.side(&pair.sides[1]).await);
        let (from, to) = (read(&a).await, read(&b).await);
        let mut result = lead(&a, &from, &to).await;
        if matches!(result, Ok(true)) {
            result = lead(&a, &to, &from).await;
        }
        for database in [a, b] {
            database.drop_database().await.expect("the database goes away");
        }
        result.map(|_| ())
    }

    /// A failure with as few changes as still make it.
    async fn shrink(&self, pair: Pair, error: String) -> (Pair, String) {
        let mut smallest = (pair, error);
        'again: loop {
            for less in smallest.0.smaller() {
                if let Err(error) = self.check(&less).await {
                    smallest = (less, error);
                    continue 'again;
                }
            }
            return smallest;
        }
    }
}

/// Leads a database from one schema to another; `false` where its rows do not allow it, which
/// `dev` and `deploy` find out before they begin.
async fn lead(database: &Connection, from: &Schema, to: &Schema) -> Result<bool, String> {
    let plan = plan::plan(from, to, Mode::Online).map_err(|error| error.to_string())?;
    let before = rows(database, from, to).await;
    for statement in plan.statements() {
        if let Err(error) = database.run("migrating", &statement.sql).await {
            if let Error::Statement { sqlstate, .. } = &error
                && (sqlstate.starts_with("22") || sqlstate.starts_with("23"))
            {
                return Ok(false);
            }
            return Err(format!("{error}\n{}\nof\n{}", statement.sql, plan::render(&plan)));
        }
    }
    let left = differences(&read(database).await, to);
    if !left.is_empty() {
        return Err(format!("{}\nafter\n{}", left.join("\n"), plan::render(&plan)));
    }
    let after = rows(database, from, to).await;
    if before != after {
        return Err(format!("rows: {before:?} → {after:?} after\n{}", plan::render(&plan)));
    }
    Ok(true)
}

/// How many rows the tables have that are in both schemas.
async fn rows(database: &Connection, from: &Schema, to: &Schema) -> Vec<(String, i64)> {
    let tables: BTreeSet<_> = from.of_kind("table").map(|t| &t.id).collect();
    let mut out = Vec::new();
    for table in to.of_kind("table").filter(|t| tables.contains(&t.id)) {
        let name = driftless::sql::quote_path(&table.id.path);
        let row = database.query_one(&format!("SELECT count(*) FROM ONLY {name}"), &[]).await;
        out.push((name, row.expect("a table can be counted").get(0)));
    }
    out
}

fn number(name: &str, default: u64) -> u64 {
    setting(name).and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// `DRIFTLESS_PAIRS` many, from seed `DRIFTLESS_SEED` on.
#[test]
#[allow(clippy::print_stderr, reason = "a campaign says how far it went")]
fn mutations_at_random_lead_from_any_to_any_and_back() {
    let (count, first) = (number("DRIFTLESS_PAIRS", 100), number("DRIFTLESS_SEED", 1));
    let base = Base::new();
    let mut changes = mutations("facets.sql");
    changes.extend(mutations("new-kinds.sql"));
    changes.extend(mutations("tables.sql"));
    let campaign = Campaign { base, changes };
    let next = AtomicU64::new(first);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    let pair = Pair::random(&mut Dice(seed), campaign.changes.len());
                    if let Err(error) = block_on(campaign.check(&pair)) {
                        let (pair, error) = block_on(campaign.shrink(pair, error));
                        let names = pair.names(&campaign.changes);
                        wrong.lock().unwrap().push(format!("seed {seed}: {names}: {error}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    eprintln!("{count} pairs from seed {first} on, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
