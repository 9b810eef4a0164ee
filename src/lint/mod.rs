//! Hazards and locks of SQL statements, generated or written by hand.
