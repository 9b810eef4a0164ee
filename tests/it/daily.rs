//! The daily loop: an edited model becomes a migration, here and elsewhere.

use crate::support::{Sandbox, block_on, server};

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
