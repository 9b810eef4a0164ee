//! The daily loop: an edited model becomes a migration, here and elsewhere.

use crate::support::{Sandbox, binary, block_on, finish, server};

const SHOP: &str = r#"
enum OrderStatus {
  pending
  paid

  @@map("order_status")
}

model User {
  id     String  @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  email  String  @unique
  orders Order[]

  @@map("users")
}

model Order {
  id        String      @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  userId    String      @map("user_id") @db.Uuid
  total     Decimal     @db.Decimal(10, 2)
  status    OrderStatus @default(pending)
  createdAt DateTime    @default(now()) @map("created_at") @db.Timestamptz
  user      User        @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@index([userId])
  @@check("total >= 0", map: "orders_total_not_negative")
  @@map("orders")
}
"#;

#[test]
fn a_model_becomes_migrations_that_lead_elsewhere_to_the_same() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", SHOP);
    let ran = sandbox.run(&["dev", "-n", "shop"]).expect(0).prints("_shop/migration.sql");
    assert!(ran.stderr.contains("proved: up, down and up again"), "{}", ran.stderr);
    sandbox.run(&["status", "--exit-code"]).expect(0);
    sandbox.run(&["dev"]).expect(0).says("the model and the migrations agree");
    sandbox.run(&["check"]).expect(0).says("1 migrations and the model agree");
    let edited = SHOP.replace("total     Decimal ", "note String?\n  total     Decimal ");
    sandbox.write("schema.model", &edited);
    sandbox.run(&["check"]).expect(1).prints("+ column public.orders.note");
    sandbox.run(&["dev"]).expect(0).prints("_add_orders_note/migration.sql");
    sandbox.run(&["status", "--exit-code"]).expect(0);
    let elsewhere = block_on(server().database()).unwrap();
    sandbox.run(&["deploy", "--url", &elsewhere.url()]).expect(0).says("applied 2 migrations");
    let (here, there) = (format!("db:{}", sandbox.url()), format!("db:{}", elsewhere.url()));
    sandbox.run(&["diff", "--from", &here, "--to", &there, "--exit-code"]).expect(0);
    sandbox.run(&["diff", "--from", &here, "--to", "schema.model", "--exit-code"]).expect(0);
    sandbox.run(&["rollback", "--url", &elsewhere.url(), "--all"]).expect(0);
    sandbox.run(&["diff", "--from", "empty", "--to", &there, "--exit-code"]).expect(0);
}

#[test]
fn drift_of_the_development_database_stops_dev() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", SHOP);
    sandbox.run(&["dev"]).expect(0);
    sandbox.sql("ALTER TABLE users ADD x int");
    sandbox.run(&["dev"]).expect(3).says("P0046").says("+ column public.users.x");
    sandbox.run(&["reset", "--yes"]).expect(0);
    sandbox.run(&["dev"]).expect(0);
}

#[test]
fn create_only_writes_and_the_next_dev_applies() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", SHOP);
    sandbox.run(&["dev", "--create-only"]).expect(0).says("not applied");
    assert_eq!(sandbox.value("SELECT to_regclass('users')"), "NULL");
    sandbox.run(&["dev"]).expect(0);
    assert_eq!(sandbox.value("SELECT to_regclass('users')"), "users");
}

#[test]
fn a_model_that_postgresql_refuses_is_shown_where_it_is_wrong() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", "model A {\n  id Int @id\n  @@check(\"nothing > 0\")\n}\n");
    sandbox.run(&["dev"]).expect(2).says("schema.model:3").says("P0036");
    assert!(std::fs::read_dir(sandbox.dir.path().join("migrations")).unwrap().next().is_none());
}

#[test]
fn push_makes_the_database_what_the_model_asks_for() {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", SHOP);
    sandbox.run(&["push", "--dry-run"]).expect(0).prints("CREATE TABLE");
    sandbox.run(&["push"]).expect(0).says("objects");
    sandbox.run(&["push"]).expect(0).says("is what the model asks for");
    let here = format!("db:{}", sandbox.url());
    sandbox.run(&["diff", "--from", &here, "--to", "model:", "--exit-code"]).expect(0);
}

/// The shop in the database, with one user and one order.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("schema.model", SHOP);
    sandbox.run(&["dev"]).expect(0);
    sandbox.sql(
        "INSERT INTO users (email) VALUES ('a@b'); \
         INSERT INTO orders (user_id, total) SELECT id, 5 FROM users",
    );
    sandbox
}

#[test]
fn what_looks_like_a_rename_is_not_dropped_silently() {
    let sandbox = shop();
    sandbox.write(
        "schema.model",
        &SHOP
            .replace("total     Decimal", "amount    Decimal")
            .replace("total >= 0", "amount >= 0"),
    );
    sandbox
        .run(&["dev"])
        .expect(3)
        .says("error[P0060]: the column `orders.total` is gone and `orders.amount` is new")
        .says("`--rename orders.total:amount`");
    sandbox.run(&["dev", "--rename", "orders.total:amount", "-n", "amount"]).expect(0);
    assert_eq!(sandbox.value("SELECT amount FROM orders"), "5.00");
    let ran = sandbox.run(&["show", "amount"]).expect(0);
    assert!(ran.stdout.contains("RENAME COLUMN total TO amount"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("DROP COLUMN"), "{}", ran.stdout);
    sandbox.run(&["rollback"]).expect(0);
    assert_eq!(sandbox.value("SELECT total FROM orders"), "5.00");
}

#[test]
fn declared_renames_of_table_column_and_value_keep_the_rows() {
    let sandbox = shop();
    let edited = SHOP
        .replace("  @@map(\"users\")", "  @@map(\"people\")\n  @@was(\"users\")")
        .replace("  email  String  @unique", "  mail   String  @unique @was(\"email\")")
        .replace("  paid\n", "  settled @was(\"paid\")\n");
    sandbox.write("schema.model", &edited);
    let ran = sandbox.run(&["dev"]).expect(0);
    assert_eq!(sandbox.value("SELECT mail FROM people"), "a@b", "{}", ran.stderr);
    sandbox.run(&["dev"]).expect(0).says("agree");
    sandbox.run(&["rollback"]).expect(0);
    assert_eq!(sandbox.value("SELECT email FROM users"), "a@b");
}

#[test]
fn losses_are_counted_and_need_a_yes() {
    let sandbox = shop();
    let without = SHOP
        .replace("  total     Decimal     @db.Decimal(10, 2)\n", "")
        .replace("  @@check(\"total >= 0\", map: \"orders_total_not_negative\")\n", "");
    sandbox.write("schema.model", &without);
    sandbox
        .run(&["dev"])
        .expect(3)
        .says("error[P0061]")
        .says("`orders.total` still holds 1 non-null values");
    assert_eq!(sandbox.value("SELECT total FROM orders"), "5.00");
    sandbox.run(&["dev", "--accept-data-loss", "-n", "lose"]).expect(0);
    sandbox
        .run(&["show", "lose", "--json"])
        .expect(0)
        .prints("may lose what is in column public.orders.total");
}

#[test]
fn rows_on_which_a_change_would_fail_stop_it_before_it_runs() {
    let sandbox = shop();
    let required = SHOP.replace("  orders Order[]", "  phone  String\n  orders Order[]");
    sandbox.write("schema.model", &required);
    sandbox.run(&["dev"]).expect(3).says("error[P0062]").says("`users.phone` is required");
    let there = sandbox.value("SELECT count(*) FROM driftless.migrations");
    assert_eq!(there, "1");
    sandbox.sql("DELETE FROM users");
    sandbox.run(&["dev"]).expect(0);
}

#[test]
fn pull_prints_a_model_that_leads_back() {
    let sandbox = shop();
    sandbox.run(&["pull", "--out", "pulled.model"]).expect(0);
    sandbox.run(&["validate", "pulled.model"]).expect(0);
    sandbox.run(&["fmt", "--check", "pulled.model"]).expect(0);
    let here = format!("db:{}", sandbox.url());
    sandbox.run(&["diff", "--from", &here, "--to", "pulled.model", "--exit-code"]).expect(0);
    sandbox.write("pulled.model", "model A {\n  id Int @id\n}\n");
    sandbox.run(&["pull", "--out", "pulled.model"]).expect(0).says("wrote");
    sandbox.write("notes.txt", "SELECT 1;\n");
    sandbox.run(&["pull", "--out", "notes.txt"]).expect(3).says("P0050");
    sandbox.run(&["diff", "--from", &here, "--to", "pulled.model", "--exit-code"]).expect(0);
}

#[test]
fn without_any_database_the_project_has_one_of_its_own() {
    let sandbox = Sandbox::new();
    // The server runs as another user where this one is root, who has to get at the project.
    let dir = sandbox.dir.path();
    std::fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = |args: &[&str]| {
        let mut command = binary(dir);
        command.args(args);
        finish(command)
    };
    run(&["status"]).expect(2).says("P0031");
    sandbox.write("schema.model", SHOP);
    run(&["dev"]).expect(0).says("no database is named").says("proved");
    run(&["execute", "-c", "INSERT INTO users (email) VALUES ('kept')"]).expect(0);
    run(&["dev"]).expect(0).says("agree");
    run(&["status", "--exit-code"]).expect(0);
    run(&["deploy"]).expect(2).says("P0031");
    let data = dir.join(".driftless/server/data");
    assert!(data.exists() && !data.join("postmaster.pid").exists());
}
