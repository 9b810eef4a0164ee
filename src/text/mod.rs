//! Positions in text, the one diagnostic type and its renderings.
