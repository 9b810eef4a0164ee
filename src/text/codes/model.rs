//! Codes of findings in model text.

use super::codes;

codes! {
    E0001, "text that is no part of the language", "";
    E0002, "text outside of all blocks", "";
    E0003, "a block that is not closed", "";
    E0004, "a text block that is not closed", "";
    E0005, "a spelling that no longer exists", "";
    E0006, "an escape that does not exist", "";
    E0007, "a type alias", "";
}
