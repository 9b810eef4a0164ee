//! `pull` into a model that is there: what is the same stays as a person wrote it.

use crate::support::Sandbox;

const BEFORE: &str = r#"// Who buys.
generator client {
  provider = "prisma-client-js"
}

datasource db {
  provider = "postgresql"
}

/// A person.
model User {
  // The key.
  id     Int     @id @default(autoincrement())
  mail   String  @unique @map("email") // how we reach them
  token  String  @default(cuid())
  name   String?
  orders Order[]

  @@map("users")
}

model Order {
  id      Int    @id @default(autoincrement())
  buyer   User   @relation(fields: [buyerId], references: [id])
  buyerId Int    @map("user_id")
  status  Status @default(OPEN)
  tags    Tag[]

  @@index([status])
  @@map("orders")
}

enum Status {
  OPEN @map("open")
  PAID @map("paid") // done
}

model Tag {
  id     Int     @id
  orders Order[]
}
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("schema.prisma", BEFORE);
    sandbox.write("driftless.toml", "model = \"schema.prisma\"\n");
    sandbox.run(&["push"]).expect(0);
    sandbox
}

fn model(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.dir.path().join("schema.prisma")).unwrap()
}

#[test]
fn what_is_the_same_is_not_touched() {
    let sandbox = sandbox();
    sandbox.sql(
        "ALTER TABLE users ADD CHECK (id > 0); CREATE INDEX ON users (lower(name)); \
         COMMENT ON TABLE users IS 'people'; CREATE VIEW v AS SELECT id FROM users",
    );
    sandbox.run(&["pull", "--in-place"]).expect(0).says("is what the database holds");
    assert_eq!(model(&sandbox), BEFORE);
}

#[test]
fn only_what_changed_is_written() {
    let sandbox = sandbox();
    sandbox.sql(
        "ALTER TABLE users DROP name, ADD age bigint NOT NULL DEFAULT 1; \
         ALTER TABLE users ALTER email TYPE varchar(200); \
         ALTER TYPE \"Status\" ADD VALUE 'sent' BEFORE 'paid'; \
         DROP INDEX orders_status_idx; CREATE INDEX ON orders (user_id, status); \
         ALTER TABLE orders ADD seller int REFERENCES users(id) ON UPDATE CASCADE; \
         CREATE TABLE notes (id serial PRIMARY KEY, order_id int NOT NULL REFERENCES orders (id))",
    );
    sandbox.run(&["pull", "--in-place"]).expect(0).says("wrote `schema.prisma`");
    let found = model(&sandbox);
    for kept in ["/// A person.", "  // The key.", "@default(cuid())", "// how we reach them"] {
        assert!(found.contains(kept), "{kept} is gone:\n{found}");
    }
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = squeezed(&found);
    for line in [
        "mail String @unique @map(\"email\") @db.VarChar(200) // how we reach them",
        "age BigInt @default(1)",
        "OPEN @map(\"open\") sent PAID @map(\"paid\") // done",
        "@@index([buyerId, status])",
        "buyer User @relation(fields: [buyerId], references: [id])",
        "@relation(\"Order_sellerToUser\", fields: [seller], references: [id], onDelete: NoAction)",
        "model notes {",
        "notes notes[]",
        "tags Tag[]",
    ] {
        assert!(found.contains(line), "{line} is not in:\n{found}");
    }
    assert!(!found.contains("name String?"), "{found}");
    sandbox.run(&["validate"]).expect(0);
    let here = format!("db:{}", sandbox.url());
    sandbox.run(&["diff", "--from", &here, "--to", "model:", "--exit-code"]).expect(0);
    sandbox.run(&["pull", "--in-place"]).expect(0).says("is what the database holds");
}

#[test]
fn a_file_beside_says_what_the_language_cannot() {
    let sandbox = sandbox();
    sandbox.sql(
        "ALTER TABLE users ADD CHECK (id > 0), ALTER name SET DEFAULT 'x', \
             ALTER email TYPE text COLLATE \"C\"; \
         CREATE INDEX ON users (lower(name)); CREATE EXTENSION citext; \
         CREATE VIEW v AS SELECT id FROM users; ALTER TABLE users ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY p ON users USING (true)",
    );
    sandbox.run(&["pull", "--in-place", "--beside"]).expect(0).says("schema.prisma.model");
    let pure = model(&sandbox);
    assert_eq!(pure, BEFORE.replace("name   String?", "name   String? @default(\"x\")"));
    let here = format!("db:{}", sandbox.url());
    sandbox.run(&["diff", "--from", &here, "--to", "model:", "--exit-code"]).expect(0);
    sandbox.sql("DROP POLICY p ON users");
    sandbox.run(&["diff", "--from", &here, "--to", "model:", "--exit-code"]).expect(1);
    let elsewhere = Sandbox::new();
    elsewhere.write("schema.prisma", &pure);
    let beside = std::fs::read_to_string(sandbox.dir.path().join("schema.prisma.model")).unwrap();
    elsewhere.write("schema.prisma.model", &beside);
    elsewhere.run(&["push"]).expect(0);
    assert_eq!(elsewhere.value("SELECT count(*) FROM pg_policy"), "1");
}

#[test]
fn what_the_language_cannot_say_is_told_in_comments() {
    let sandbox = sandbox();
    sandbox.sql("ALTER TABLE users ADD CHECK (id > 0)");
    let ran = sandbox.run(&["pull", "--psl-only"]).expect(0);
    let ran = ran.prints("/// not in Prisma's language: @@check(\"(id > 0)\")");
    ran.says("1 things that Prisma's language cannot say");
    sandbox.run(&["pull", "--psl-only", "--out", "new.prisma"]).expect(0);
    sandbox.run(&["validate", "new.prisma"]).expect(0);
    let here = format!("db:{}", sandbox.url());
    sandbox.run(&["diff", "--from", &here, "--to", "new.prisma", "--exit-code"]).expect(0);
}

#[test]
fn the_database_does_what_clients_do_where_that_is_wanted() {
    let model = "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel Item {\n  \
        id      String   @id @default(uuid())\n  key     String   @default(uuid()) @db.Uuid\n  \
        other   String   @default(cuid())\n  name    String?\n  \
        changed DateTime @updatedAt @map(\"changed at\")\n}\n";
    let sandbox = Sandbox::new();
    sandbox.write("schema.prisma", model);
    sandbox.run(&["push"]).expect(0);
    let default = "SELECT count(*) FROM pg_attrdef";
    assert_eq!(sandbox.value(default), "0");
    sandbox.write("driftless.toml", "database-defaults = true\n");
    sandbox.run(&["push"]).expect(0);
    sandbox.sql("INSERT INTO \"Item\" (other) VALUES ('x')");
    assert_eq!(sandbox.value("SELECT length(id) FROM \"Item\""), "36");
    let age = "SELECT now() - \"changed at\" < '1 minute' FROM \"Item\"";
    assert_eq!(sandbox.value(age), "true");
    sandbox.sql("UPDATE \"Item\" SET \"changed at\" = '2000-01-01'");
    assert_eq!(sandbox.value(age), "false", "what an update sets itself stays");
    sandbox.sql("UPDATE \"Item\" SET name = 'y'");
    assert_eq!(sandbox.value(age), "true");
    sandbox.run(&["push"]).expect(0).says("is what the model asks for");
    sandbox.run(&["pull", "--in-place"]).expect(0).says("is what the database holds");
}
