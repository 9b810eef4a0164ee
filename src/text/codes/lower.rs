//! Codes of findings in what a model asks PostgreSQL for.

use super::codes;

codes! {
    E0801, "something that PostgreSQL refuses", "";
    E0802, "an object that is defined twice", "";
    E0803, "an entry that this kind of block does not have", "";
    E0804, "a value of the wrong type", "";
    E0805, "a role that does not exist", "";
    E0806, "objects that need each other", "";
    E0807, "a relation that does not exist", "";
    E0808, "an argument that is missing", "";
}
