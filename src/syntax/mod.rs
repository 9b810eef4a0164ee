//! Model text to AST and back: parsing with recovery, formatting.
