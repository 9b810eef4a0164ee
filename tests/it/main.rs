//! Integration tests, one binary.

mod scratch;
