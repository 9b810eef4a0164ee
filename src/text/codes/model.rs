//! Codes of findings in model text.

use super::codes;

codes! {
    E0001, "a line that cannot be read",
        "The line is neither a field, an attribute, an assignment nor a comment. Every \
         entry of a block stands on a line of its own; only the inside of parentheses, \
         brackets and text blocks may go on to the next line.";
    E0002, "text outside of all blocks",
        "Only blocks and comments stand at the top of a file. A block starts with its \
         keyword and one name, and its `{` ends the line.";
    E0003, "a block that is not closed",
        "A block ends with `}` on a line of its own. The next block or the end of the file \
         came first.";
    E0004, "a text block that is not closed",
        "A text that starts with `\"\"\"` ends with `\"\"\"`. Everything up to the next \
         block was taken for text.";
    E0005, "a spelling that no longer exists",
        "Early versions of the language wrote `name: Type`, `Type!` and `[Type]`. A field \
         is `name Type`, required unless its type ends in `?`, a list if it ends in `[]`; a \
         list cannot be optional as well.";
    E0006, "an escape that does not exist",
        "Within quotes a backslash starts an escape: `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, \
         `\\n`, `\\r`, `\\t` or `\\u` with four hexadecimal digits. A backslash itself is \
         written `\\\\`.";
    E0007, "a type alias",
        "`type Name = Int @attribute` was an experiment of Prisma that it gave up. Repeat \
         the type and its attributes at each field.";
    E0101, "an unknown type",
        "A field's type is a built-in type (`Int`, `BigInt`, `Float`, `Decimal`, `Boolean`, \
         `String`, `DateTime`, `Json`, `Bytes`), a model, an enum, or `Unsupported(\"…\")` \
         with a type as PostgreSQL spells it. Names are case-sensitive.";
    E0102, "two blocks of one name",
        "Models, views and enums share one set of names over all files of a model; so do \
         datasources, and generators.";
    E0103, "two fields or values of one name",
        "Within a model each field has a name of its own, within an enum each value.";
    E0104, "a name that is taken",
        "Names of built-in types cannot be given to models or enums. In `.prisma` files \
         neither can names that Prisma's clients need for themselves.";
    E0105, "a name that cannot be one",
        "Names consist of letters, digits and `_`, and do not start with a digit; in \
         `.prisma` files not with `_` either. Any name can be kept in the database with \
         `@map` or `@@map`.";
    E0106, "a block of an unknown kind",
        "A block says what it is and what it is called: `model User {`. `.prisma` files \
         hold what Prisma knows; other kinds of objects belong in files whose name ends in \
         `.model`.";
    E0107, "an entry that does not belong here",
        "Models and views hold fields and attributes, enums hold values, `datasource` and \
         `generator` hold assignments. A field needs a type.";
    E0108, "a composite type",
        "`type` blocks are for MongoDB. In PostgreSQL use a field of type `Json`, or a \
         model with a relation.";
    E0109, "an enum without values",
        "PostgreSQL could make such a type, but nothing could ever be stored in it, and \
         Prisma refuses it.";
    E0110, "one name in the database for two things",
        "Two models, two enums, two columns of a table or two values of an enum would have \
         the same name in the database. Look at `@map` and `@@map`, which may give a name \
         that something else already has.";
    E0111, "a type that not every database has",
        "Prisma holds a model without a datasource to what all databases can: no lists, no \
         `Decimal`. Add a datasource with `provider = \"postgresql\"`.";
    E0112, "an extension of nothing",
        "`extend Name { … }` adds attributes to a model or enum of another file, and to its \
         fields by their names. It has to name one, and only fields or values that it has.";
    E0201, "an unknown attribute",
        "The attribute does not exist for this kind of block or field. `.prisma` files hold \
         what Prisma knows; attributes of driftless belong in files whose name ends in \
         `.model`.";
    E0202, "an attribute given twice",
        "This attribute can be given only once.";
    E0203, "an unknown argument",
        "The attribute has no such argument.";
    E0204, "an argument given twice",
        "An argument that can be given with or without its name counts as one.";
    E0205, "a missing argument",
        "The attribute means nothing without this argument.";
    E0206, "an unfinished list of arguments",
        "A name is followed by `:` and a value, and no comma follows the last argument.";
    E0207, "a value of the wrong kind",
        "The argument expects another kind of value: a string in quotes, a name without \
         quotes, `true` or `false`.";
    E0208, "an attribute that cannot be here",
        "Relation fields have no column: they cannot have a default, a name in the database \
         or a key. `@relation` is for relation fields only. A field that points to an \
         ignored model is to be ignored as well.";
    E0209, "a name that is empty or no name",
        "Names in the database are any text that is not empty. Names for clients (`name:`) \
         consist of letters, digits and `_`.";
    E0210, "a name that is too long",
        "PostgreSQL keeps 63 bytes of a name and silently drops the rest. Names that are \
         made are cut before their suffix; names that are written have to fit.";
    E0211, "one name for two constraints",
        "Primary keys, uniques and indexes share their names within a schema, and foreign \
         keys with them within a table. Long names that are cut may collide too.";
    E0212, "several arguments without a name",
        "One argument may stand without its name; a list of fields is one argument and is \
         written in brackets: `@@unique([a, b])`.";
    E0213, "something that PostgreSQL has not",
        "The argument or attribute is for another database: prefix lengths, sort orders of \
         primary keys, clustered keys as SQL Server has them, names of defaults, MySQL's \
         full-text indexes.";
    E0301, "a key over an unknown field",
        "A key names fields of its model, by their name in the model and not in the \
         database.";
    E0302, "a key over a relation field",
        "Relation fields have no column. Name the fields that the relation holds in \
         `fields: […]`.";
    E0303, "a field twice in a key",
        "Each field can stand in a key once.";
    E0304, "a primary key that may be empty",
        "The fields of a primary key are required: neither optional nor lists.";
    E0305, "two primary keys",
        "A model has at most one primary key, either `@id` on a field or `@@id([…])` on the \
         block.";
    E0306, "a model without a key",
        "Prisma's clients have to be able to name one row, so that a model needs `@id`, \
         `@unique`, `@@id` or `@@unique` over required fields, or `@@ignore`. Tables \
         without a key can be written in files whose name ends in `.model`.";
    E0307, "the name of a key is that of a field",
        "Clients reach a key over several fields under a name, `a_b` or the one that is \
         given with `name:`, among the names of the fields.";
    E0308, "an index type that does not fit",
        "Each type of index serves certain types of fields through operator classes. Where \
         PostgreSQL has no default class for a field, or it is not the one wanted, name it: \
         `field(ops: …)`.";
    E0309, "an index type that cannot do this",
        "SP-GiST indexes are over one field; hash indexes have no order.";
    E0310, "a type that cannot be keyed",
        "Values of type `xml` cannot be compared, so that no key and no index can be made \
         of them.";
    E0311, "a key over nothing",
        "A key or index names at least one field.";
    E0312, "a key of a view",
        "In Prisma a view has no primary key and no indexes; `@unique` and `@@unique` tell \
         clients what is unique, without a name in the database.";
    E0401, "a relation without an opposite field",
        "In Prisma a relation is a field on both sides: `author User @relation(…)` in one \
         model and `posts Post[]` in the other, both with the same relation name where one \
         is given. In `.model` files the side without the column may be left out.";
    E0402, "an ambiguous relation",
        "Several fields of a model point to the same model, and nothing says which belongs \
         to which. Give each relation a name and write it on both sides: \
         `@relation(\"name\")`.";
    E0403, "a relation without columns",
        "The side that has the column says which: `@relation(fields: [authorId], \
         references: [id])`.";
    E0404, "columns on the wrong side of a relation",
        "`fields`, `references` and referential actions stand together on the one side that \
         has the column: the side that is no list.";
    E0405, "a relation to something that is not a key",
        "A foreign key references the primary key or a unique of the other table.";
    E0406, "columns of a relation that do not match",
        "`fields` and `references` name equally many fields of the same types.";
    E0407, "a required relation over optional columns",
        "Where a column may be null there may be no related row, so that the relation field \
         is optional too.";
    E0408, "a one-to-one relation that cannot be one",
        "The columns of a one-to-one relation are unique, otherwise several rows could \
         point to one; and the side without the column is optional, since no database can \
         demand that a row exists there.";
    E0409, "an unknown referential action",
        "Referential actions are `Cascade`, `Restrict`, `NoAction`, `SetNull` and \
         `SetDefault`. Under `relationMode = \"prisma\"` the client emulates some of them \
         only.";
    E0410, "a many-to-many relation that cannot be one",
        "Two lists that point to each other are joined by a table that holds pairs of \
         primary keys: both models have a single `@id`, and neither side has columns or \
         referential actions. For anything else write a model for the table between.";
    E0411, "unknown fields in a relation",
        "`fields` names columns of this model, `references` columns of the other.";
    E0412, "`SetNull` on a column that cannot be null",
        "When the action is needed, the database refuses it, since the column is required.";
    E0413, "a relation without an index",
        "Under `relationMode = \"prisma\"` there are no foreign keys, so that looking up \
         related rows reads the whole table unless an index is written.";
    E0501, "a default of another type",
        "The default value does not have the type of the field.";
    E0502, "an unknown function in a default",
        "Defaults may call `autoincrement()`, `now()`, `uuid()`, `cuid()`, `nanoid()`, \
         `ulid()` and `dbgenerated(\"…\")`; the last one takes any SQL expression.";
    E0503, "arguments that a function does not take",
        "`autoincrement()`, `now()` and `ulid()` take none; `uuid()` takes 4 or 7, `cuid()` \
         1 or 2, `nanoid()` a length from 2 to 255; `dbgenerated()` and `raw()` one string.";
    E0504, "a default that cannot be read",
        "The text is not a value of the field's type: a date and time by RFC 3339, JSON, \
         base64, a whole number.";
    E0505, "a default that is not a value of the enum",
        "The default of an enum field is one of its values, by its name in the model.";
    E0506, "a list for a default, or none",
        "The default of a list field is a list in brackets, that of any other field is not.";
    E0507, "a default that cannot be here",
        "The default of an `Unsupported` field is `dbgenerated(\"…\")`; fields of composite \
         types have none.";
    E0508, "`@updatedAt` on another type",
        "`@updatedAt` is for single fields of type `DateTime`.";
    E0601, "an unknown native type",
        "Native types are written `@db.Name` with the names that Prisma gives them. Types \
         that it does not know are written `Unsupported(\"…\")`.";
    E0602, "too many arguments of a native type",
        "Lengths and precisions are optional, and most types have none.";
    E0603, "a native type for another type",
        "Each native type belongs to one built-in type: `@db.Uuid` to `String`, `@db.Date` \
         to `DateTime`.";
    E0604, "arguments of a native type out of range",
        "Precisions of times are from 0 to 6, those of `Decimal` from 1 to 1000 with a \
         scale that is not larger, lengths at least 1.";
    E0605, "a native type with an unknown prefix",
        "The word before the dot is the name of the datasource block: `@db.Text` for \
         `datasource db`.";
    E0606, "a type that needs no `Unsupported`",
        "The text is the name of a native type of the model, so that the field can be of a \
         built-in type: `String @db.Text` instead of `Unsupported(\"Text\")`.";
    E0701, "a missing setting",
        "A datasource and a generator name their `provider`, and each setting has a value.";
    E0702, "a database that is not served",
        "driftless is for PostgreSQL: `provider = \"postgresql\"`, written as it is and not \
         taken from the environment.";
    E0703, "an unknown setting",
        "A datasource has no such setting.";
    E0704, "a setting that cannot be read",
        "The value is none that the setting can have.";
    E0705, "two datasources",
        "A model is for one database.";
    E0706, "something that needs a preview feature",
        "Prisma hides it behind a preview feature, which a generator block names. Files \
         whose name ends in `.model` need none.";
    E0707, "a schema that is not declared",
        "With `schemas = […]` in the datasource every model and enum says in which of them \
         it is: `@@schema(\"name\")`.";
    E0708, "a preview feature without a meaning",
        "Prisma's current versions do not have the feature: it became general, was given \
         up, or is misspelt. It is ignored.";
    E0709, "a setting given twice",
        "Each setting can be given once.";
}
